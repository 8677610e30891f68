"""Favourites: what somebody starred, and what they asked for last. Whether they may ask for it is judged elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.organization import Target
from core.domain.request import Request

MOST_STARRED = 5
"""Of one person; the one starred first makes room for the next."""
MOST_RECENT = 5
_BUNDLE = PermissionSetArn("bundle")
"""In the place of a permission set: the word of a bundle stands in the place of the account. Nobody asks for that."""


@dataclass(frozen=True, slots=True)
class Favourite:
    """``target``: of a bundle, what ``whole_bundle`` makes of its word."""

    target: Target
    starred: bool


def whole_bundle(word: str) -> Target:
    """A bundle in the place of a target: a star is kept for it like for one."""
    return Target(AccountId(word), _BUNDLE)


def bundle_of(target: Target) -> str | None:
    """The word of the bundle that stands in the place of a target; None for a target."""
    return target.account if target.permission_set == _BUNDLE else None


def favourites(starred: Sequence[Target], asked: Iterable[Target]) -> tuple[Favourite, ...]:
    """The starred ones in their order; then the others asked for last, newest first, each once."""
    others = (target for target in dict.fromkeys(asked) if target not in starred)
    recent = [target for target, _ in zip(others, range(MOST_RECENT), strict=False)]
    return (*(Favourite(each, starred=True) for each in starred), *(Favourite(each, starred=False) for each in recent))


def asked_for(requests: Sequence[Request], bundles: Mapping[str, AbstractSet[Target]]) -> Iterator[Target]:
    """The targets of requests, newest first; where all of a bundle were asked for in one go, the bundle instead.

    ``bundles``: those of more than one target, by their words, each as this person may ask for it.
    """
    submissions: dict[RequestId, set[Target]] = {}
    for one in requests:
        if one.submission is not None:
            submissions.setdefault(one.submission, set()).add(one.target)
    whole = {of: word for of, targets in submissions.items() for word, named in bundles.items() if targets == named}
    for one in requests:
        word = whole.get(one.submission) if one.submission is not None else None
        yield one.target if word is None else whole_bundle(word)
