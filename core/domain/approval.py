"""Approvers, votes and quorum (rules 7 and 10 to 12)."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.durations import SHORTEST
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import ConversationId, GroupId, PrincipalId, RequestId
from core.domain.organization import Organization, Target
from core.domain.people import ChatUser, Person
from core.domain.policy import Notify, PolicyBook


@dataclass(frozen=True, slots=True)
class Approval:
    """The approvers of one target: the union over every matching approval policy (rule 10)."""

    policies: tuple[str, ...] = ()
    users: frozenset[PrincipalId] = frozenset()
    groups: frozenset[GroupId] = frozenset()
    channels: tuple[ConversationId, ...] = ()
    """Those in which the card is posted."""
    quorum: int = 1
    tells_each: bool = False
    """Each approver gets the card, too, whatever channels there are: one matching policy that says so is enough."""

    def includes(self, person: Person) -> bool:
        """True if this person, in the groups held now, is one of the approvers; through a second account nobody is."""
        named = person.id in self.users or not self.groups.isdisjoint(person.groups)
        return named and not person.only_asks

    def approvers(self, members: Mapping[GroupId, AbstractSet[PrincipalId]]) -> frozenset[PrincipalId]:
        """All approvers, given who is in the groups."""
        return self.users.union(*(members.get(group, frozenset()) for group in self.groups))


def approval_for(book: PolicyBook, organization: Organization, target: Target) -> Approval:
    """Resolve the approval policies of a target (rule 10). The quorum is the largest among them, and never none."""
    matching = sorted(
        (policy for policy in book.approval if policy.covers(target, organization)),
        key=lambda policy: policy.name,
    )
    return Approval(
        policies=tuple(policy.name for policy in matching),
        users=frozenset().union(*(policy.approver_users for policy in matching)),
        groups=frozenset().union(*(policy.approver_groups for policy in matching)),
        channels=tuple(dict.fromkeys(c for policy in matching for c in policy.posts_in)),
        quorum=max((1, *(policy.approvals_required for policy in matching))),
        tells_each=any(policy.notify is not Notify.CHANNEL for policy in matching),
    )


def decides_anywhere(book: PolicyBook, person: Person) -> bool:
    """True if any approval policy names this person (rule 2)."""
    return any(policy.names(person) for policy in book.approval)


def too_few_approvers(approval: Approval, approvers: Iterable[PrincipalId], requester: PrincipalId) -> Refusal | None:
    """Refuse what could never be approved: ``approvers`` are the enabled ones (rule 7)."""
    others = set(approvers) - {requester}
    if not others:
        return Refusal(Reason.NO_APPROVER, policies=approval.policies)
    if len(others) < approval.quorum:
        return Refusal(
            Reason.QUORUM_UNREACHABLE,
            policies=approval.policies,
            detail=f"{len(others)} of {approval.quorum}",
        )
    return None


class Verdict(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Vote:
    """One principal's decision on one request. Storage holds one per pair (rule 12)."""

    request_id: RequestId
    principal_id: PrincipalId
    name: str
    verdict: Verdict
    comment: str
    at: datetime
    chat_user: ChatUser | None = None
    allowed: timedelta | None = None
    """The length that this approval is for; None: as long as was asked for."""


def may_decide(approval: Approval, person: Person, requester: PrincipalId, votes: Iterable[Vote]) -> Refusal | None:
    """Judge whether this person may decide now (rules 11 and 12). Own requests: no exception."""
    if person.id == requester:
        return Refusal(Reason.OWN_REQUEST)
    if person.token:
        return Refusal(Reason.TOKEN_DECIDES_NOTHING)
    if person.only_asks:
        return Refusal(Reason.AT_TERMINAL if person.barred_by is Reason.AT_TERMINAL else Reason.SECOND_ACCOUNT)
    if not approval.includes(person):
        return Refusal(Reason.NOT_AN_APPROVER, policies=approval.policies)
    if any(vote.principal_id == person.id for vote in votes):
        return Refusal(Reason.ALREADY_VOTED)
    return None


def may_shorten(asked: timedelta, allowed: timedelta | None) -> Refusal | None:
    """Judge the length that an approval names: an approver can allow less than was asked for, never more."""
    if allowed is None:
        return None
    if allowed < SHORTEST:
        return Refusal(Reason.DURATION_TOO_SHORT, Field.DURATION, limit=SHORTEST)
    return Refusal(Reason.LONGER_THAN_ASKED, Field.DURATION, limit=asked) if allowed > asked else None


def allowed_duration(asked: timedelta, votes: Iterable[Vote]) -> timedelta:
    """The duration that the approvals allow: the shortest of them, and never more than was asked for (rule 16)."""
    named = (vote.allowed for vote in votes if vote.verdict is Verdict.APPROVE and vote.allowed is not None)
    return min((asked, *named))


def too_few_votes(approval: Approval, votes: Iterable[Vote], requester: PrincipalId) -> Refusal | None:
    """Refuse what too few approvals are left for: ``votes`` are of those who may still decide (rule 14)."""
    given = {vote.principal_id for vote in votes if vote.verdict is Verdict.APPROVE} - {requester}
    if len(given) >= approval.quorum:
        return None
    return Refusal(Reason.TOO_FEW_APPROVALS, policies=approval.policies, detail=f"{len(given)} of {approval.quorum}")


class Tally(StrEnum):
    """The result of the votes."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


def tally(votes: Iterable[Vote], quorum: int, requester: PrincipalId) -> Tally:
    """Count distinct principals; any rejection is final, and the requester never counts (rules 11 and 12)."""
    counted = [vote for vote in votes if vote.principal_id != requester]
    if any(vote.verdict is Verdict.REJECT for vote in counted):
        return Tally.REJECTED
    approving = {vote.principal_id for vote in counted}
    return Tally.APPROVED if len(approving) >= quorum else Tally.OPEN
