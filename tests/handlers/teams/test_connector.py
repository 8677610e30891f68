"""The Bot Connector over HTTP: ids are data, no other host gets a token, and each failure means one thing."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.ports import watching
from handlers.bot_connector.clouds import CLOUDS, Cloud
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.tokens import AppTokens
from tests.handlers.teams.bot_connector import ADA_ID, ADA_MRI, APP, CHANNEL, TEAM, TENANT, BotConnector, Trouble


async def test_a_message_is_posted_changed_replied_to_and_deleted(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    posted = await connector.send(channel, {"type": "message", "text": "one"})
    await connector.update(channel, posted, {"type": "message", "text": "two"})
    assert teams.messages[CHANNEL, posted] == {"type": "message", "text": "two", "id": posted}
    under = await connector.send(channel.thread(posted), {"type": "message", "text": "reply"})
    assert (f"{CHANNEL};messageid={posted}", under) in teams.messages
    await connector.delete(channel, posted)
    assert teams.count(CHANNEL) == 1
    assert {asked.token for asked in teams.asked} == {"token-1"}


async def test_a_conversation_with_a_person_is_begun_by_the_id_of_entra(
    connector: Connector, teams: BotConnector
) -> None:
    assert await connector.create(teams.service, TENANT, ADA_ID) == ConversationAddress(teams.service, f"a:{ADA_ID}")
    (asked,) = teams.asked
    assert (asked.path, asked.body) == (
        ("conversations",),
        {
            "bot": {"id": f"28:{APP}"},
            "members": [{"id": ADA_ID}],
            "isGroup": False,
            "tenantId": TENANT,
            "channelData": {"tenant": {"id": TENANT}},
        },
    )


async def test_members_teams_and_channels_are_read(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    teams.members[ADA_MRI] = {"id": ADA_MRI, "aadObjectId": ADA_ID}
    teams.channels[TEAM] = [{"id": TEAM, "name": None}, {"id": CHANNEL, "name": "approvals"}]
    assert await connector.member(channel, ADA_MRI) == {"id": ADA_MRI, "aadObjectId": ADA_ID}
    assert (await connector.team(teams.service, TEAM))["aadGroupId"] == "group-payments"
    assert [each["id"] for each in await connector.channels(teams.service, TEAM)] == [TEAM, CHANNEL]


@pytest.mark.parametrize("id_", ["29:a/../../b", "x?y=1", "a b#c%2F", "19:ä@thread.tacv2", "..%2f", ";messageid=1"])
async def test_whatever_an_id_holds_it_stays_one_step_of_the_path(
    connector: Connector, teams: BotConnector, channel: ConversationAddress, id_: str
) -> None:
    with pytest.raises(UpstreamRefused):
        await connector.member(channel, id_)
    assert teams.paths() == [("conversations", CHANNEL, "members", id_)]


@pytest.mark.parametrize("id_", ["", ".", ".."])
async def test_what_is_no_id_is_asked_of_nobody(
    connector: Connector, teams: BotConnector, channel: ConversationAddress, id_: str
) -> None:
    with pytest.raises(UpstreamRefused):
        await connector.member(channel, id_)
    assert teams.asked == []


@pytest.mark.parametrize(
    ("trouble", "kind", "pause"),
    [
        (Trouble(429, "Throttled", {"Retry-After": "7"}), UpstreamBusy, timedelta(seconds=7)),
        (Trouble(429, "Throttled", {"Retry-After": "Fri, 31 Dec"}), UpstreamBusy, timedelta(seconds=30)),
        (Trouble(429, "Throttled", {"Retry-After": "9" * 40}), UpstreamBusy, timedelta(hours=1)),
        (Trouble(502), UpstreamBusy, None),
        (Trouble(504, headers={"Retry-After": "3"}), UpstreamBusy, timedelta(seconds=3)),
        (Trouble(401, times=2), UpstreamBusy, timedelta(minutes=5)),
        (Trouble(500, "ServiceError"), AnswerLost, None),
        (Trouble(works=True), AnswerLost, None),
        (Trouble(403, "ConversationBlockedByUser"), UpstreamRefused, None),
        (Trouble(404, "ConversationNotFound"), UpstreamRefused, None),
        (Trouble(413, "MessageSizeTooBig"), UpstreamRefused, None),
        (Trouble(307, headers={"Location": "http://127.0.0.1:1/"}), UpstreamBusy, None),
    ],
)
async def test_each_failure_of_a_post_means_one_thing(
    connector: Connector,
    teams: BotConnector,
    channel: ConversationAddress,
    trouble: Trouble,
    kind: type[Upstream],
    pause: timedelta,
) -> None:
    teams.troubles = [trouble]
    with pytest.raises(Upstream) as caught:
        await connector.send(channel, {"type": "message"})
    raised = caught.value
    assert (type(raised), raised.side) == (kind, Side.TEAMS)
    if isinstance(raised, UpstreamBusy):
        assert raised.retry_after == pause
    if isinstance(raised, UpstreamRefused):
        assert raised.code == trouble.code


async def test_a_conversation_that_is_written_to_is_tried_again_soon(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    teams.troubles = [Trouble(412, "PreconditionFailed")]
    with pytest.raises(UpstreamBusy) as caught:
        await connector.send(channel, {"type": "message"})
    assert caught.value.retry_after is not None
    assert timedelta() < caught.value.retry_after <= timedelta(seconds=2)


async def test_every_call_is_counted_with_what_came_of_it(
    http: aiohttp.ClientSession, cloud: Cloud, tokens: AppTokens, teams: BotConnector, channel: ConversationAddress
) -> None:
    seen: list[tuple[str, str]] = []
    connector = Connector(
        http, cloud, tokens, app_id=APP, observe=lambda operation, outcome: seen.append((operation, outcome))
    )
    posted = await connector.send(channel, {"type": "message"})
    await connector.update(channel, posted, {"type": "message"})
    teams.troubles = [Trouble(429), Trouble(500), Trouble(works=True, only="POST")]
    for _ in range(3):
        with pytest.raises(Upstream):
            await connector.send(channel, {"type": "message"})
    with pytest.raises(Upstream):
        await connector.member(channel, "activities")
    assert seen == [
        ("POST activities", "ok"),
        ("PUT activities", "ok"),
        ("POST activities", "throttled"),
        ("POST activities", "failed"),
        ("POST activities", "unreachable"),
        ("GET members", "refused"),
    ]


async def test_a_question_whose_answer_is_lost_may_be_asked_again(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    teams.troubles = [Trouble(works=True, times=2), Trouble(500)]  # a lost GET is asked once more by aiohttp
    for _ in range(2):
        with pytest.raises(UpstreamBusy):
            await connector.member(channel, ADA_MRI)


async def test_no_other_address_is_asked_and_an_unreachable_one_has_done_nothing(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        await connector.send(ConversationAddress("https://evil.example/", CHANNEL), {"type": "message"})
    assert (refused.value.code, teams.forms) == ("foreign_service_url", [])
    await teams.__aexit__()
    with pytest.raises(UpstreamBusy):
        await connector.send(channel, {"type": "message"})


async def test_a_token_that_is_taken_no_more_is_replaced_once(
    connector: Connector, teams: BotConnector, channel: ConversationAddress, tokens: AppTokens
) -> None:
    await tokens.token()
    tokens._asked_at = float("-inf")
    teams.good = lambda token: token == "token-2"
    assert await connector.send(channel, {"type": "message"})
    assert [asked.token for asked in teams.asked] == ["token-1", "token-2"]


async def test_who_waits_for_teams_is_told_so(
    connector: Connector, teams: BotConnector, channel: ConversationAddress
) -> None:
    teams.gate = asyncio.Event()
    with watching() as pending:
        sending = asyncio.ensure_future(connector.send(channel, {"type": "message"}))
        while pending.side is not Side.TEAMS or not teams.asked:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0)
    teams.gate.set()
    await sending


async def test_an_answer_beyond_all_measure_is_not_read_to_its_end(
    http: aiohttp.ClientSession, cloud: Cloud, tokens: AppTokens
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"[" * 65536)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", endless)
    async with TestServer(app) as server:
        address = str(server.make_url("/"))
        connector = Connector(http, _at(cloud, address), tokens, app_id=APP)
        assert await connector.team(address, TEAM) == {}


def _at(cloud: Cloud, local: str) -> Cloud:
    return Cloud(**{name: getattr(cloud, name) for name in Cloud.__slots__} | {"local": local})


OURS = {
    "public": ("https://smba.trafficmanager.net/emea/", "https://smba.infra.gcc.teams.microsoft.com/teams"),
    "usgov": ("https://smba.infra.gov.teams.microsoft.us/teams",),
    "usgov-dod": ("https://smba.infra.dod.teams.microsoft.us/teams",),
    "china": ("https://frontend.teams.microsoftonline.cn/x",),
}


@pytest.mark.parametrize("name", CLOUDS)
def test_a_token_goes_to_microsofts_hosts_of_the_same_cloud_alone(name: str) -> None:
    cloud = CLOUDS[name]
    assert all(map(cloud.is_service, OURS[name]))
    assert cloud.is_service(cloud.service) == bool(cloud.service)
    public = {"public"} if name == "public" else set(OURS) - {"usgov", "usgov-dod"} - {name}
    others = [url for other in public - {name} for url in OURS[other]]
    assert not any(map(cloud.is_service, others))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://smba.trafficmanager.net/emea/",
        "https://evil.trafficmanager.net/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evilteams.microsoft.com.example/",
        "https://smba.trafficmanager.net:8443/",
        "https://user:word@smba.trafficmanager.net/",
        "https://evil.example\\@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/#",
        "https://smba.trafficmanager.net\t.evil.example/",
        "https://smba.trafficmanager.net:x/",
        "https://127.0.0.1/",
        "http://127.0.0.1:3978/",
        "file:///etc/passwd",
        "https://ſmba.trafficmanager.net/",
    ],
)
def test_an_address_that_only_looks_like_one_is_none(url: str) -> None:
    assert not CLOUDS["public"].is_service(url)
    assert not CLOUDS["public"].is_file(url)


def test_a_stand_in_is_believed_on_this_machine_alone() -> None:
    there = _at(CLOUDS["public"], "http://127.0.0.1:3978")
    assert there.is_service("http://127.0.0.1:3978/emea/")
    assert not there.is_service("http://127.0.0.1:3979/emea/")
    assert not there.is_service("https://127.0.0.1:3978/emea/")
    elsewhere = _at(CLOUDS["public"], "http://stand-in.example:3978")
    assert not elsewhere.is_service("http://stand-in.example:3978/emea/")


def test_files_go_to_the_stores_of_the_cloud() -> None:
    assert CLOUDS["public"].is_file("https://example-my.sharepoint.com/personal/x/_api/v2.0/upload?a=b")
    assert not CLOUDS["usgov"].is_file("https://example-my.sharepoint.com/personal/x")
