"""Two people change the policies at once: what each has changed is kept, and nothing is overwritten unseen.

Where both have changed the same single value, the one who saves last decides, and has been shown it before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.settings import Settings

P = TypeVar("P", EligibilityPolicy, ApprovalPolicy, Bundle)
V = TypeVar("V", Settings, EligibilityPolicy, ApprovalPolicy, Bundle)


def merge(base: PolicyBook, mine: PolicyBook, theirs: PolicyBook) -> PolicyBook:
    """Put what ``mine`` changes in ``base`` on top of ``theirs``; the revision is theirs.

    A name that both have given to a new policy is left there twice, for ``policy_faults`` to refuse.
    """
    return PolicyBook(
        revision=theirs.revision,
        settings=_fields(base.settings, mine.settings, theirs.settings),
        eligibility=_policies(base.eligibility, mine.eligibility, theirs.eligibility),
        approval=_policies(base.approval, mine.approval, theirs.approval),
        bundles=_policies(base.bundles, mine.bundles, theirs.bundles),
        labels={**theirs.labels, **mine.labels},
    )


def _policies(base: Sequence[P], mine: Sequence[P], theirs: Sequence[P]) -> tuple[P, ...]:
    was, wanted, there = _by_name(base), _by_name(mine), _by_name(theirs)
    renamed = {old: new for old, new in _renamed(base, mine).items() if old.name in there}
    wanted = {**wanted, **{old.name: new for old, new in renamed.items()}}
    result: list[P] = [kept for policy in theirs if (kept := _kept(policy, was, wanted)) is not None]
    moved = set(renamed.values())
    result += [policy for policy in mine if policy not in moved and _is_added(policy, was, there)]
    return tuple(result)


def _renamed(base: Sequence[P], mine: Sequence[P]) -> Mapping[P, P]:
    """Old → new: a form leaves a policy in its place, so that another name there is a new one for the same policy."""
    if len(base) != len(mine):
        return {}
    names, new_names = {policy.name for policy in base}, {policy.name for policy in mine}
    pairs = zip(base, mine, strict=True)
    return {old: new for old, new in pairs if old.name not in new_names and new.name not in names}


def _kept(policy: P, was: Mapping[str, P], wanted: Mapping[str, P]) -> P | None:
    """One of their policies with my changes; None when I have removed it."""
    before, after = was.get(policy.name), wanted.get(policy.name)
    if before is None:
        return policy
    return None if after is None else _fields(before, after, policy)


def _is_added(policy: P, was: Mapping[str, P], there: Mapping[str, P]) -> bool:
    """Mine alone: new, or changed by me after they had removed it."""
    if policy.name in was:
        return policy.name not in there and was[policy.name] != policy
    return there.get(policy.name) != policy


def _by_name(policies: Sequence[P]) -> Mapping[str, P]:
    return {policy.name: policy for policy in policies}


def _fields(base: V, mine: V, theirs: V) -> V:
    values: dict[str, Any] = {
        field.name: _value(getattr(base, field.name), getattr(mine, field.name), getattr(theirs, field.name))
        for field in fields(base)
    }
    return replace(theirs, **values)


def _value(base: object, mine: object, theirs: object) -> object:
    if mine in (base, theirs) or theirs == base:
        return theirs if mine == base else mine
    if isinstance(base, frozenset) and isinstance(mine, frozenset) and isinstance(theirs, frozenset):
        return (theirs | (mine - base)) - (base - mine)
    if isinstance(base, tuple) and isinstance(mine, tuple) and isinstance(theirs, tuple):
        mine_alone = [each for each in mine if each not in base]
        left_out = set(base) - set(mine)
        return tuple(each for each in dict.fromkeys((*theirs, *mine_alone)) if each not in left_out)
    return mine
