"""Channels are shown by their names to whoever reads of them, and people are mentioned by theirs in messages."""

from dataclasses import replace
from datetime import UTC

import pytest

from core.domain.conversations import conversation_on, own_id
from core.domain.people import ChatProfile, ChatUser
from core.domain.platforms import TEAMS
from core.ports import ConversationKind, LearntConversation
from handlers.bot_connector.conversations import ConversationBook
from handlers.screens import picker
from handlers.screens.ids import FormId
from handlers.screens.parts import row
from handlers.screens.screen import form, message
from handlers.screens.spans import PersonRef, channel, text
from handlers.teams.drawing.cards import draw_dialog
from handlers.teams.readers import Readers
from tests.fakes.chat import FakeChatDirectory
from tests.fakes.clock import FakeClock
from tests.handlers.teams.bot_connector import TENANT

KNOWN, UNKNOWN = (conversation_on(TEAMS, f"19:{name}@thread.tacv2") for name in ("payments", "unknown"))
ADA = ChatUser(TEAMS, TENANT, "ada-object-id")


async def readers(book: ConversationBook, clock: FakeClock) -> Readers:
    await book.put(
        LearntConversation(
            *(TENANT, "19:payments@thread.tacv2", ConversationKind.CHANNEL, "https://smba.test/"),
            clock.now(),
            name="approvals",
            team="19:team@thread.tacv2",
            team_name="Payments",
        )
    )
    directory = FakeChatDirectory()
    directory.profiles[ADA] = ChatProfile(ADA, display_name="Ada Lovelace")
    return Readers(book, directory, clock)


async def test_a_form_names_the_channels_that_are_chosen_in_it(book: ConversationBook, clock: FakeClock) -> None:
    asking = form(FormId.POLICY, "Policy", [picker.channels("channels", [KNOWN, UNKNOWN], "")], submit="Preview")
    card = draw_dialog(asking, "screen-1", await (await readers(book, clock)).of(asking, UTC))
    assert [each["title"] for each in card["body"][0]["choices"]] == ["Payments / approvals", UNKNOWN]


async def test_a_message_names_channels_and_mentions_people(book: ConversationBook, clock: FakeClock) -> None:
    said = text(PersonRef(ADA), " asked in ", channel(KNOWN))
    drawn = await (await readers(book, clock)).drawn(message(said, [row(said)]), None)
    assert drawn.card["body"][0]["text"] == "<at>Ada Lovelace</at> asked in Payments / approvals"
    assert drawn.card["msteams"]["entities"][0]["mentioned"]["id"] == "ada-object-id"
    assert drawn.summary == "Ada Lovelace asked in Payments / approvals"


@pytest.mark.parametrize("kind", ["private", "shared"])
async def test_the_name_of_a_channel_that_not_everybody_sees_is_read_nowhere(
    book: ConversationBook, clock: FakeClock, kind: str
) -> None:
    """An admin who is no member learns it neither from a message nor from a form."""
    looking = await readers(book, clock)
    known = await book.get(own_id(KNOWN))
    assert known is not None
    await book.put(replace(known, channel_type=kind))
    said = text("no card is posted in ", channel(KNOWN))
    drawn = await looking.drawn(message(said, [row(said)]), None)
    assert drawn.card["body"][0]["text"] == drawn.summary == f"no card is posted in {KNOWN}"
    asking = form(FormId.POLICY, "Policy", [picker.channels("channels", [KNOWN], "")], submit="Preview")
    card = draw_dialog(asking, "screen-1", await looking.of(asking, UTC))
    assert [each["title"] for each in card["body"][0]["choices"]] == [KNOWN]
