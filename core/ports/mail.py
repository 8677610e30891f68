"""E-mail, for people whom no chat reaches."""

from dataclasses import dataclass
from typing import Protocol

from core.domain.notices import Notice
from core.domain.request import Request
from core.ports.chat import Card


@dataclass(frozen=True, slots=True)
class Mail:
    """Plain text. ``subject`` is one line."""

    subject: str
    body: str


class MailSender(Protocol):
    async def send(self, to: str, mail: Mail) -> str:
        """Hand over one e-mail to one address; returns its id. Raises UpstreamBusy, AnswerLost or UpstreamRefused."""
        ...


class MailWriter(Protocol):
    """Says in an e-mail what a message would have said."""

    def message(self, notice: Notice, request: Request | None) -> Mail: ...

    def card(self, card: Card) -> Mail:
        """The card of a request that waits, to an approver: without the buttons, which no e-mail has."""
        ...
