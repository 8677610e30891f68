"""The Bot Connector: the calls that it answers, and those that it refuses."""

import asyncio

import aiohttp
import pytest

from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.local_teams.ids import thread_id
from infra.sandbox.tests.slack.hand_clock import HandClock
from infra.sandbox.tests.teams.connector_client import ConnectorClient, Json
from infra.sandbox.tests.teams.sample_bot import attached, card, text

FACTS = [attached(card(text("A card")))]


def channel(teams: LocalTeams, name: str = "approvals") -> str:
    return teams.tenant.channel(name).id


def chat(teams: LocalTeams, name: str = "ada") -> str:
    return teams.tenant.chat(teams.tenant.person(name)).id


def code(answer: tuple[int, Json]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


async def test_a_message_is_posted_replaced_and_deleted(teams: LocalTeams, client: ConnectorClient) -> None:
    status, posted = await client.send(chat(teams), text="*one*", textFormat="plain")
    assert status == 201
    ada = teams.person("ada")
    assert (await ada.sees("one")).text() == "*one*"
    path = f"conversations/{chat(teams)}/activities/{posted['id']}"
    replaced = await client.call("PUT", path, {"type": "message", "attachments": FACTS})
    assert replaced == (200, {"id": posted["id"]})
    assert [each.text() for each in ada.reads()] == ["A card"]
    assert (await client.call("DELETE", path))[0] == 200
    assert ada.reads() == []
    gone = await client.call("PUT", path, {"type": "message", "text": "again"})
    assert code(gone) == (404, "ActivityNotFoundInConversation")


async def test_a_line_in_a_thread_stands_under_its_root(teams: LocalTeams, client: ConnectorClient) -> None:
    _, root = await client.send(channel(teams), text="root")
    _, line = await client.send(f"{channel(teams)};messageid={root['id']}", text="line")
    await client.send(f"{channel(teams)};messageid={line['id']}", text="deeper")
    seen = await teams.person("bob").sees("root", channel="approvals")
    assert [each.text() for each in seen.replies()] == ["line", "deeper"]
    nowhere = await client.send(f"{channel(teams)};messageid=1", text="line")
    assert code(nowhere) == (404, "ActivityNotFoundInConversation")


async def test_text_and_card_in_one_activity_are_split_and_no_id_comes_back(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    assert await client.send(chat(teams), text="both", attachments=FACTS) == (201, {})
    assert [each.text() for each in teams.person("ada").reads()] == ["both", "A card"]


async def test_nobody_gets_in_without_a_token_that_was_given_here(teams: LocalTeams, client: ConnectorClient) -> None:
    path = f"conversations/{chat(teams)}/activities"
    for token in ("", "not one of ours"):
        client.token = token
        status, said, _ = await client.whole_call("POST", path, {"type": "message", "text": "x"})
        assert code((status, said)) == (401, "Unauthorized")
    await client.log_in()
    teams.login.forget()
    assert (await client.whole_call("POST", path, {"type": "message", "text": "x"}))[0] == 401


async def test_who_is_not_there_is_refused_with_the_right_code(teams: LocalTeams, client: ConnectorClient) -> None:
    tenant = teams.tenant
    assert code(await client.send("19:nowhere@thread.tacv2", text="x")) == (404, "ConversationNotFound")
    assert code(await client.send(thread_id("Elsewhere"), text="x")) == (403, "BotNotInConversationRoster")
    assert code(await client.send(chat(teams, "carol"), text="x")) == (403, "BotNotInConversationRoster")
    tenant.person("ada").blocked = True
    assert code(await client.send(chat(teams), text="x")) == (403, "ConversationBlockedByUser")
    tenant.person("bob").left = True
    assert code(await client.send(chat(teams, "bob"), text="x")) == (403, "MessageWritesBlocked")
    tenant.team("Platform").archived = True
    assert code(await client.send(channel(teams), text="x")) == (403, "MessageWritesBlocked")
    tenant.app.disabled_by_admin = True
    assert code(await client.send(channel(teams), text="x")) == (403, "BotDisabledByAdmin")
    assert [each.code for each in teams.calls.refused()][-1] == "BotDisabledByAdmin"


async def test_100_kb_of_utf_16_are_too_much(teams: LocalTeams, client: ConnectorClient) -> None:
    assert (await client.send(chat(teams), text="x" * 51_000))[0] == 201
    assert code(await client.send(chat(teams), text="x" * 51_200)) == (413, "MessageSizeTooBig")


@pytest.mark.parametrize(
    "activity",
    [
        {"attachments": [attached(card({"type": "Marquee"}))]},
        {"attachments": [attached(card({"type": "TextBlock", "text": "x", "blinks": True}))]},
        {"attachments": [attached(card(text("x", size="huge")))]},
        {"attachments": [attached(card(text("x"), version="2.0"))]},
        {"attachments": [{"contentType": "application/vnd.microsoft.card.hero", "content": {}}]},
        {"summary": "nothing but a summary"},
        {"type": "trace"},
    ],
)
async def test_a_message_that_teams_cannot_use_is_refused(
    teams: LocalTeams, client: ConnectorClient, activity: Json
) -> None:
    status, said = await client.send(chat(teams), **activity)
    assert status == 400, said
    assert teams.person("ada").reads() == []


async def test_another_ones_message_is_not_the_bots_to_change(teams: LocalTeams, client: ConnectorClient) -> None:
    ada = teams.tenant.person("ada")
    hers = teams.tenant.messages.post(chat(teams), ada.mri, text="mine")
    path = f"conversations/{chat(teams)}/activities/{hers.id}"
    assert code(await client.call("PUT", path, {"type": "message", "text": "no, mine"})) == (403, "Forbidden")
    assert code(await client.call("DELETE", path)) == (403, "Forbidden")


async def test_a_message_for_one_person_alone_is_refused_where_teams_has_none(
    teams: LocalTeams, client: ConnectorClient, clock: HandClock
) -> None:
    async def target(place: str, name: str) -> tuple[int, Json]:
        body = {"type": "message", "text": "psst", "recipient": {"id": teams.tenant.person(name).aad_object_id}}
        return await client.call("POST", f"conversations/{place}/activities", body, isTargetedActivity="true")

    status, posted = await target(channel(teams), "bob")
    assert status == 201
    assert teams.person("ada").reads("approvals") == []
    path = f"conversations/{channel(teams)}/activities/{posted['id']}"
    changed = {"type": "message", "text": "pssst"}
    assert (await client.call("PUT", path, changed, isTargetedActivity="true"))[0] == 200
    assert (await client.call("PUT", path, changed))[0] == 404
    assert code(await target(channel(teams), "carol")) == (404, "MemberNotFoundInConversation")
    assert code(await target(chat(teams), "ada")) == (400, "BadArgument")
    clock.now += 24 * 3600 + 1
    assert (await client.call("PUT", path, changed, isTargetedActivity="true"))[0] == 404
    teams.tenant.app.targeted_messages = False
    assert code(await target(channel(teams), "bob")) == (400, "BadArgument")


async def test_two_at_once_on_one_conversation_are_one_too_many(teams: LocalTeams, client: ConnectorClient) -> None:
    await client.log_in()
    fault = teams.faults.add("sendActivity", hang=True, conversation=chat(teams))
    first = asyncio.ensure_future(client.send(chat(teams), text="one"))
    await teams.tenant.changes.until(lambda: fault.hits or None, within=60, otherwise=lambda: "never hung")
    assert code(await client.send(chat(teams), text="two")) == (412, "PreconditionFailed")
    assert (await client.send(channel(teams), text="elsewhere"))[0] == 201
    fault.remove()
    with pytest.raises(aiohttp.ClientError):
        await first
    assert (await client.send(chat(teams), text="three"))[0] == 201


async def test_too_many_in_a_second_are_told_when_to_come_back(teams: LocalTeams, client: ConnectorClient) -> None:
    teams.enforce_rate_limits()
    await client.log_in()
    for number in range(7):
        assert (await client.send(chat(teams), text=str(number)))[0] == 201
    path = f"conversations/{chat(teams)}/activities"
    status, said, headers = await client.whole_call("POST", path, {"type": "message", "text": "x"})
    assert code((status, said)) == (429, "Throttled")
    assert int(headers["Retry-After"]) >= 1
    assert (await client.send(channel(teams), text="another conversation"))[0] == 201


async def test_a_chat_begins_by_mri_or_object_id_with_whom_the_app_reaches(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    tenant = teams.tenant

    async def begin(member: str, tenant_id: str = tenant.tenant_id) -> tuple[int, Json]:
        return await client.call("POST", "conversations", {"members": [{"id": member}], "tenantId": tenant_id})

    ada, bob, carol, olga = (tenant.person(name) for name in ("ada", "bob", "carol", "olga"))
    assert await begin(ada.mri) == (201, {"id": chat(teams), "serviceUrl": teams.service_url})
    assert (await begin(bob.aad_object_id))[1]["id"] == chat(teams, "bob")
    assert code(await begin(carol.mri)) == (403, "BotNotInConversationRoster")
    assert code(await begin(olga.mri)) == (403, "BotNotInConversationRoster")
    assert code(await begin("29:nobody")) == (400, "BadArgument")
    assert code(await begin(ada.mri, "another tenant")) == (400, "BadArgument")


async def test_a_thread_begins_in_a_channel(teams: LocalTeams, client: ConnectorClient) -> None:
    data = {"tenant": {"id": teams.tenant.tenant_id}, "channel": {"id": channel(teams)}}
    body = {"isGroup": True, "channelData": data, "activity": {"type": "message", "text": "root"}}
    status, begun = await client.call("POST", "conversations", body)
    assert (status, begun["id"]) == (201, f"{channel(teams)};messageid={begun['activityId']}")
    await client.send(begun["id"], text="line")
    seen = await teams.person("ada").sees("root")
    assert [each.text() for each in seen.replies()] == ["line"]


async def test_members_are_told_by_each_of_their_ids_with_tenant_and_role(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    gus, olga = teams.tenant.person("gus"), teams.tenant.person("olga")
    for name in (gus.mri, gus.aad_object_id, gus.user_principal_name.replace("#", "%23")):
        status, told = await client.call("GET", f"conversations/{channel(teams)}/members/{name}")
        assert (status, told["userRole"], told["aadObjectId"]) == (200, "guest", gus.aad_object_id)
    there = f"conversations/{channel(teams, 'partners')}/members/{olga.mri}"
    assert (await client.call("GET", there))[1]["tenantId"] == olga.tenant_id
    absent = await client.call("GET", f"conversations/{channel(teams)}/members/{olga.mri}")
    assert code(absent) == (404, "MemberNotFoundInConversation")
    alone = await client.call("GET", f"conversations/{chat(teams)}/members/{gus.mri}")
    assert code(alone) == (404, "MemberNotFoundInConversation")


async def test_members_come_in_pages(teams: LocalTeams, client: ConnectorClient) -> None:
    for number in range(60):
        teams.tenant.team("Platform").members.append(teams.tenant.add_person(f"p{number}"))
    path = f"conversations/{channel(teams)}/pagedMembers"
    _, first = await client.call("GET", path, pageSize="50")
    _, last = await client.call("GET", path, pageSize="50", continuationToken=first["continuationToken"])
    assert (len(first["members"]), len(last["members"])) == (50, 13)
    assert "continuationToken" not in last


async def test_a_team_and_its_channels_are_told_where_the_bot_is(teams: LocalTeams, client: ConnectorClient) -> None:
    team = teams.tenant.team("Platform")
    _, told = await client.call("GET", f"teams/{team.id}")
    assert (told["name"], told["memberCount"], told["channelCount"]) == ("Platform", 3, 3)
    _, listed = await client.call("GET", f"teams/{team.id}/conversations")
    assert [(each["name"], each["type"]) for each in listed["conversations"]] == [
        (None, "standard"),
        ("approvals", "standard"),
        ("partners", "shared"),
    ]
    elsewhere = await client.call("GET", f"teams/{thread_id('Elsewhere')}")
    assert code(elsewhere) == (403, "BotNotInConversationRoster")
    assert (await client.call("GET", "teams/19:nowhere@thread.tacv2"))[0] == 404


async def test_a_conversation_that_moved_is_at_its_new_address_alone(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    teams.team_changes.move(teams.tenant.chat(teams.tenant.person("ada")), "amer")
    assert code(await client.send(chat(teams), text="x")) == (404, "ConversationNotFound")
    client.service_url = f"{teams.url}/amer/"
    assert (await client.send(chat(teams), text="x"))[0] == 201
