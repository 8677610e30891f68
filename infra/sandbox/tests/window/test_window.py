"""The window over HTTP, without a browser: who is let in, what is done, what changes."""

import asyncio
import html
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from infra.sandbox.company import PAYMENTS_PROD
from infra.sandbox.slack.model import File
from infra.sandbox.tests.window.conftest import FakeBot
from infra.sandbox.window import WindowServices
from infra.sandbox.window.page import Page
from infra.sandbox.window.people import APPROVE, ASK, OTHER, WATCH, People
from infra.sandbox.window.shared_state import SharedState


def origin_of(window: aiohttp.ClientSession) -> str:
    return str(window._base_url).rstrip("/")


async def run_of(window: aiohttp.ClientSession) -> str:
    async with window.get("/as/ada/c/C0GENERAL") as response:
        return (await response.text()).split('data-run="')[1].split('"')[0]


async def does(
    window: aiohttp.ClientSession, who: str, act: str, body: object, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    given = {"Origin": origin_of(window), "X-Sandbox-Run": await run_of(window), **(headers or {})}
    async with window.post(f"/as/{who}/do/{act}", json=body, headers=given) as response:
        text = await response.text()
        return response.status, json.loads(text) if response.content_type == "application/json" else {"text": text}


async def test_the_front_page_leads_to_the_first_who_may_ask(window: aiohttp.ClientSession) -> None:
    async with window.get("/") as response:
        page = await response.text()

    assert response.url.path == "/as/ada/c/C0GENERAL"
    assert "Try this" in page
    assert "Open a second window as Bob Kahn" in page


@pytest.mark.parametrize("path", ["/", "/as/ada/c/C0GENERAL", "/as/ada/home", "/static/window.js", "/nothing"])
async def test_every_answer_forbids_what_is_not_its_own(window: aiohttp.ClientSession, path: str) -> None:
    async with window.get(path) as response:
        policy = response.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.test"}, 421),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"X-Sandbox-Run": "older"}, 409),
    ],
)
async def test_another_site_or_an_old_window_does_nothing(
    window: aiohttp.ClientSession, services: WindowServices, headers: dict[str, str], status: int
) -> None:
    answered, _ = await does(window, "ada", "say", {"channel": "C0GENERAL", "text": "hello"}, headers)

    assert answered == status
    assert services.slack.workspace.messages.in_channel("C0GENERAL") == []


async def test_another_site_hears_nothing(window: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await window.ws_connect("/as/ada/live/home", origin="https://evil.test")


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("say", {"channel": "C0AUDIT", "text": "hello"}, 410),
        ("say", {"channel": "C0NOWHERE", "text": "hello"}, 410),
        ("say", {"channel": "C0GENERAL", "text": "  "}, 410),
        ("submit", {"view": "V1"}, 410),
        ("press", {"channel": "C0GENERAL", "ts": "1.1", "block": "b", "action": "a"}, 410),
        ("put", {"view": "V1", "fields": "no list"}, 410),
        ("clock", {"minutes": -15}, 400),
        ("clock", {"to": "next"}, 400),
        ("trouble", {"switch": "earthquake"}, 400),
        ("dance", {}, 404),
        ("say", ["no", "object"], 400),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    window: aiohttp.ClientSession, act: str, body: object, status: int
) -> None:
    answered, told = await does(window, "ada", act, body)

    assert answered == status
    assert told["sentence"].endswith(".")


async def test_nobody_presses_a_button_that_they_cannot_see(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    workspace = services.slack.workspace
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    message = workspace.messages.post(
        "C0PAYMENTS",
        "U0TEAMBOT",
        blocks=[{"type": "actions", "block_id": "b", "elements": [button]}],
        app_id="A0TEAMBOT",
    )
    pressed = {"channel": "C0PAYMENTS", "ts": message.ts, "block": "b", "action": "go"}

    assert await does(window, "ada", "press", pressed) == (410, {"sentence": "Join the channel first."})
    assert services.slack.deliveries == []
    assert (await does(window, "bob", "press", pressed))[0] == 200
    assert [each.app_call.payload["user"]["id"] for each in services.slack.deliveries] == ["U0BOB"]


async def test_a_public_channel_is_looked_into_and_joined_but_not_by_guests(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    async with window.get("/as/ada/c/C0PAYMENTS") as looked:
        assert "Join it" in await looked.text()
    async with window.get("/as/ivan/c/C0PAYMENTS") as refused:
        assert refused.status == 404

    assert (await does(window, "ivan", "join", {"channel": "C0PAYMENTS"}))[0] == 410
    assert (await does(window, "ada", "join", {"channel": "C0AUDIT"}))[0] == 410
    assert (await does(window, "ada", "join", {"channel": "C0PAYMENTS"}))[0] == 200

    assert {"U0ADA", "U0IVAN"} & set(services.slack.workspace.channels["C0PAYMENTS"].members) == {"U0ADA"}
    async with window.get("/as/ada/c/C0PAYMENTS") as joined:
        assert "Join it" not in await joined.text()


async def test_a_channel_is_for_its_members(window: aiohttp.ClientSession) -> None:
    async with window.get("/as/ada/c/C0AUDIT") as response:
        page = await response.text()

    assert response.status == 404
    assert "Ada Lovelace is not in this conversation" in page


async def test_a_file_is_for_those_it_was_shared_with_and_is_always_saved(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    file = File(
        "F1", 'export";\r\nX: <b>.csv', 5, "U0TEAMBOT", content=b"<b>hi", channel_ids=["C0AUDIT"], complete=True
    )
    services.slack.workspace.files["F1"] = file

    async with window.get("/as/ada/files/F1") as refused:
        assert refused.status == 404
    async with window.get("/as/erin/files/F1") as given:
        assert await given.read() == b"<b>hi"
    assert given.headers["Content-Disposition"] == 'attachment; filename="export____X_ _b_.csv"'
    assert given.content_type == "application/octet-stream"
    assert "sandbox" in given.headers["Content-Security-Policy"]


async def test_a_message_comes_to_every_open_window_and_marks_where_it_is_unread(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    origin = origin_of(window)
    async with (
        window.ws_connect("/as/ada/live/c/C0GENERAL", origin=origin) as here,
        window.ws_connect("/as/bob/live/c/C0RANDOM", origin=origin) as elsewhere,
    ):
        await until_parts(here, "talk")
        await until_parts(elsewhere, "sidebar")
        services.slack.workspace.messages.post("C0GENERAL", "U0CAROL", "fresh &lt;news&gt;")

        assert "fresh &lt;news&gt;" in (await until_parts(here, "talk"))["talk"]
        assert "unread" in (await until_parts(elsewhere, "sidebar"))["sidebar"]


def open_modal(services: WindowServices, title: str) -> None:
    """Open a small modal of the app for Ada."""
    payload = {
        "type": "modal",
        "title": {"type": "plain_text", "text": title},
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Hello"}}],
    }
    services.slack.workspace.views.open(services.slack.app(), services.slack.workspace.user("ada").id, payload)


async def test_a_window_shows_no_form_that_was_open_before_it_and_every_later_one(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    open_modal(services, "Left open")
    async with window.get("/as/ada/c/C0GENERAL") as response:
        page = await response.text()
    assert "Left open" not in page
    live = html.unescape(page.split('data-live="')[1].split('"')[0])
    async with window.ws_connect(live, origin=origin_of(window)) as here:
        assert "Left open" not in (await until_parts(here, "modal"))["modal"]
        open_modal(services, "Asked for now")
        assert "Asked for now" in (await until_parts(here, "modal"))["modal"]


async def test_the_clock_says_that_it_does_not_know_what_is_due_while_the_bot_is_down(
    services: WindowServices, bot: FakeBot
) -> None:
    async def nothing() -> None:
        return None

    shared = SharedState(replace(services, next_event=nothing))
    page = Page(shared, shared.people.first(ASK), None)
    assert "Nothing is due." in page.part("clock")

    await bot.kill()
    assert "Nothing is due." not in page.part("clock")
    assert "The bot is down" in page.part("clock")


async def until_parts(socket: aiohttp.ClientWebSocketResponse, part: str) -> dict[str, str]:
    async with asyncio.timeout(60):
        while True:
            told = await socket.receive_json()
            if part in told.get("parts", {}):
                return dict(told["parts"])


async def test_trouble_is_switched_on_shown_and_lifted(window: aiohttp.ClientSession, services: WindowServices) -> None:
    for name in ("aws-slow", "aws-throttled", "aws-down", "slack-limited"):
        assert (await does(window, "ada", "trouble", {"switch": name, "on": True}))[0] == 200
    assert {each.kind for each in services.aws.faults.all()} == {"latency", "throttled", "refused"}
    assert services.slack.faults.strike("chat.postMessage", {}) is not None
    async with window.get("/as/bob/home") as response:
        page = await response.text()
    assert page.count('aria-checked="true"') == 4

    for name in ("aws-slow", "aws-throttled", "aws-down", "slack-limited"):
        await does(window, "ada", "trouble", {"switch": name, "on": False})
    assert services.aws.faults.all() == []
    assert services.slack.faults.strike("chat.postMessage", {}) is None


async def test_trouble_that_somebody_else_lifted_is_off(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    await does(window, "ada", "trouble", {"switch": "aws-down", "on": True})
    services.aws.up()

    async with window.get("/as/ada/home") as response:
        assert 'aria-checked="true"' not in await response.text()


async def test_the_bot_is_killed_started_and_may_fail_to_start(window: aiohttp.ClientSession, bot: FakeBot) -> None:
    await does(window, "ada", "bot", {"run": False})
    assert not bot.is_running
    bot.refuses = True
    status, told = await does(window, "ada", "bot", {"run": True})
    assert (status, "did not start" in told["sentence"]) == (410, True)

    bot.refuses = False
    await does(window, "ada", "bot", {"run": True})
    assert bot.is_running


async def test_nobody_is_asked_to_start_a_bot_that_is_on_its_way(window: aiohttp.ClientSession, bot: FakeBot) -> None:
    bot.is_running, bot.is_starting = False, True

    async with window.get("/as/ada/home") as response:
        page = await response.text()

    assert "The bot is starting." in page
    assert "The bot is down" not in page
    assert "Start it" not in page


async def test_a_sandbox_that_prepares_itself_takes_no_trouble(
    window: aiohttp.ClientSession, services: WindowServices, bot: FakeBot
) -> None:
    """It stores its policies by asking AWS, and would end with an error."""
    services.demo.is_preparing = True

    answers = [
        await does(window, "ada", "trouble", {"switch": "aws-down", "on": True}),
        await does(window, "ada", "bot", {"run": False}),
    ]

    assert answers == [(410, {"sentence": "The sandbox is still starting. Give it a few seconds."})] * 2
    assert (services.aws.faults.all(), bot.is_running) == ([], True)
    async with window.get("/as/ada/home") as response:
        assert "The bot is starting." in await response.text()


@pytest.mark.parametrize("policies", ["", "- a list", "eligibility: [1, {groups: 2}]", "{broken", "settings: none"])
def test_people_are_there_whatever_the_policies_are(services: WindowServices, tmp_path: Path, policies: str) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(policies)

    people = People(services.company, file)

    assert {each.group for each in people.all} == {OTHER}
    assert people.first(ASK) is people.all[0]


def test_people_are_introduced_by_what_they_may_do(services: WindowServices) -> None:
    people = People(services.company, services.policies)
    groups = {each.name: each.group for each in people.all}

    assert {name: groups[name] for name in ("ada", "bob", "erin", "frank", "ivan", "judy")} == {
        "ada": ASK,
        "bob": APPROVE,
        "erin": WATCH,
        "frank": WATCH,
        "ivan": OTHER,
        "judy": OTHER,
    }
    assert "deploybot" not in groups
    assert people.outsider().name == "ivan"
    abouts = {each.name: each.about for each in people.all}
    assert abouts["judy"] == "Has no Identity Center user."
    assert abouts["zoe"] == "Two Identity Center users have this address."
    assert abouts["heidi"] == "Disabled in Identity Center."
    assert "second Slack account" in abouts["ada.oncall"]


ASSIGNED = {"person": "bob@example.com", "permission_set": "AdministratorAccess", "account": PAYMENTS_PROD}
HELD = (PAYMENTS_PROD, "AdministratorAccess", "bob@example.com")


async def test_what_is_done_by_hand_in_aws_is_done_and_said(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    status, told = await does(window, "ada", "hand", {"hand": "assign", **ASSIGNED})
    assert (status, services.aws.assignments()) == (200, {HELD})
    assert "bob@example.com has AdministratorAccess" in told["sentence"]
    async with window.get("/as/frank/home") as response:
        assert (
            'aria-label="Take away from Bob Kahn, past the bot: AdministratorAccess in Payments Prod"'
            in await response.text()
        )
    await does(window, "ada", "hand", {"hand": "remove", **ASSIGNED})
    assert services.aws.assignments() == set()


async def test_who_joins_a_group_is_shown_until_they_have_left_it(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    async def home() -> str:
        async with window.get("/as/ada/home") as response:
            return await response.text()

    assert "Memberships" not in await home()
    services.aws.add_member("Nobody", "ada@example.com")
    assert "<strong>Ada Lovelace</strong><span>Nobody</span>" in await home()
    services.aws.remove_member("Nobody", "ada@example.com")
    assert "Memberships" not in await home()


async def test_a_person_who_was_deleted_and_an_account_that_was_closed_are_no_longer_among_the_choices(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    await does(window, "ada", "hand", {"hand": "delete-person", "person": "bob@example.com"})
    await does(window, "ada", "hand", {"hand": "close-account", "account": PAYMENTS_PROD})
    async with window.get("/as/frank/home") as response:
        page = await response.text()
    assert 'value="bob@example.com"' not in page
    assert f'value="{PAYMENTS_PROD}"' not in page
    assert 'value="carol@example.com"' in page
    assert services.aws.account(PAYMENTS_PROD).status == "SUSPENDED"


@pytest.mark.parametrize(
    "asked",
    [
        {"hand": "dance"},
        {"hand": "assign", **ASSIGNED, "person": "nobody"},
        {"hand": "remove", **ASSIGNED},
        {"hand": "delete-person"},
        {"hand": "close-account", "account": "1"},
    ],
)
async def test_what_cannot_be_done_by_hand_is_said(window: aiohttp.ClientSession, asked: dict[str, str]) -> None:
    status, told = await does(window, "ada", "hand", asked)
    assert status == 400
    assert told["sentence"].endswith(".")


async def test_deletions_alone_are_refused_and_counted(window: aiohttp.ClientSession, services: WindowServices) -> None:
    await does(window, "ada", "trouble", {"switch": "aws-keeps", "on": True})
    (fault,) = services.aws.faults.all()
    assert (fault.kind, fault.operation) == ("access_denied", "DeleteAccountAssignment")


async def test_what_was_played_before_somebody_came_is_said_until_it_is_hidden(
    window: aiohttp.ClientSession, services: WindowServices
) -> None:
    services.demo.played = "Ada asked."
    services.clock.move(timedelta(hours=2))
    async with window.get("/as/ada/home") as response:
        page = await response.text()
    assert "Before you came, one request was played as an example:</strong> Ada asked." in page
    assert "it is 2 h ahead of this machine" in page
    assert (await does(window, "ada", "hide", {}))[0] == 200
    async with window.get("/as/bob/home") as response:
        assert "Before you came" not in await response.text()


async def test_without_a_bot_nothing_can_be_imported(window: aiohttp.ClientSession) -> None:
    async with window.get("/as/ada/home") as response:
        assert "data-import" not in await response.text()
    assert (await does(window, "ada", "import", {}))[0] == 400


@pytest.mark.parametrize("below", [True, False])
async def test_the_apps_shortcuts_are_chosen_from_the_menus_of_slack(
    window: aiohttp.ClientSession, services: WindowServices, below: bool
) -> None:
    workspace = services.slack.workspace
    said = services.slack.interactions.say(workspace.user("bob"), workspace.channels["C0GENERAL"], "it is stuck")
    async with window.get("/as/ada/c/C0GENERAL") as response:
        page = await response.text()
    for callback_id in ("shortcut.request", "shortcut.mine", "shortcut.about"):
        assert f'data-shortcut="{callback_id}"' in page
    callback_id, place = "shortcut.about" if below else "shortcut.mine", {"channel": "C0GENERAL", "ts": said.ts}

    status, told = await does(window, "ada", "shortcut", {"shortcut": callback_id, **(place if below else {})})

    assert status == 410
    assert "The app didn't respond" in told["sentence"], "there is no bot here"
    payload = services.slack.deliveries[-1].app_call.payload
    assert (payload["type"], payload["callback_id"]) == ("message_action" if below else "shortcut", callback_id)
    assert (payload.get("message") or {}).get("text") == ("it is stuck" if below else None)
    elsewhere = await does(window, "ada", "shortcut", {"shortcut": callback_id, **({} if below else place)})
    assert elsewhere == (410, {"sentence": "There is no such shortcut here."})
