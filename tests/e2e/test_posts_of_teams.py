"""The real process's answers to what Teams sends, and to what somebody else sends in its name."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from infra.sandbox.local_teams import OTHER_TENANT_ID, new_key
from tests.e2e.in_teams import APPROVALS, approve, ask, card_of, dialog_of, fill, form, person, send, settle_in
from tests.e2e.play import PROD_POWER, STAGING_READ, Play, watching
from tests.e2e.policied import PoliciedDatabases

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOOKS = 200
"""The number of times that somebody presses **Check** before giving up."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(policied: PoliciedDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    folder = tmp_path_factory.mktemp("teams_endpoint")
    async with Play(folder, policied.new(), policies=None, with_teams=True) as play:
        await settle_in(play, folder, "ada", "bob")
        yield play


@pytest_asyncio.fixture(loop_scope="session")
async def play(settled: Play) -> AsyncIterator[Play]:
    settled.log()
    await settled.pass_time(timedelta(minutes=11))
    yield settled
    settled.lift()
    print(settled.log())  # noqa: T201 - pytest shows it with the failure


async def post(play: Play, activity: dict[str, Any], token: str | None) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(play.bot.messages_url, data=json.dumps(activity).encode(), headers=headers) as answer,
    ):
        return answer.status, await answer.read()


async def test_what_teams_did_not_send_is_turned_away_without_a_word(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ)
    card = await card_of(play, "bob", number)
    teams, keys = play.stage.teams, play.stage.teams.keys
    details = dialog_of(await card.press("Details"))
    await details.close()
    pressed = next(each.activity for each in reversed(teams.deliveries) if each.name == "task/fetch")
    approving = json.loads(json.dumps(pressed).replace("request.details", "request.approve"))
    url = pressed["serviceUrl"]
    other = json.loads(json.dumps(approving).replace(teams.tenant.tenant_id, OTHER_TENANT_ID))
    forged = {
        "no token": (401, approving, None),
        "another key": (401, approving, keys.token(url, key=new_key())),
        "unsigned": (401, approving, keys.unsigned(url)),
        "the public key as a password": (401, approving, keys.signed_with_the_public_key(url)),
        "another app": (401, approving, keys.token(url, aud="00000000-0000-4000-8000-000000000000")),
        "another issuer": (401, approving, keys.token(url, iss="https://sts.windows.net/")),
        "no expiry": (401, approving, keys.token(url, exp=None)),
        "over": (401, approving, keys.token(url, exp=1_700_000_000)),
        "another service": (401, approving, keys.token("https://smba.trafficmanager.net/emea/")),
        "another tenant": (403, other, keys.token(url)),
        "nothing of Teams": (403, {**approving, "channelId": "webchat"}, keys.token(url)),
        "no activity": (400, {"type": 7}, keys.token(url)),
    }

    async with watching(play) as seen:
        for what, (status, activity, token) in forged.items():
            assert await post(play, activity, token) == (status, b""), what
    assert seen == []
    assert "Approve" in card.refreshed().buttons()
    await person(play, "ada").types(f"cancel {number}")
    await card.becomes("Withdrawn")


async def test_what_is_new_to_the_bot_is_answered_politely_and_counted(play: Play) -> None:
    teams = play.stage.teams
    ada = teams.tenant.person("ada")
    chat = teams.tenant.chat(ada)
    asked = teams.activities.invoke("composeExtension/query", ada, chat, {"commandId": "x"})
    event = {**teams.activities.installation(ada, chat, "add"), "type": "somethingNew"}
    refresh = teams.activities.invoke("adaptiveCard/action", ada, chat, {"trigger": "automatic", "action": {}})

    assert (await teams.activity_sender.deliver(asked)).status == 501
    assert (await teams.activity_sender.deliver(refresh)).status == 501
    assert (await teams.activity_sender.deliver(event)).status == 200
    async with aiohttp.ClientSession() as session, session.get(f"{play.bot.url}/metrics") as answer:
        counted = await answer.text()
    assert 'teambot_teams_activities_total{kind="invoke",known="false"} 1.0' in counted
    assert 'teambot_teams_activities_total{kind="event",known="false"} 1.0' in counted


async def test_a_press_and_a_form_that_are_sent_again_have_no_second_effect(play: Play) -> None:
    dialog = await form(play, "ada")
    await fill(dialog, PROD_POWER)
    number = await send(dialog)
    teams = play.stage.teams
    submitted = next(each for each in reversed(teams.deliveries) if '"form"' in json.dumps(each.activity))
    again = await teams.activity_sender.repeat(submitted)
    assert number in json.dumps(again.answer)

    card = await card_of(play, "bob", number)
    await approve(card)
    pressed = next(each for each in reversed(teams.deliveries) if "request.approve" in json.dumps(each.activity))
    assert (await teams.activity_sender.repeat(pressed)).status == 200
    await card.becomes("Active until")
    assert card.refreshed().text().count("Approved by Bob Kahn") <= 1
    cards = [each for each in person(play, "bob").reads(APPROVALS) if number in each.text().partition("\n")[2]]
    assert len([each for each in cards if "asks for" in each.text()]) <= 1
    await person(play, "ada").types(f"revoke {number} done")
    await play.until_held()


async def test_a_dialog_is_answered_while_aws_is_silent_and_opens_once_it_speaks(play: Play) -> None:
    play.aws.down(hanging=True)
    dialog = await form(play, "ada")
    told = dialog.text()
    assert "AWS is not answering" in told or "…" in told or "Account" in dialog.labels(), told

    play.lift()
    dialog = await form(play, "ada")
    for _ in range(LOOKS):
        if "Account" in dialog.labels():
            break
        await dialog.press("Check")

    assert {"Account", "Permission set"} <= set(dialog.labels()), dialog.text()
    assert [each.problem for each in play.stage.teams.deliveries if each.problem == "timeout"] == []
    await dialog.close()


async def test_a_process_that_never_saw_a_dialog_shows_its_errors_and_leads_back(play: Play) -> None:
    dialog = await form(play, "ada")
    await dialog.choose("Account", STAGING_READ.account)
    await dialog.choose("Permission set", STAGING_READ.permission_set)
    await play.bot.kill()
    await play.bot.start()

    refused = await dialog.submit()

    assert "Duration" in refused.errors, dialog.text()
    assert STAGING_READ.account in dialog.value("Account")
    await dialog.close()


async def test_a_key_that_is_not_known_yet_lets_nobody_in_and_its_silent_server_holds_slack_up_for_nothing(
    play: Play,
) -> None:
    teams = play.stage.teams
    known = teams.keys._all()
    teams.faults.add("keys", hang=True)
    teams.keys.rotate()
    try:
        assert (await person(play, "ada").types("help")).trouble
        await play.person("ada").types("/team help")
        await play.person("ada").sees("Temporary access to AWS")
    finally:  # the bot looks for unknown keys once a minute: the other tests go on with those that it knows
        teams.keys._keys = known
