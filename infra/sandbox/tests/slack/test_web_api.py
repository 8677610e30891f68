"""The Web API over real HTTP, with Slack's own client: what is refused, what is paged, what is kept."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from infra.sandbox.slack import LocalSlack
from infra.sandbox.tests.slack.hand_clock import HandClock
from infra.sandbox.tests.slack.sample_app import card, form, plain

Json = dict[str, Any]
MODAL: Json = {"type": "modal", "title": plain("Title"), "blocks": []}
HOME: Json = {"type": "home", "blocks": []}

REFUSALS: list[tuple[str, Json, str]] = [
    ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "C0PRIVATE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "C0ELSEWHERE", "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": "C0ARCHIVE", "text": "x"}, "is_archived"),
    ("chat.postMessage", {"channel": "C0GENERAL"}, "no_text"),
    ("chat.postMessage", {"channel": "C0GENERAL", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
    ("chat.postMessage", {"channel": "C0GENERAL", "blocks": [{"type": "x"}]}, "invalid_blocks"),
    ("chat.postMessage", {"channel": "C0GENERAL", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
    ("chat.postMessage", {"channel": "C0GENERAL", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
    ("chat.postMessage", {"channel": "C0GENERAL", "markdown_text": "x" * 12_001}, "msg_too_long"),
    ("chat.postMessage", {"channel": "USLACKBOT", "text": "x"}, "cannot_dm_bot"),
    ("chat.postMessage", {"channel": "{carol}", "text": "x"}, "user_disabled"),
    ("chat.update", {"channel": "C0GENERAL", "ts": "1.1", "text": "x"}, "message_not_found"),
    ("chat.delete", {"channel": "C0GENERAL", "ts": "1.1"}, "message_not_found"),
    ("chat.postEphemeral", {"channel": "C0APPROVALS", "user": "{ada}", "text": "x"}, "user_not_in_channel"),
    ("chat.postEphemeral", {"channel": "C0GENERAL", "user": "U0", "text": "x"}, "user_not_found"),
    ("chat.getPermalink", {"channel": "C0GENERAL", "message_ts": "1.1"}, "message_not_found"),
    ("conversations.info", {"channel": "C0PRIVATE"}, "channel_not_found"),
    ("conversations.members", {"channel": "C0GENERAL", "cursor": "nonsense"}, "invalid_cursor"),
    ("conversations.members", {"channel": "C0GENERAL", "limit": "many"}, "invalid_arguments"),
    ("conversations.history", {"channel": "C0ELSEWHERE"}, "not_in_channel"),
    ("conversations.replies", {"channel": "C0GENERAL", "ts": "1.1"}, "thread_not_found"),
    ("conversations.join", {"channel": "C0ARCHIVE"}, "is_archived"),
    ("conversations.open", {"users": "USLACKBOT"}, "cannot_dm_bot"),
    ("conversations.open", {"users": "{carol}"}, "user_disabled"),
    ("conversations.open", {"users": "U0"}, "user_not_found"),
    ("conversations.open", {}, "users_list_not_supplied"),
    ("conversations.list", {"types": "secret"}, "invalid_types"),
    ("users.info", {"user": "U0"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
    ("users.lookupByEmail", {"email": "carol@example.com"}, "users_not_found"),
    ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
    ("views.open", {"trigger_id": "1.2.x", "view": MODAL}, "invalid_trigger_id"),
    ("views.open", {"trigger_id": "1.2.x", "view": {}}, "invalid_arguments"),
    ("views.open", {"view": MODAL}, "invalid_arguments"),
    ("views.open", {"trigger_id": "1.2.x", "view": HOME}, "invalid_arguments"),
    ("views.update", {"view_id": "V0", "view": MODAL}, "not_found"),
    ("views.update", {"view": MODAL}, "invalid_arguments"),
    ("views.publish", {"user_id": "U0", "view": HOME}, "user_not_found"),
    ("views.publish", {"user_id": "{ada}", "view": MODAL}, "invalid_arguments"),
    ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
    ("apps.connections.open", {}, "not_allowed_token_type"),
    ("chat.shout", {}, "unknown_method"),
]


async def refusal(client: AsyncWebClient, method: str, arguments: Json) -> Any:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, json=arguments)
    return refused.value.response


@pytest.mark.parametrize(("method", "arguments", "code"), REFUSALS)
async def test_what_slack_refuses_is_refused_with_its_code(
    slack: LocalSlack, client: AsyncWebClient, method: str, arguments: Json, code: str
) -> None:
    ids = {f"{{{each.name}}}": each.id for each in slack.workspace.users.values()}
    named = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
    answer = await refusal(client, method, named)
    assert answer["error"] == code
    assert slack.calls.refused()[-1].error == code


async def test_a_refused_block_is_named_by_its_place(client: AsyncWebClient, slack: LocalSlack) -> None:
    del slack
    blocks = [{"type": "section", "text": plain("")}]
    answer = await refusal(client, "chat.postMessage", {"channel": "C0GENERAL", "blocks": blocks})
    place = "must be more than 0 characters [json-pointer:/blocks/0/text/text]"
    assert answer["errors"] == [place]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {place}"]


async def test_nobody_calls_without_a_good_token(slack: LocalSlack) -> None:
    for token, code in [(None, "not_authed"), ("xoxb-other", "invalid_auth")]:
        stranger = AsyncWebClient(token=token, base_url=slack.api_url)
        assert (await refusal(stranger, "auth.test", {}))["error"] == code


async def test_a_form_with_the_token_inside_is_understood_too(slack: LocalSlack) -> None:
    form_body = {"token": "xoxb-pig", "channel": "C0GENERAL", "blocks": '[{"type": "divider"}]', "text": "hi"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.api_url}chat.postMessage", data=form_body) as answer,
    ):
        said = await answer.json()
    assert said["ok"]
    assert "token" not in slack.calls.named("chat.postMessage")[0].arguments


async def test_a_missing_scope_is_named_and_emails_are_hidden_without_theirs(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    slack.app().scopes = frozenset({"users:read", "channels:read"})
    assert (await client.auth_test()).headers["X-OAuth-Scopes"] == "channels:read,users:read"
    answer = await refusal(client, "users.lookupByEmail", {"email": "ada@example.com"})
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read.email")
    assert answer["provided"] == "channels:read,users:read"
    ada = slack.workspace.user("ada")
    assert "email" not in (await client.users_info(user=ada.id))["user"]["profile"]
    private = slack.workspace.add_channel("team", [slack.app()], kind="private")
    assert (await refusal(client, "conversations.info", {"channel": private.id}))["needed"] == "groups:read"


async def test_people_are_found_by_email_whatever_its_case(client: AsyncWebClient, slack: LocalSlack) -> None:
    found = await client.users_lookupByEmail(email="bob@EXAMPLE.com")
    assert found["user"]["id"] == slack.workspace.user("bob").id
    assert found["user"]["is_email_confirmed"]


async def test_every_list_is_paged(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.workspace.page_most = 2
    for number in range(3):
        await client.chat_postMessage(channel="C0GENERAL", text=f"{number}")
    assert len(await _all(client, "users.list", "members")) == len(slack.workspace.users)
    assert len(await _all(client, "conversations.list", "channels")) == 4
    assert len(await _all(client, "conversations.members", "members", channel="C0GENERAL")) == 3
    said = await _all(client, "conversations.history", "messages", channel="C0GENERAL")
    assert [each["text"] for each in said] == ["2", "1", "0"]


async def _all(client: AsyncWebClient, method: str, name: str, **arguments: Any) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        answer = await client.api_call(method, params={"cursor": cursor, "limit": 50, **arguments})
        assert len(answer[name]) <= 2
        found += answer[name]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return found


async def test_messages_are_posted_edited_threaded_and_deleted(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="#general", text="one", blocks=card("one"))
    root = posted["ts"]
    await client.chat_postMessage(channel="C0GENERAL", text="reply", thread_ts=root)
    await client.chat_update(channel="C0GENERAL", ts=root, text="only the text")
    kept = (await client.conversations_replies(channel="C0GENERAL", ts=root))["messages"]
    assert [each["text"] for each in kept] == ["only the text", "reply"]
    assert kept[0]["blocks"][0]["text"]["text"] == "one"
    link = (await client.chat_getPermalink(channel="C0GENERAL", message_ts=root))["permalink"]
    assert link == f"https://example.slack.com/archives/C0GENERAL/p{root.replace('.', '')}"
    await client.chat_delete(channel="C0GENERAL", ts=root)
    assert (await refusal(client, "chat.update", {"channel": "C0GENERAL", "ts": root, "text": "x"}))[
        "error"
    ] == "message_not_found"
    assert len(slack.person("ada").reads("general")) == 1


async def test_an_app_updates_its_own_messages_only_and_no_ephemeral_ones(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    ada = slack.person("ada")
    await ada.types("mine")
    theirs = {"channel": "C0GENERAL", "ts": ada.reads()[0].message.ts, "text": "x"}
    assert (await refusal(client, "chat.update", theirs))["error"] == "cant_update_message"
    assert (await refusal(client, "chat.delete", theirs))["error"] == "cant_delete_message"
    private = await client.chat_postEphemeral(channel="C0GENERAL", user=ada.user.id, text="psst")
    its = {"channel": "C0GENERAL", "ts": private["message_ts"], "text": "x"}
    assert (await refusal(client, "chat.update", its))["error"] == "message_not_found"
    posted = await client.chat_postMessage(channel="C0GENERAL", text="mine")
    long = {"channel": "C0GENERAL", "ts": posted["ts"], "text": "x" * 4001}
    assert (await refusal(client, "chat.update", long))["error"] == "msg_too_long"


async def test_a_direct_conversation_is_one_and_the_same(slack: LocalSlack, client: AsyncWebClient) -> None:
    ada = slack.workspace.user("ada")
    opened = await client.conversations_open(users=ada.id)
    posted = await client.chat_postMessage(channel=ada.id, text="hello")
    assert posted["channel"] == opened["channel"]["id"]
    assert (await client.conversations_info(channel=posted["channel"]))["channel"]["user"] == ada.id


async def test_a_trigger_opens_one_view_within_three_seconds(
    slack: LocalSlack, client: AsyncWebClient, clock: HandClock
) -> None:
    ada = slack.workspace.user("ada")
    first, late = (slack.workspace.tickets.trigger("A0PIG", ada.id).id for _ in range(2))
    opened = await client.views_open(trigger_id=first, view=form())
    assert opened["view"]["state"]["values"]["reason"]["reason"] == {"type": "plain_text_input", "value": None}
    again = await refusal(client, "views.open", {"trigger_id": first, "view": form()})
    assert again["error"] == "exchanged_trigger_id"
    clock.now += 3.5
    expired = await refusal(client, "views.open", {"trigger_id": late, "view": form()})
    assert expired["error"] == "expired_trigger_id"


async def test_a_stale_hash_conflicts_and_a_closed_view_is_not_found(slack: LocalSlack, client: AsyncWebClient) -> None:
    ada = slack.person("ada")
    trigger = slack.workspace.tickets.trigger("A0PIG", ada.user.id).id
    view = (await client.views_open(trigger_id=trigger, view=form()))["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view=form("1111"))
    stale = {"view_id": view["id"], "hash": view["hash"], "view": form()}
    assert (await refusal(client, "views.update", stale))["error"] == "hash_conflict"
    await (await ada.modal()).close()
    gone = {"view_id": view["id"], "view": form()}
    assert (await refusal(client, "views.update", gone))["error"] == "not_found"
    first = await client.views_publish(user_id=ada.user.id, view=HOME)
    await client.views_publish(user_id=ada.user.id, view=HOME, hash=first["view"]["hash"])
    late = {"user_id": ada.user.id, "view": HOME, "hash": first["view"]["hash"]}
    assert (await refusal(client, "views.publish", late))["error"] == "hash_conflict"


async def test_modals_stack_three_high(slack: LocalSlack, client: AsyncWebClient) -> None:
    ada = slack.person("ada")
    tickets = slack.workspace.tickets
    root = (await client.views_open(trigger_id=tickets.trigger("A0PIG", ada.user.id).id, view=MODAL))["view"]
    for _ in range(2):
        trigger = tickets.trigger("A0PIG", ada.user.id, root["id"]).id
        pushed = (await client.views_push(trigger_id=trigger, view=MODAL))["view"]
        assert pushed["root_view_id"] == root["id"]
    trigger = tickets.trigger("A0PIG", ada.user.id, root["id"]).id
    fourth = await refusal(client, "views.push", {"trigger_id": trigger, "view": MODAL})
    assert fourth["error"] == "push_limit_reached"
    await ada.modals()[-1].close()
    assert len(ada.modals()) == 2
    await ada.modals()[-1].close(whole_stack=True)
    assert ada.modals() == []


async def test_a_file_is_uploaded_and_shared(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(
        filename="audit.csv", content="id,who\nR-1,ada\n", channel="C0GENERAL", initial_comment="The audit"
    )
    seen = await slack.person("ada").sees("[file: audit.csv]")
    assert "The audit" in seen.text()
    assert next(iter(slack.workspace.files.values())).content == b"id,who\nR-1,ada\n"


async def test_user_groups_are_listed(slack: LocalSlack, client: AsyncWebClient) -> None:
    group = slack.workspace.add_user_group("leads", "Leads", ["bob"])
    listed = await client.usergroups_list(include_users=True)
    bob = slack.workspace.user("bob").id
    assert listed["usergroups"][0]["users"] == [bob]
    assert (await client.usergroups_users_list(usergroup=group.id))["users"] == [bob]


async def test_a_response_url_lives_five_uses_or_half_an_hour(slack: LocalSlack, clock: HandClock) -> None:
    ada = slack.workspace.user("ada")
    used, expired = (slack.workspace.tickets.response("A0PIG", ada.id, "C0GENERAL") for _ in range(2))
    async with aiohttp.ClientSession() as session:

        async def answer(secret: str, body: Json) -> tuple[int, str]:
            async with session.post(f"{slack.url}/commands/T0TEAM/{secret}", json=body) as said:
                return said.status, await said.text()

        assert await answer(used.secret, {"blocks": [{"type": "x"}]}) == (400, "invalid_blocks")
        assert await answer(used.secret, {}) == (500, "no_text")
        assert await answer(used.secret, {"text": "for all", "response_type": "in_channel"}) == (200, "ok")
        for _ in range(2):
            assert await answer(used.secret, {"text": "hi"}) == (200, "ok")
        assert await answer(used.secret, {"text": "hi"}) == (404, "used_url")
        clock.now += 30 * 60 + 1
        assert await answer(expired.secret, {"text": "hi"}) == (404, "expired_url")
    assert len(await slack.person("ada").ephemerals()) == 2
    assert [each.text() for each in slack.person("bob").reads()] == ["for all"]
