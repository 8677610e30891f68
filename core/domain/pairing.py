"""The likeness of a user that Identity Center made again to the one that an account was pinned to (rule 1)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import PrincipalId
from core.domain.people import KnownAs, Pin, PinState, Principal, address_key


class Likeness(StrEnum):
    """In the order in which it is told."""

    USER_NAME = "user_name"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"


def likenesses(known_as: KnownAs | None, principal: Principal) -> tuple[Likeness, ...]:
    """By what the two are the same person; nothing when the account was never seen with a name."""
    if known_as is None:
        return ()
    found = {
        Likeness.USER_NAME: _meet([known_as.user_name], [principal.user_name]),
        Likeness.EMAIL: _meet(known_as.emails, principal.emails),
        Likeness.EXTERNAL_ID: bool({*known_as.external_ids} & {*principal.external_ids}),
    }
    return tuple(each for each in Likeness if found[each])


def _meet(old: Iterable[str], new: Iterable[str]) -> bool:
    return bool({address_key(each) for each in old if each} & {address_key(each) for each in new if each})


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pair that waits for a release, and the users of Identity Center on both sides of it, as they are now.

    ``was`` is None when Identity Center does not know it any more, ``now`` when the address led to one that is gone.
    """

    pin: Pin
    was: Principal | None
    now: Principal | None
    alike: tuple[Likeness, ...] = ()
    is_alone: bool = True
    """True if no other account leads to the same user."""

    @property
    def leads_to(self) -> PrincipalId:
        return self.pin.claimed or self.pin.principal_id

    @property
    def is_sure(self) -> bool:
        """True if it may be released with others: the old user is gone, the new one is the same person, and alone."""
        gone = self.was is None or not self.was.enabled
        there = self.now is not None and self.now.enabled
        return self.pin.state is PinState.SUSPENDED and gone and there and bool(self.alike) and self.is_alone

    def is_called(self, words: str) -> bool:
        """True if these words name it: the chat user, or the user of Identity Center before or now, also by id."""
        known = [KnownAs.of(each) for each in (self.was, self.now) if each] + (
            [self.pin.known_as] if self.pin.known_as else []
        )
        names = [name for each in known for name in (each.user_name, *each.emails)]
        ids = {self.pin.chat_user.user, self.pin.principal_id, self.leads_to}
        return words in ids or address_key(words) in map(address_key, names)


def fingerprint(pairings: Sequence[Pairing]) -> str:
    """Of pairings as they were shown: what is released is what somebody looked at."""
    shown = sorted(f"{each.pin.chat_user.team}/{each.pin.chat_user.user} {each.leads_to}" for each in pairings)
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:32]
