"""Teams in the window: one person's conversations and dialog beside Slack, and what is done there."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.stage import Stage
from infra.sandbox.tests.teams.connector_client import ConnectorClient
from infra.sandbox.tests.teams.sample_bot import CSV, SampleBot, attached, card, text
from infra.sandbox.window import WindowServices, application
from infra.sandbox.window.teams.actions import actions_of

Json = dict[str, Any]


@pytest.fixture
async def teams(services: WindowServices) -> AsyncIterator[LocalTeams]:
    """The company's Teams with the sample bot in it."""
    async with contextlib.AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(services.company, clock=services.clock.now().timestamp))
        client = await stack.enter_async_context(ConnectorClient(stage.teams))
        runner = web.AppRunner(SampleBot(stage.teams, client).application())
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stage.teams.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/teams/messages")
        yield stage.teams


@pytest.fixture
async def window(services: WindowServices, teams: LocalTeams) -> AsyncIterator[aiohttp.ClientSession]:
    """A client at the address of a window that shows both."""
    async with contextlib.AsyncExitStack() as stack:
        runner = web.AppRunner(application(dataclasses.replace(services, teams=teams)), shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield await stack.enter_async_context(aiohttp.ClientSession(address))


async def page(window: aiohttp.ClientSession, path: str) -> str:
    async with window.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def do(window: aiohttp.ClientSession, name: str, act: str, **asked: Any) -> tuple[int, Json]:
    run = (await page(window, f"/as/{name}")).partition('data-run="')[2].partition('"')[0]
    headers = {"X-Sandbox-Run": run, "Origin": str(window._base_url).rstrip("/")}
    async with window.post(f"/as/{name}/do/{act}", json=asked, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_both_chats_of_one_person_are_side_by_side(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    chat = teams.tenant.chat(teams.tenant.person("ada"))
    assert (await do(window, "ada", "teams-say", conversation=chat.id, text="card"))[0] == 200
    shown = await page(window, "/as/ada/c/C0GENERAL")
    assert "#general" in shown
    assert "is requesting" in shown.partition('id="teams-log"')[2]
    approvals = teams.tenant.channel("payments-approvals").id
    bobs = await page(window, f"/as/bob/c/C0GENERAL?teams={approvals}")
    assert "Payments › payments-approvals" in bobs
    assert "is requesting" not in bobs
    assert f'data-here="{approvals}"' in bobs
    not_hers = await page(window, f"/as/ada/c/C0GENERAL?teams={approvals}")
    assert f'data-here="{approvals}"' not in not_hers


async def test_a_button_is_pressed_by_its_number_and_name(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    ada = teams.person("ada")
    await ada.types("card")
    message = (await ada.sees("is requesting")).place
    at = {"conversation": message.conversation_id, "message": message.id, "inputs": {}}
    status, said = await do(window, "ada", "teams-press", **at, action=0, title="Reject")
    assert (status, said["sentence"][:12]) == (410, "This has cha")
    assert (await do(window, "bob", "teams-press", **at, action=0, title="Approve"))[0] == 410
    assert (await do(window, "ada", "teams-press", **at, action="0", title="Approve"))[0] == 400
    assert await do(window, "ada", "teams-press", **at, action=0, title="Approve") == (200, {"line": ""})
    await ada.sees("Approved by Ada Lovelace")


async def test_a_dialog_is_filled_searched_and_sent(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    chat = teams.tenant.chat(teams.tenant.person("ada"))
    assert (await do(window, "ada", "teams-compose", conversation=chat.id, command="Request access"))[0] == 200
    assert "Permission set" in (await page(window, "/as/ada")).partition('id="teams_dialog"')[2]
    inputs = {"account": "1111", "why": "the queue"}
    _, found = await do(window, "ada", "teams-search", dialog=True, input="set", query="", inputs=inputs)
    assert found == {"choices": [{"value": "ReadOnly", "title": "ReadOnly"}]}
    assert (await do(window, "ada", "teams-search", dialog=True, input="why", query="", inputs={}))[0] == 410
    form = teams.tenant.dialogs.of(teams.tenant.person("ada"))
    assert form is not None
    submit = next(number for number, each in enumerate(actions_of(form.card)) if each.get("title") == "Submit")
    await do(window, "ada", "teams-press", dialog=True, action=submit, title="Submit", inputs=inputs)
    assert form.title == "Sent"
    await do(window, "ada", "teams-close")
    assert (await do(window, "ada", "teams-press", dialog=True, action=0, title="Done", inputs={}))[0] == 410


async def test_a_command_is_chosen_in_the_menu_of_a_message(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    ada = teams.person("ada")
    await ada.types("the queue is stuck")
    said = (await ada.sees("the queue is stuck")).place
    at = {"conversation": said.conversation_id, "message": said.id}
    assert 'data-teams-choose="Request access"' in await page(window, "/as/ada")
    assert (await do(window, "ada", "teams-choose", **at, command="Request access"))[0] == 200
    assert "Permission set" in (await page(window, "/as/ada")).partition('id="teams_dialog"')[2]
    assert (await do(window, "ada", "teams-choose", **at, command="Nothing like it"))[0] == 410


async def test_a_file_is_for_whoever_accepted_it(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    ada = teams.person("ada")
    await ada.types("file")
    offered = (await ada.sees("audit.csv")).place
    at = {"conversation": offered.conversation_id, "message": offered.id}
    assert (await do(window, "ada", "teams-file", **at, answer="accept"))[0] == 200
    address = f"teams-files/{(await ada.gets_file('audit.csv')).unique_id}"
    assert await page(window, f"/as/ada/{address}") == CSV.decode()
    async with window.get(f"/as/bob/{address}") as answer:
        assert answer.status == 404


async def test_what_teams_refused_is_told(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    async with ConnectorClient(teams) as client:
        chat = teams.tenant.chat(teams.tenant.person("ada")).id
        await client.send(chat, attachments=[attached(card({"type": "Marquee"}))])
    shown = (await page(window, "/as/ada")).partition('id="refusals"')[2]
    assert "What Slack and Teams refused" in shown
    assert "Teams: sendActivity" in shown
    assert "BadArgument" in shown


async def test_a_card_is_data_of_the_page_and_never_markup(window: aiohttp.ClientSession, teams: LocalTeams) -> None:
    chat = teams.tenant.chat(teams.tenant.person("ada")).id
    hostile = [attached(card(text('"><script>alert(1)</script>')))]
    teams.tenant.messages.post(chat, teams.tenant.app.bot_id, attachments=hostile)
    teams.tenant.messages.post(chat, teams.tenant.app.bot_id, text="<b>bold</b>")
    shown = await page(window, "/as/ada")
    assert "<script>alert" not in shown
    assert "<b>bold" not in shown
