"""Where AWS and the book disagree (rule 19)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.policy import UnknownAssignments

Holding = tuple[PrincipalId, Target]


class DriftKind(StrEnum):
    UNKNOWN = "unknown_assignment"
    """Under management, without a live request."""
    LOST = "lost_assignment"
    """A live request whose assignment is gone."""


@dataclass(frozen=True, slots=True)
class Drift:
    kind: DriftKind
    principal: PrincipalId
    target: Target


def find_drift(
    seen: AbstractSet[Holding], wanted: AbstractSet[Holding], in_hand: AbstractSet[Holding]
) -> tuple[Drift, ...]:
    """Compare direct assignments seen in AWS with those that live requests want.

    ``in_hand`` are being created or deleted at this moment and are nobody's drift yet.
    """
    unknown = (Drift(DriftKind.UNKNOWN, *holding) for holding in seen - wanted - in_hand)
    lost = (Drift(DriftKind.LOST, *holding) for holding in wanted - seen - in_hand)
    found = (*unknown, *lost)
    return tuple(sorted(found, key=lambda d: (d.kind, d.principal, d.target.account, d.target.permission_set)))


def may_remove(drift: Drift, setting: UnknownAssignments) -> bool:
    """Whether drift may be acted upon: only what is too much, and only when the setting says so (rule 19)."""
    return drift.kind is DriftKind.UNKNOWN and setting is UnknownAssignments.REMOVE
