"""The message that shows a request in a place, and the other requests of its submission that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.conversations import Place
from core.domain.notices import Recipient
from core.domain.request import Request
from core.ports import Clock, MessageRef, OpenUnit


@dataclass(frozen=True, slots=True)
class Posted:
    """``shown``: the requests of one message, oldest first. ``known``: where it is, once it was posted."""

    shown: tuple[Request, ...]
    known: MessageRef | None
    is_noted: bool
    """Every one of them is known to be shown there."""


class PostedCards:
    """Requests that share a card are shown by one message, and each of them is noted as shown there."""

    def __init__(self, open_unit: OpenUnit, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock

    async def find(self, request: Request, place: Place) -> Posted:
        """One that another message shows already, which a release before this one posted, stays there."""
        async with self._open_unit() as unit:
            together = await unit.requests.asked_with(request) if request.card is not None else [request]
            on_card = [one for one in together if one.card == request.card]
            refs = {one.id: await unit.cards.get(one.id, place) for one in on_card}
        known = refs.get(request.id) or next(filter(None, refs.values()), None)
        shown = tuple(one for one in on_card if refs[one.id] in {None, known})
        return Posted(shown, known, is_noted=all(refs[one.id] is not None for one in shown))

    async def note(self, shown: Sequence[Request], place: Place, ref: MessageRef) -> bool:
        """Note where they are shown; True if one has changed since it was drawn, which did not find this card yet."""
        async with self._open_unit() as unit:
            now = self._clock.now()
            for one in shown:
                await unit.cards.put(one.id, place, ref, now)
                await unit.outbox.hasten(one.id, Recipient.principal(one.requester), now)  # its first word waits for it
            await unit.commit()
            as_it_is = await unit.requests.several([one.id for one in shown])
        return {(one.id, one.version) for one in as_it_is} != {(one.id, one.version) for one in shown}
