"""The facts learnt about conversations from what arrives, and who hears of it when the bot is taken out of a team."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.adapters.storage.engine import Database
from core.domain.errors import UpstreamBusy
from core.domain.notice_content import ChannelsLost
from core.domain.notices import ADMINS
from core.domain.people import ChatUser
from core.ports import ConversationKind
from handlers.bot_connector.activities import read_activity
from handlers.bot_connector.clouds import CLOUDS, Cloud
from handlers.bot_connector.connector import ConversationAddress
from handlers.bot_connector.conversations import SEEN_EVERY, ConversationBook
from tests.fakes.clock import FakeClock
from tests.handlers.teams.bot_connector import ADA_ID, ADA_MRI, CHANNEL, TEAM, TENANT, BotConnector

BOT = "28:bot"
ADA = ChatUser(platform="teams", team=TENANT, user=ADA_ID)
MORE = "19:audit@thread.tacv2"


class Arriving:
    """Activities as Teams posts them, learnt one by one."""

    def __init__(self, book: ConversationBook, service_url: str) -> None:
        self._book = book
        self.service_url = service_url

    async def personal(self, kind: str = "message", conversation: str = "a:1", **more: Any) -> None:
        await self._arrives(
            {
                "type": kind,
                "from": {"id": ADA_MRI, "aadObjectId": ADA_ID},
                "conversation": {"id": conversation, "conversationType": "personal", "tenantId": TENANT},
                "entities": [{"type": "clientInfo", "timezone": "Asia/Kathmandu"}],
                **more,
            }
        )

    async def team(self, kind: str = "conversationUpdate", event: str = "", **more: Any) -> None:
        channel = more.pop("channel", {"id": CHANNEL, "name": "approvals"})
        await self._arrives(
            {
                "type": kind,
                "from": {"id": ADA_MRI, "aadObjectId": ADA_ID},
                "conversation": {"id": more.pop("conversation", TEAM), "conversationType": "channel"},
                "channelData": {
                    "team": {"id": TEAM, "name": more.pop("name", "Payments"), "aadGroupId": "group-1"},
                    "channel": channel,
                    "eventType": event,
                },
                **more,
            }
        )

    async def _arrives(self, activity: dict[str, Any]) -> None:
        whole = {"channelId": "msteams", "serviceUrl": self.service_url, "recipient": {"id": BOT}, **activity}
        await self._book.learn(read_activity(json.dumps(whole).encode()))


@pytest.fixture
def arriving(book: ConversationBook, teams: BotConnector) -> Arriving:
    return Arriving(book, teams.service)


async def test_a_person_is_known_by_conversation_ids_zone_and_newest_address(
    arriving: Arriving, book: ConversationBook, teams: BotConnector
) -> None:
    await arriving.personal("installationUpdate", action="add")
    known = await book.of_user(ADA)
    assert known is not None
    assert (known.id, known.kind, known.mri, known.installed) == ("a:1", ConversationKind.PERSONAL, ADA_MRI, True)
    assert await book.zone_of(ADA) == ZoneInfo("Asia/Kathmandu")
    assert await book.reader_of("a:1") == ADA
    arriving.service_url = teams.service.replace("emea", "amer")
    await arriving.personal(entities=[])
    assert await book.place("a:1") == ConversationAddress(arriving.service_url, "a:1")
    assert await book.zone_of(ADA) == ZoneInfo("Asia/Kathmandu"), "what is not told stays as it was told"


async def test_a_person_who_takes_the_app_away_is_known_to_have(arriving: Arriving, book: ConversationBook) -> None:
    await arriving.personal()
    await arriving.personal("installationUpdate", action="remove")
    known = await book.of_user(ADA)
    assert known is not None
    assert not known.installed
    await arriving.personal("conversationUpdate", membersAdded=[{"id": BOT}, {"id": ADA_MRI}])
    assert (await book.of_user(ADA) or known).installed


async def test_what_another_replica_learnt_in_between_is_what_it_is_held_against(
    arriving: Arriving, book: ConversationBook, database: Database, clock: FakeClock, cloud: Cloud
) -> None:
    other = Arriving(ConversationBook(database.open, clock, cloud, TENANT), arriving.service_url)
    await arriving.personal()
    await other.personal("installationUpdate", action="remove")
    await arriving.personal()
    known = await book.of_user(ADA)
    assert known is not None
    assert known.installed


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "x" * 300])
async def test_a_zone_that_is_none_is_no_zone(arriving: Arriving, book: ConversationBook, zone: str) -> None:
    await arriving.personal(entities=[{"type": "clientInfo", "timezone": zone}])
    assert await book.zone_of(ADA) is None


async def test_an_address_that_is_not_microsofts_is_learnt_by_nobody(
    arriving: Arriving, book: ConversationBook
) -> None:
    arriving.service_url = "https://evil.example/"
    await arriving.personal()
    assert await book.of_user(ADA) is None


async def test_a_group_chat_is_not_learnt(arriving: Arriving, book: ConversationBook) -> None:
    group = {"id": "19:g@thread.v2", "conversationType": "groupChat"}
    await arriving._arrives({"type": "message", "from": {"id": ADA_MRI, "aadObjectId": ADA_ID}, "conversation": group})
    assert await book.of_team("") == ()


async def test_channels_are_known_by_team_name_and_kind(arriving: Arriving, book: ConversationBook) -> None:
    await arriving.team(membersAdded=[{"id": BOT}], channel=None)
    await arriving.team(event="channelCreated")
    await arriving.team(event="channelCreated", channel={"id": MORE, "name": "audit", "type": "private"})
    known = {each.id: each for each in await book.of_team(TEAM)}
    assert {id_: (each.name, each.channel_type) for id_, each in known.items()} == {
        TEAM: ("General", ""),
        CHANNEL: ("approvals", ""),
        MORE: ("audit", "private"),
    }
    assert {(each.team_name, each.team_group, each.installed) for each in known.values()} == {
        ("Payments", "group-1", True)
    }
    assert {each.id for each in await book.channels(10)} == set(known)


async def test_what_becomes_of_a_team_becomes_of_all_its_channels(arriving: Arriving, book: ConversationBook) -> None:
    await arriving.team(membersAdded=[{"id": BOT}], channel=None)
    await arriving.team(event="channelCreated")

    async def all_are(what: str) -> set[Any]:
        return {getattr(each, what) for each in await book.of_team(TEAM)}

    await arriving.team(event="teamArchived", channel=None)
    assert await all_are("archived") == {True}
    await arriving.team(event="teamUnarchived", channel=None)
    assert await all_are("archived") == {False}
    await arriving.team(event="teamRenamed", name="Money", channel=None)
    assert await all_are("team_name") == {"Money"}
    await arriving.team(event="channelRenamed", channel={"id": CHANNEL, "name": "decisions"})
    await arriving.team(event="channelDeleted", channel={"id": CHANNEL, "name": "decisions"})
    known = await book.get(CHANNEL)
    assert known is not None
    assert (known.name, known.installed) == ("decisions", False)
    assert [each.id for each in await book.channels(10)] == [TEAM]
    await arriving.team("message", conversation=f"{TEAM};messageid=1", channel={"id": TEAM})
    assert [each.id for each in await book.channels(10)] == [TEAM], "a word in one channel brings no other back"


@pytest.mark.parametrize(
    "leaving",
    [
        {"membersRemoved": [{"id": BOT}]},
        {"kind": "installationUpdate", "action": "remove"},
        {"event": "teamDeleted"},
    ],
)
async def test_a_bot_taken_out_of_a_team_is_told_to_the_admins_once(
    arriving: Arriving, book: ConversationBook, database: Database, clock: FakeClock, leaving: dict[str, Any]
) -> None:
    await arriving.team(membersAdded=[{"id": BOT}], channel=None)
    await arriving.team(event="channelCreated")
    for _ in range(2):
        await arriving.team(channel=None, **leaving)
    assert await book.channels(10) == ()
    async with database.open() as unit:
        due = await unit.outbox.claim(clock.now(), timedelta(minutes=1), 10)
    told = [(each.notice.content, each.notice.to) for each in due]
    assert told == [(ChannelsLost("Payments"), ADMINS)]


async def test_somebody_else_who_leaves_is_no_news(arriving: Arriving, book: ConversationBook) -> None:
    await arriving.team(membersAdded=[{"id": BOT}], channel=None)
    await arriving.team(membersRemoved=[{"id": "29:somebody"}], channel=None)
    assert [each.id for each in await book.channels(10)] == [TEAM]


async def test_what_is_not_new_is_not_written_again_for_an_hour(
    arriving: Arriving, book: ConversationBook, clock: FakeClock
) -> None:
    await arriving.personal()
    first = await book.of_user(ADA)
    clock.move(timedelta(minutes=5))
    await arriving.personal()
    assert await book.of_user(ADA) == first
    clock.move(SEEN_EVERY)
    await arriving.personal()
    again = await book.of_user(ADA)
    assert first is not None
    assert again == replace(first, seen_at=clock.now())


async def test_an_unknown_channel_is_tried_at_the_newest_address_and_offered_to_nobody(
    arriving: Arriving, book: ConversationBook, cloud: Cloud
) -> None:
    assert (await book.place(CHANNEL)).service_url == cloud.service
    arriving.service_url = arriving.service_url.replace("emea", "amer")
    await arriving.personal()
    assert (await book.place(MORE)).service_url == arriving.service_url
    assert await book.channels(10) == ()


async def test_without_any_address_it_is_said_that_none_is_known(database: Database, clock: FakeClock) -> None:
    book = ConversationBook(database.open, clock, CLOUDS["china"], TENANT)
    with pytest.raises(UpstreamBusy):
        await book.service_url()


async def test_a_failing_database_holds_up_nobody(arriving: Arriving, book: ConversationBook) -> None:
    def away() -> Any:
        raise UpstreamBusy("The database is away.")

    book._open_unit = away
    await arriving.personal()
    await arriving.team(event="channelCreated")
