"""Pairs that wait for a release: shown with who they were and are, and released one by one or together (rule 1)."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from core.domain.errors import Conflict, NotFound
from core.domain.ids import PrincipalId
from core.domain.pairing import Pairing, likenesses
from core.domain.people import KnownAs, Pin, PinState, Principal
from core.domain.request import Actor
from core.ports import OpenUnit, PrincipalDirectory
from core.services.context.pairs import Pairs

AT_ONCE = 50
"""Pairs that one transaction releases."""


class PairRelease:
    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory, pairs: Pairs) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._pairs = pairs

    async def waiting(self) -> tuple[Pairing, ...]:
        """Every pair that waits, by chat user; those that can be released together first. Raises Upstream."""
        async with self._open_unit() as unit:
            held = await unit.pins.held()
            accounts = Counter(_leads_to(pin) for pin in held)
            for principal in list(accounts):
                accounts[principal] += sum(
                    pin.state is PinState.ACTIVE for pin in await unit.pins.of_principal(principal)
                )
        users = await self._users(held) if held else {}
        found = [_pairing(pin, users, is_alone=accounts[_leads_to(pin)] == 1) for pin in held]
        return tuple(sorted(found, key=lambda each: (not each.is_sure, each.pin.chat_user.user)))

    async def find(self, *words: str) -> Pairing:
        """The one pair that is named: by team and user of the chat platform, by user alone, by a name or an address.

        NotFound when none is, Conflict when several are.
        """
        waiting = await self.waiting()
        if len(words) == 2:
            named = [each for each in waiting if each.pin.chat_user.user == words[1]]
            exactly = [each for each in named if each.pin.chat_user.team == words[0]]
            named = exactly or named
        else:
            named = [each for each in waiting if each.is_called(words[0])]
        if not named:
            raise NotFound(f"No pair of {words[-1]} waits for a release: see `teambot identity suspended`.")
        if len(named) > 1:
            users = ", ".join(each.pin.chat_user.user for each in named)
            raise Conflict(f"{words[-1]} names several pairs: release one by its chat user ({users}).")
        return named[0]

    async def release(self, pairing: Pairing, actor: Actor, why: str) -> Pin:
        """Release one pair as it was shown."""
        return await self._pairs.release(pairing.pin.chat_user, actor, why=why, claimed=pairing.leads_to)

    async def release_all(self, pairings: Sequence[Pairing], actor: Actor, why: str) -> int:
        """Release those of them that are sure: so many at once that nobody waits long, each time with one line."""
        sure = [pairing for pairing in pairings if pairing.is_sure]
        together = (sure[start : start + AT_ONCE] for start in range(0, len(sure), AT_ONCE))
        return sum([await self._pairs.release_together(some, actor, why) for some in together])

    async def _users(self, held: Sequence[Pin]) -> dict[PrincipalId, Principal]:
        """By one list of all: to ask for each of hundreds that are gone would take minutes.

        Whom an address leads to may be newer than the list, and is asked for.
        """
        known = {principal.id: principal for principal in await self._directory.everybody()}
        newer = sorted({_leads_to(pin) for pin in held} - known.keys())
        found = await asyncio.gather(*map(self._directory.principal, newer))
        return known | {principal.id: principal for principal in found if principal}


def _leads_to(pin: Pin) -> PrincipalId:
    return pin.claimed or pin.principal_id


def _pairing(pin: Pin, users: Mapping[PrincipalId, Principal], *, is_alone: bool) -> Pairing:
    was, now = users.get(pin.principal_id), users.get(_leads_to(pin))
    known_as = pin.known_as or (KnownAs.of(was) if was else None)
    return Pairing(pin, was, now, likenesses(known_as, now) if now else (), is_alone)
