"""Places outside that get the events of the audit trail."""

from typing import Protocol

from core.domain.outgoing_events import OutgoingEvent


class EventReceiver(Protocol):
    """One place outside. Raises Upstream, whatever it was: the same event is sent again until it is taken.

    An event may arrive twice, and in that case with the same id. None overtakes another.
    """

    async def send(self, event: OutgoingEvent) -> None:
        """Hand over one event within some seconds."""
        ...
