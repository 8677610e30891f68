"""Messages in Teams, as people read them: where they stand, in whose zone, by whom they can be had at all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.adapters.storage.engine import Database
from core.domain.conversations import conversation_on
from core.domain.errors import UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.notices import Form, Notice, Recipient, Topic
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.domain.request import Status
from core.ports import ConversationKind, LearntConversation, MessageRef
from handlers.screens.parts import row
from handlers.screens.plain_text import Reader
from handlers.screens.screen import message
from handlers.teams.drawing.cards import Drawn, draw_message
from infra.sandbox.local_teams import TENANT_ID, LocalTeams
from tests.contents import by_topic
from tests.contracts.teams_benches import SendingSide, ada_of, learn_team, sending_side, tenant_of_two
from tests.fakes.clock import FakeClock
from tests.handlers.samples import REQUEST, STATES, card

ACTIVE = STATES[Status.ACTIVE]
PLACES = (("bob", "approvals"), ("ada", ""))


@pytest.fixture
async def local(clock: FakeClock) -> AsyncIterator[LocalTeams]:
    async with LocalTeams(tenant_of_two(clock)) as teams:
        yield teams


@pytest.fixture
async def side(local: LocalTeams, database: Database, clock: FakeClock) -> AsyncIterator[SendingSide]:
    async with sending_side(local, database, clock) as side:
        yield side


@pytest.fixture
def ada(local: LocalTeams) -> ChatUser:
    return ada_of(local.tenant)


@pytest.fixture
def bob(local: LocalTeams) -> ChatUser:
    return ChatUser(TEAMS, TENANT_ID, local.tenant.person("bob").aad_object_id)


@pytest.fixture
def approvals(local: LocalTeams) -> ConversationId:
    return conversation_on(TEAMS, local.tenant.channel("approvals").id)


def told(to: ChatUser, topic: Topic = Topic.ACTIVE) -> Notice:
    return Notice(Form.DIRECT, by_topic()[topic], Recipient.chat(to), REQUEST.id)


def said(words: str) -> Drawn:
    return draw_message(message(words, [row(words)]), Reader())


async def test_who_has_no_conversation_yet_gets_one_and_keeps_it(
    side: SendingSide, local: LocalTeams, ada: ChatUser
) -> None:
    first = await side.messenger.tell(ada, told(ada), ACTIVE, None)
    again = await side.messenger.tell(ada, told(ada), ACTIVE, None)
    assert first.conversation == again.conversation == local.tenant.chat(local.tenant.person("ada")).id
    assert len(local.calls.named("createConversation")) == 1
    shown = await local.person("ada").sees("PowerUserAccess")
    assert shown.message.summary
    assert shown.message.text == "", "text and card never travel together"


async def test_somebody_in_a_team_of_the_bots_is_reached_without_the_app(
    side: SendingSide, local: LocalTeams, bob: ChatUser
) -> None:
    await side.messenger.tell(bob, told(bob), ACTIVE, None)
    await local.person("bob").sees("PowerUserAccess")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("uninstalled", "BotNotInConversationRoster"),
        ("blocked", "ConversationBlockedByUser"),
        ("disabled", "BotDisabledByAdmin"),
    ],
)
async def test_who_cannot_be_reached_is_refused_with_why(
    side: SendingSide, local: LocalTeams, ada: ChatUser, what: str, code: str
) -> None:
    person = local.tenant.person("ada")
    if what == "uninstalled":
        person.installed = False
    elif what == "blocked":
        person.blocked = True
    else:
        local.tenant.app.disabled_by_admin = True
    with pytest.raises(UpstreamRefused) as caught:
        await side.messenger.tell(ada, told(ada), ACTIVE, None)
    assert caught.value.code == code


async def test_a_conversation_that_has_moved_is_found_at_the_newest_address(
    side: SendingSide, local: LocalTeams, ada: ChatUser, approvals: ConversationId, clock: FakeClock
) -> None:
    posted = await side.messenger.show_card(card(REQUEST), approvals, None)
    first = await side.messenger.tell(ada, told(ada), ACTIVE, None)
    for conversation in local.tenant.conversations.values():
        conversation.region = "amer"
    there = local.service_url.replace("emea", "amer")
    newest = LearntConversation(TENANT_ID, "a:other", ConversationKind.PERSONAL, there, clock.now().replace(year=2030))
    await side.book.put(newest)
    assert await side.messenger.show_card(card(ACTIVE), approvals, posted) == posted
    assert (await side.messenger.tell(ada, told(ada), ACTIVE, None)).conversation == first.conversation
    asked = len(local.calls.all())
    await side.messenger.tell(ada, told(ada), ACTIVE, None)
    assert len(local.calls.all()) == asked + 1, "the new address is remembered"


async def test_one_person_reads_times_in_the_own_zone_and_a_channel_in_utc(
    side: SendingSide, local: LocalTeams, ada: ChatUser, approvals: ConversationId
) -> None:
    await side.messenger.tell(ada, told(ada), ACTIVE, None)
    known = await side.book.of_user(ada)
    assert known is not None
    await side.book.put(replace(known, zone="Asia/Kathmandu"))
    await side.messenger.tell(ada, told(ada), ACTIVE, None)
    await side.messenger.show_card(card(ACTIVE), approvals, None)
    newest = (await local.person("ada").chat())[-1]
    assert "19:45" in newest.text()
    assert "UTC" in (await local.person("bob").sees("PowerUserAccess", "approvals")).text()


async def test_later_events_are_lines_under_the_card_and_a_reminder_is_a_line_of_its_own(
    side: SendingSide, local: LocalTeams, ada: ChatUser, approvals: ConversationId
) -> None:
    posted = await side.messenger.show_card(card(REQUEST), approvals, None)
    await side.messenger.reply(posted, told(ada), ACTIVE)
    await side.messenger.reply(posted, told(ada, Topic.REMINDER), REQUEST)
    _, under, reminder = local.tenant.messages.in_conversation(posted.conversation)
    assert (under.root_id, reminder.root_id) == (posted.message, None)


async def test_a_card_is_drawn_where_a_press_says_only_in_the_chat_with_one_person(
    side: SendingSide, local: LocalTeams, ada: ChatUser, approvals: ConversationId
) -> None:
    among_others = await side.messenger.show_card(card(REQUEST), approvals, None)
    alone = await side.messenger.show_card(card(REQUEST), ada, None)
    assert not await side.messenger.update_card(card(ACTIVE), among_others)
    assert await side.messenger.update_card(card(ACTIVE), alone)
    changed = [(await local.person(who).sees("PowerUserAccess", where)).text() for who, where in PLACES]
    assert ["Active until" in text for text in changed] == [False, True]


async def test_in_the_chat_with_one_person_a_later_event_is_the_next_message(
    side: SendingSide, local: LocalTeams, ada: ChatUser
) -> None:
    posted = await side.messenger.show_card(card(REQUEST), ada, None)
    await side.messenger.reply(posted, told(ada), ACTIVE)
    assert [each.root_id for each in local.tenant.messages.in_conversation(posted.conversation)] == [None, None]


async def test_two_replicas_that_write_to_one_channel_are_never_refused(
    side: SendingSide, local: LocalTeams, database: Database, clock: FakeClock, approvals: ConversationId
) -> None:
    async with sending_side(local, database, clock) as other:
        writers = [
            each.posts.post(approvals.removeprefix("teams:"), said("A line.").activity) for each in (side, other) * 4
        ]
        await asyncio.gather(*writers)
    assert {call.status for call in local.calls.named("sendActivity")} == {201}
    assert len(local.calls.named("sendActivity")) == 8


async def test_an_answer_in_a_channel_is_seen_by_one_alone_where_teams_takes_such_messages(
    side: SendingSide, local: LocalTeams, approvals: ConversationId
) -> None:
    channel, bob = approvals.removeprefix("teams:"), local.tenant.person("bob")
    assert await side.posts.whisper(channel, bob.mri, said("Only you.").activity)
    assert [each.text() for each in await local.person("bob").private_answers()] == ["Only you."]
    local.tenant.app.targeted_messages = False
    assert not await side.posts.whisper(channel, bob.mri, said("Only you.").activity)


async def test_home_is_one_message_kept_up_to_date_and_the_newest_when_it_is_asked_for(
    side: SendingSide, local: LocalTeams, ada: ChatUser
) -> None:
    for words in ("Home 1", "Home 2"):
        await side.homes.show(ada, said(words))
    assert [each.text() for each in await local.person("ada").chat()] == ["Home 2"]
    await side.messenger.tell(ada, told(ada), ACTIVE, None)
    await side.homes.show(ada, said("Home 3"), anew=True)
    shown = [each.text() for each in await local.person("ada").chat()]
    assert (len(shown), shown[-1]) == (2, "Home 3")
    (*_, newest) = local.tenant.messages.in_conversation(local.tenant.chat(local.tenant.person("ada")).id)
    local.tenant.messages.delete(newest)
    await side.homes.show(ada, said("Home 4"))
    assert (await local.person("ada").chat())[-1].text() == "Home 4"


async def test_a_card_in_a_channel_is_linked_for_its_members_alone(
    side: SendingSide,
    local: LocalTeams,
    clock: FakeClock,
    ada: ChatUser,
    bob: ChatUser,
    approvals: ConversationId,
) -> None:
    await learn_team(side, local, clock)
    posted = await side.messenger.show_card(card(REQUEST), approvals, None)
    await side.directory.conversation(approvals)
    links = await side.links.to(posted, bob)
    assert links.card.startswith("https://teams.microsoft.com/l/message/19%3A")
    assert f"/{posted.message}?tenantId={TENANT_ID}" in links.card
    assert f"parentMessageId={posted.message}" in links.card
    assert (await side.links.to(posted, ada)).card == ""
    assert (await side.links.to(posted, ada)).request.startswith("https://teams.microsoft.com/l/chat/0/0?users=28%3A")
    general = local.tenant.team("Payments").id
    assert (await side.links.among(posted, general)).card == links.card
    assert (await side.links.among(posted, "19:elsewhere@thread.tacv2")).card == ""
    assert (await side.links.to(MessageRef("slack", "C1", "1.2"), bob)).card == ""


async def test_people_a_card_names_are_mentioned_by_their_names(
    side: SendingSide, local: LocalTeams, clock: FakeClock, bob: ChatUser, approvals: ConversationId
) -> None:
    await learn_team(side, local, clock)
    asked = replace(card(REQUEST), mentioned=(bob,))
    posted = await side.messenger.show_card(asked, approvals, None)
    (shown,) = local.tenant.messages.in_conversation(posted.conversation)
    entities = shown.attachments[0]["content"]["msteams"]["entities"]
    assert [(each["mentioned"]["id"], each["mentioned"]["name"]) for each in entities] == [(bob.user, "Bob Kahn")]
