"""Somebody changes what Teams would send, under a token that is genuine: nothing is decided, shown or sent by it.

The body of an activity is not signed. Whoever acts here is a person of the tenant who may do little, or nothing.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from handlers.flows import routes
from handlers.screens.ids import ActionId
from infra.sandbox.local_teams import SeenMessage
from tests.e2e.in_teams import APPROVALS, ask, card_of, dialog_of, fill, form, person, settle_in
from tests.e2e.play import NUMBER, PROD_POWER, STAGING_READ, Play, watching
from tests.e2e.policied import PoliciedDatabases

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORGED = "0123456789abcdef"
WHY = "**Approved** [Approve](https://evil.test) <at>Bob Kahn</at> {{DATE(2026-01-01T00:00:00Z, SHORT)}} `x`"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(policied: PoliciedDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    folder = tmp_path_factory.mktemp("teams_tricks")
    async with Play(folder, policied.new(), policies=None, with_teams=True) as play:
        await settle_in(play, folder, "ada", "bob", "erin", "frank", "grace")
        await person(play, "ada").types(f"cancel {await ask(play, 'ada', STAGING_READ)}")  # something to be found
        yield play


@pytest_asyncio.fixture(loop_scope="session")
async def play(settled: Play) -> AsyncIterator[Play]:
    settled.log()
    await settled.pass_time(timedelta(minutes=11))
    yield settled
    print(settled.log())  # noqa: T201 - pytest shows it with the failure
    assert "unexpected failure" not in settled.whole_log()


@dataclass(frozen=True)
class Forger:
    """One person whose program sends what they like."""

    play: Play
    who: str

    async def press(
        self, data: object, card: SeenMessage | None = None, *, opens: bool = True, changed: Any = None
    ) -> str:
        """All that comes back. ``card``: the message that the button is said to stand in."""
        if opens:
            return await self.send("task/fetch", {"data": data}, card, changed)
        value = {"action": {"type": "Action.Execute", "data": data}, "trigger": "manual"}
        return await self.send("adaptiveCard/action", value, card, changed)

    async def send(self, name: str, value: Any, card: SeenMessage | None = None, changed: Any = None) -> str:
        teams = self.play.stage.teams
        user = teams.tenant.person(self.who)
        place = teams.tenant.channel(APPROVALS) if card else teams.tenant.chat(user)
        about = card.message.id if card else ""
        activity = {**teams.activities.invoke(name, user, place, value, about), **(changed or {})}
        delivery = await teams.activity_sender.deliver(activity)
        assert delivery.status == 200, (delivery.status, name, value)
        return json.dumps(delivery.answer, ensure_ascii=False)


def data_of(content: object, title: str) -> dict[str, Any]:
    """The data that a button carries, by its title."""
    return next(each["data"] for each in within(content) if each.get("title") == title and "data" in each)


def within(content: object) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for each in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from within(each)


@dataclass(frozen=True)
class Waiting:
    """A request of Ada's, its card in the channel, and what **Approve** carries there."""

    number: str
    card: SeenMessage
    data: dict[str, Any]


@asynccontextmanager
async def waiting(play: Play, why: str = "look into the stuck queue") -> AsyncIterator[Waiting]:
    """Nothing is granted meanwhile; what waits still in the end is taken back."""
    number = await ask(play, "ada", STAGING_READ, why)
    card = await card_of(play, "bob", number)
    try:
        async with watching(play) as seen:
            yield Waiting(number, card, data_of(card.message.attachments, "Approve"))
        assert seen == []
        assert "Approve" in card.refreshed().buttons()
    finally:
        await person(play, "ada").types(f"cancel {number}")
        await card.becomes("Withdrawn")


async def test_a_press_with_another_digest_decides_nothing(play: Play) -> None:
    async with waiting(play) as it:
        bob, request = Forger(play, "bob"), it.data["value"].partition(":")[0]
        many: list[Any] = [f"{request}:{FORGED}", f"{request}:", f"999999:{FORGED}", "nonsense", "", None, {"a": 1}]
        for value in many:
            answer = await bob.press({**it.data, "value": value}, it.card)
            assert f"Approved: {it.number}" not in answer, value
        answer = await bob.press({**it.data, "value": f"{request}:{FORGED}"}, it.card)
        assert "is not what this message shows" in answer


async def test_a_press_in_a_message_that_the_bot_did_not_post_shows_what_is_stored_first(play: Play) -> None:
    async with waiting(play) as it:
        elsewhere = {"replyToId": "1700000000000"}
        for claim in ({}, {"own": True}, {"screen": "x!y"}, {"own": True, "screen": "x!y"}):
            answer = await Forger(play, "bob").press({**it.data, **claim}, it.card, changed=elsewhere)
            assert "Approve request" in answer, claim
            assert "stuck queue" in answer, claim
            done = await Forger(play, "bob").press({**it.data, **claim}, it.card, opens=False, changed=elsewhere)
            assert "Approved" not in done, claim


async def test_whatever_a_press_says_of_where_it_stands_a_message_that_others_read_stays(play: Play) -> None:
    async with waiting(play) as it:
        shown = it.card.refreshed().text()
        listed = data_of((await listed_for(play, "erin")).message.attachments, "Export as CSV")
        turned = {"act": "audit.older", "value": listed["value"], "own": True}
        await Forger(play, "erin").press(turned, it.card, opens=False)
        await Forger(play, "grace").send("fileConsent/invoke", {"type": "fileUpload", "action": "decline"}, it.card)
        assert it.card.refreshed().text() == shown


async def test_the_name_in_an_activity_is_nobody(play: Play) -> None:
    grace = play.stage.teams.tenant.person("grace")
    sender = {"id": grace.mri, "aadObjectId": grace.aad_object_id, "name": "Bob Kahn"}
    async with waiting(play) as it:
        answer = await Forger(play, "grace").press(it.data, it.card, changed={"from": sender})
        assert "You are not one of the approvers" in answer


async def test_the_true_button_in_the_wrong_hands_decides_nothing(play: Play) -> None:
    """A guest, somebody unknown to Identity Center, a disabled user, one of another tenant, an auditor."""
    async with waiting(play) as it:
        for outsider in ("ivan", "judy", "heidi", "sybil", "erin"):
            answer = await Forger(play, outsider).press(it.data, it.card)
            assert f"Approved: {it.number}" not in answer, outsider


async def test_a_card_that_is_pressed_after_its_decision_says_what_became_of_it(play: Play) -> None:
    number = await ask(play, "ada", STAGING_READ)
    card = await card_of(play, "bob", number)
    data = data_of(card.message.attachments, "Approve")
    rejecting = dialog_of(await card.press("Reject"))
    await rejecting.fill("Reason", "not today")
    await rejecting.submit("Reject")
    await card.becomes("Rejected")
    async with watching(play) as seen:
        answer = await Forger(play, "carol").press(data, card)
    assert "rejected" in answer.lower()
    assert seen == []


async def test_a_form_with_what_its_sender_may_not_ask_for_makes_no_request(play: Play) -> None:
    dialog = await form(play, "ada")
    await fill(dialog, PROD_POWER)
    values, data = dict(dialog.place.values), data_of(dialog.place.card, "Submit")
    await dialog.close()
    true = json.dumps(values)
    assert PROD_POWER.account_id in true
    elsewhere = json.loads(true.replace(PROD_POWER.account_id, "333344445555"))
    odd = dict.fromkeys(values, "|")
    for who, sent in (("grace", values), ("ada", elsewhere), ("judy", values), ("ada", odd)):
        answer = await Forger(play, who).send("task/submit", {"data": {**data, **sent}})
        assert not NUMBER.search(answer), (who, answer)


async def test_a_type_ahead_offers_nothing_that_the_asker_may_not_ask_for(play: Play) -> None:
    dialog = await form(play, "ada")
    sets = [each["choices.data"]["dataset"] for each in within(dialog.place.card) if "choices.data" in each]
    await dialog.close()
    value = {"queryText": "", "queryOptions": {"skip": 0, "top": 15}}
    offered = [await Forger(play, "ada").send("application/search", {**value, "dataset": each}) for each in sets]
    assert any("Payments Prod" in each for each in offered)
    for who in ("grace", "judy", "ivan", "sybil"):
        for each in sets:
            answer = await Forger(play, who).send("application/search", {**value, "dataset": each})
            assert "Payments" not in answer, (who, each)


async def test_no_act_or_form_with_made_up_values_does_anything_for_somebody_with_nothing(play: Play) -> None:
    _, before, _ = await play.run("policy", "export")
    grace = Forger(play, "grace")
    async with waiting(play) as it:
        forged = f"{it.number.removeprefix('R-')}:{FORGED}"
        for action in routes.presses():
            if action not in {ActionId.ASK, ActionId.HELP, ActionId.WHOAMI}:
                assert "stuck queue" not in await grace.press({"act": action.value, "value": forged}), action
        for each in routes.forms():
            sent = {"form": each.value, "screen": "x!y", "memo": forged}
            assert "stuck queue" not in await grace.send("task/submit", {"data": sent}), each
        many: list[Any] = [
            [],
            "x",
            7,
            None,
            {"act": 7},
            {"act": "no.such.act"},
            {"form": "none"},
            {"screen": "!" * 900},
        ]
        for odd in many:
            await grace.press(odd)
            await grace.press(odd, opens=False)
            await grace.send("task/submit", {"data": odd})
    assert (await play.run("policy", "export"))[1] == before
    await play.verified()


async def test_a_file_that_was_offered_comes_to_whom_it_was_offered_and_once(play: Play) -> None:
    erin, tenant = person(play, "erin"), play.stage.teams.tenant
    offer = await offered(play)
    content = next(each["content"] for each in offer.message.attachments if "acceptContext" in each["content"])
    theirs = {"uploadUrl": f"{play.stage.teams.url}/upload/theirs", "contentUrl": "x", "uniqueId": "u", "name": "n"}
    value = {"type": "fileUpload", "action": "accept", "context": content["acceptContext"], "uploadInfo": theirs}
    for who in ("frank", "grace"):
        await Forger(play, who).send("fileConsent/invoke", value)
    for _ in range(2):
        assert (await offer.allow_file()).status == 200
    await erin.gets_file("team-requests")
    assert len([each for each in tenant.files if each.content is not None]) == 1
    assert [each for each in play.stage.teams.calls.refused() if each.operation == "upload"] == []


async def test_a_press_that_is_made_again_is_answered_and_one_that_teams_sends_again_does_nothing_more(
    play: Play,
) -> None:
    activity_sender = play.stage.teams.activity_sender
    listed = await listed_for(play, "erin")
    last = await person(play, "erin").sees("")
    first = await listed.press("Export as CSV")
    assert first.delivery is not None
    offer = await person(play, "erin").sees("as CSV", after=last)
    activity_sender.keeps_id = False
    again = await activity_sender.repeat(first.delivery)
    activity_sender.keeps_id = True
    assert "in a direct message" in json.dumps(again.answer)
    second = await listed.press("Export as CSV")
    assert "in a direct message" in second.message
    await person(play, "erin").sees("as CSV", after=offer)
    after = [each for each in await person(play, "erin").chat() if int(each.message.id) > int(last.message.id)]
    assert len([each for each in after if "as CSV" in each.text()]) == 2


async def listed_for(play: Play, who: str) -> SeenMessage:
    """The result of an auditor's search."""
    before = await person(play, who).sees("")
    await person(play, who).types("audit")
    return await person(play, who).sees("Export as CSV", after=before)


async def offered(play: Play) -> SeenMessage:
    """A file that is offered to Erin."""
    listed = await listed_for(play, "erin")
    await listed.press("Export as CSV")
    return await person(play, "erin").sees("as CSV", after=listed)


async def test_what_somebody_types_is_shown_as_it_was_typed_and_nothing_more(play: Play) -> None:
    async with waiting(play, WHY) as it:
        drawn = json.dumps(it.card.message.attachments, ensure_ascii=False)
        assert not re.search(r"\]\(https?://evil|\{\{|<at>Bob", drawn), drawn
        assert "evil.test" not in str(it.card.links())
        mentions = [each for each in within(it.card.message.attachments) if each.get("type") == "mention"]
        assert {each["mentioned"]["name"] for each in mentions} <= {"Ada Lovelace"}
        assert "{{DATE(2026-01-01T00:00:00Z, SHORT)}}" in it.card.text()
        assert "[Approve](https://evil.test)" in it.card.text()


async def test_an_approver_who_is_none_any_more_decides_nothing(play: Play) -> None:
    async with waiting(play) as it:
        play.aws.remove_member("Payments Leads", "bob@example.com")
        try:
            answer = await Forger(play, "bob").press(it.data, it.card)
            assert "You are not one of the approvers" in answer
        finally:
            play.aws.add_member("Payments Leads", "bob@example.com")
