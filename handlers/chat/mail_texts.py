"""The MailWriter port: e-mails in the words of messages and cards."""

from core.domain.notices import Notice
from core.domain.request import Request
from core.ports import Card, Clock, Mail
from handlers.screens import mail, notices, request_card
from handlers.screens.links import Links
from handlers.screens.plain_text import Reader
from handlers.screens.screen import Message


class MailTexts:
    """Moments are in UTC, and links lead to AWS alone: those into a chat are of no use to these readers."""

    def __init__(self, clock: Clock, command: str, links: Links) -> None:
        self._clock = clock
        self._command = command
        self._links = links

    def message(self, notice: Notice, request: Request | None) -> Mail:
        return self._mail(notices.direct(notice, request, self._links, self._clock.now(), self._command))

    def card(self, card: Card) -> Mail:
        return self._mail(request_card.build(card, self._links))

    def _mail(self, message: Message) -> Mail:
        reader = Reader(now=self._clock.now())
        return Mail(mail.subject(message, reader), mail.body(message, reader))
