"""E-mail in the words of messages: whole, plain, and harmless whatever somebody has typed."""

from collections.abc import Callable
from datetime import datetime

import pytest

from core.domain.notices import Topic
from core.domain.request import Request
from core.ports import Mail
from handlers.chat.mail_texts import MailTexts
from handlers.screens import notices
from handlers.screens.links import Links
from handlers.screens.mail import LONGEST_SUBJECT
from handlers.screens.plain_text import Reader, plain_text
from tests.fakes.clock import FakeClock
from tests.handlers.samples import HOSTILE, LONG, NOW, REQUEST, TOLD, card, every, nasty, notice, worst_card

LINKS = Links(portal="https://acme.awsapps.com/start", region="eu-west-1")


class At(FakeClock):
    def now(self) -> datetime:
        return NOW


WRITER = MailTexts(At(), "/team", LINKS)


def mails(build: Callable[[Request], Mail]) -> list[Mail]:
    return [mail for mail in every(build) if isinstance(mail, Mail)]


@pytest.mark.parametrize("topic", TOLD)
def test_a_mail_begins_with_the_words_of_the_message_and_ends_with_why_it_is_one(topic: Topic) -> None:
    request = TOLD[topic]
    mail = WRITER.message(notice(topic), request)
    said = plain_text(notices.direct(notice(topic), request, LINKS, NOW).summary, Reader(now=NOW))
    assert mail.subject[:60] == said[:60]
    assert said[:60] in mail.body.replace("\n", " ")
    assert "cannot reach you in chat" in mail.body


def test_what_is_active_has_the_address_of_its_console_and_no_button_is_left() -> None:
    body = WRITER.message(notice(Topic.ACTIVE), TOLD[Topic.ACTIVE]).body
    assert "Open AWS: https://acme.awsapps.com/start/#/console?" in body
    assert "    [profile PowerUserAccess-111122223333]\n    sso_start_url = https://acme" in body
    assert "Extend" not in body.partition("-- \n")[0].replace("press Extend", "")


def test_a_card_has_everything_that_an_approver_would_see() -> None:
    body = WRITER.card(card(REQUEST)).body
    for word in ("Ada Lovelace", "PowerUserAccess", "Payments Prod", "PAY-123", "> fix the stuck deployment pipeline"):
        assert word in body


@pytest.mark.parametrize("text", [HOSTILE, LONG, "a\r\nBcc: eve@example.com\n\n.\n\x00\u202e"])
def test_no_word_of_anybody_breaks_a_header_or_hides(text: str) -> None:
    for mail in mails(lambda request: WRITER.card(worst_card(nasty(request, text), text))):
        assert mail.subject.isprintable()
        assert 0 < len(mail.subject) <= LONGEST_SUBJECT
        assert not {"\r", "\x00", "\u202e"} & set(mail.body)
        assert "\nBcc:" not in mail.body
