"""Somebody with nothing but a Slack account forges what Slack would send: nothing is changed, and nothing is shown.

Every button, every type-ahead and every form that the program knows, with values of its own and of others.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from handlers.flows import routes
from handlers.screens.ids import ActionId, FormId
from infra.sandbox.slack.delivery.signing import signed
from infra.sandbox.stage import SIGNING_SECRET
from tests.e2e.play import STAGING_POWER, STAGING_READ, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "xylophone"
APP, TEAM = "A0TEAMBOT", "T0EXAMPLE"
FORGED = "0123456789abcdef"
GENERAL = "C0GENERAL"


@dataclass
class Forger:
    """One person who sends what they like, rightly signed: as if Slack's own program were in their hands."""

    play: Play
    user: str
    answers: list[str] = field(default_factory=list)
    triggers: set[str] = field(default_factory=set)
    _number: Iterator[int] = field(default_factory=itertools.count)

    async def press(self, action_id: str, value: str, *, view: dict[str, Any] | None = None) -> None:
        action = {"action_id": action_id, "block_id": "request.account", "type": "button", "value": value}
        container = {"type": "message", "channel_id": GENERAL, "message_ts": f"1700000000.{next(self._number):06}"}
        place = {"view": view} if view else {"channel": {"id": GENERAL}, "container": container}
        await self._send({"type": "block_actions", "actions": [action], **place})

    async def look(self, action_id: str, typed: str, view: dict[str, Any]) -> list[Any]:
        payload = {"type": "block_suggestion", "action_id": action_id, "block_id": "x", "value": typed, "view": view}
        answer = json.loads(await self._send(payload) or "{}")
        return [*answer.get("options", ()), *answer.get("option_groups", ())]

    async def submit(self, view: dict[str, Any]) -> None:
        await self._send({"type": "view_submission", "view": view})

    async def _send(self, payload: dict[str, Any]) -> str:
        workspace = self.play.stage.slack.workspace
        trigger = workspace.tickets.trigger(APP, self.user).id
        self.triggers.add(trigger)
        sender = {"team": {"id": TEAM}, "user": {"id": self.user, "team_id": TEAM}, "trigger_id": trigger}
        body = urlencode({"payload": json.dumps({**sender, "api_app_id": APP, **payload})})
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.play.bot.url}/slack/events", data=body.encode(), headers=signed(SIGNING_SECRET, body)
            ) as answer,
        ):
            self.answers.append(await answer.text())
            assert answer.status == 200, (payload, self.answers[-1])
            return self.answers[-1]

    def was_shown(self) -> str:
        """Everything that Slack or the program itself has told this person."""
        workspace = self.play.stage.slack.workspace
        bot = next(iter(workspace.apps.values())).bot_user_id
        direct, views = workspace.direct_channel(bot, self.user).id, set[str]()
        shown = list(self.answers)
        for call in self.play.stage.slack.calls.all():
            given = call.arguments
            if given.get("trigger_id") in self.triggers:
                views.add(str((call.answer.get("view") or {}).get("id")))
            is_theirs = (
                given.get("trigger_id") in self.triggers
                or given.get("user") == self.user
                or given.get("user_id") == self.user
                or given.get("channel") == direct
                or given.get("view_id") in views
            )
            if is_theirs and not call.method.startswith(("users.", "conversations.")):
                shown.append(json.dumps(given))
        return "\n".join(shown)


def buttons_in(content: Any) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        if content.get("type") == "button" and content.get("value"):
            yield content["action_id"], content["value"]
        for value in content.values():
            yield from buttons_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from buttons_in(value)


def drawn(play: Play) -> tuple[set[tuple[str, str]], list[dict[str, Any]]]:
    """Every button, and every form, that was ever drawn for anybody."""
    buttons, forms = set[tuple[str, str]](), list[dict[str, Any]]()
    for call in play.stage.slack.calls.all():
        for name in ("blocks", "view"):
            if call.arguments.get(name):
                buttons |= set(buttons_in(call.structure(name)))
        view = call.structure("view") if call.method.startswith("views.") else None
        if view and view.get("callback_id") and view.get("submit"):
            forms.append({**view, "id": f"V{len(forms)}", "hash": "1.1"})
    return buttons, forms


def filled(view: dict[str, Any]) -> dict[str, Any]:
    """A form with words in every input that takes them."""
    values: dict[str, Any] = {}
    for block in view.get("blocks", ()):
        if block.get("type") == "input":
            element = block["element"]
            given = {"type": element["type"], "value": "because", "selected_option": {"value": "1h"}}
            values[block["block_id"]] = {element["action_id"]: given}
    return {**view, "state": {"values": values}}


async def revision(play: Play) -> str:
    _, out, _ = await play.run("policy", "export")
    return out


@pytest_asyncio.fixture(loop_scope="session")
async def company(make_play: MakePlay) -> Play:
    """Requests of Ada's in three states, an admin with forms of policies and settings open, an auditor's search."""
    play = await make_play()
    over = await play.ask("ada", STAGING_READ, "15 min", why=SECRET)
    await (await play.card("bob", over)).press("Reject")
    await (await play.person("bob").modal("Reject request")).close()
    await play.command("ada", f"/team cancel {over}", "Withdrawn")
    await play.ask("ada", STAGING_POWER, why=SECRET)
    live = await play.ask("ada", STAGING_READ, why=SECRET)
    await play.approve("carol", live)
    await play.card("carol", live, words="Active until")
    await play.command("erin", "/team audit", "R-")
    await play.person("frank").types("/team settings")
    await (await play.person("frank").modal("Settings")).shows("Admin group")
    await play.command("frank", "/team policy list", "payments-engineers")
    await play.command("frank", "/team policy history", "Revision 1")
    await play.command("bob", "/team approvals", "PowerUserAccess")
    await play.command("bob", f"/team show {live}", "History")
    return play


FORGED_VALUES = ("1002:" + FORGED, "1")


async def unchanged(play: Play, before: str, forgers: list[Forger]) -> None:
    """After the bot has done all that it was asked for: the company is as it was, and nobody has seen anything."""
    assert await play.bot.stop() == 0
    assert await revision(play) == before
    assert play.aws.assignments() == {STAGING_READ.held_by("ada@example.com")}
    _, out, _ = await play.run("audit", "export", "--format", "jsonl")
    trail = [json.loads(line) for line in out.splitlines()]
    for forger in forgers:
        name = play.stage.slack.workspace.users[forger.user].real_name
        done = {event["action"] for event in trail if event["actor"]["name"] == name}
        allowed = {"identity.pinned", "request.not_shown", "decision.refused", "ending.refused", "search.refused"}
        assert {action for action in done if not action.endswith(".refused")} <= allowed, done
        shown = forger.was_shown()
        assert SECRET not in shown
        assert "a fault in TEAM Bot" not in shown
        assert not re.search(r"\bAKIA|arn:aws:sso:::instance", shown)
    assert "unexpected failure" not in play.whole_log()
    await play.verified()


async def test_no_button_form_or_type_ahead_gives_anything_to_somebody_with_nothing(company: Play) -> None:
    """Forged values, and metadata of others: requests by their numbers, drafts, pages, searches."""
    before, mallory = await revision(company), Forger(company, "U0MALLORY")
    _, forms = drawn(company)
    for action_id in routes.presses():
        if action_id not in {ActionId.ASK, ActionId.HELP, ActionId.WHOAMI}:
            for value in FORGED_VALUES:
                await mallory.press(action_id.value, value)
    grace = Forger(company, "U0GRACE")
    by_callback = {form["callback_id"]: form for form in forms}
    for callback_id in routes.forms():
        form = by_callback.get(callback_id.value) or {
            "id": "V9",
            "type": "modal",
            "callback_id": callback_id.value,
            "private_metadata": f"1002:{FORGED}",
            "blocks": [],
        }
        await grace.submit(filled(form))
        await grace.submit({**filled(form), "private_metadata": json.dumps({"draft": 1, "d": 1}), "id": "V10"})
    for action_id in routes.queries():
        for form in (*by_callback.values(), {"id": "V9", "private_metadata": f"1002:{FORGED}"}):
            found = await grace.look(action_id.value, "", {**form, "type": "modal"})
            if action_id is not ActionId.DURATION:
                assert "Payments" not in json.dumps(found), (action_id, form.get("callback_id"))
    await unchanged(company, before, [mallory, grace])


async def test_what_was_drawn_for_others_does_nothing_for_anybody_else(company: Play) -> None:
    """Each button and form that an admin, an auditor or an approver was shown, replayed by somebody who is none."""
    before, niaj = await revision(company), Forger(company, "U0NIAJ")
    buttons, forms = drawn(company)
    assert {callback["callback_id"] for callback in forms} >= {FormId.SETTINGS, FormId.REJECT}
    for action_id, value in sorted(buttons):
        request, found, shown = value.partition(":")
        is_card = found and re.fullmatch("[0-9a-f]{16}", shown)
        await niaj.press(action_id, f"{request}:{FORGED}" if is_card else value)
    for form in {form["callback_id"]: form for form in forms}.values():
        await niaj.submit(filled(form))
    await unchanged(company, before, [niaj])


async def test_a_card_in_the_wrong_hands_decides_and_ends_nothing(company: Play) -> None:
    """The true values of buttons, pressed by the requester's second account, by an auditor and by a stranger.

    Who has them has read the card: where it takes long to find out who it is, a form shows what the card shows.
    """
    before = await revision(company)
    buttons, _ = drawn(company)
    true = [(action, value) for action, value in sorted(buttons) if re.fullmatch(r"\d+:[0-9a-f]{16}", value)]
    assert {action for action, _ in true} >= {ActionId.APPROVE, ActionId.REJECT, ActionId.REVOKE}
    hands = [Forger(company, user) for user in ("U0ERIN", "U0OLIVIA", "U0SYBIL")]
    for forger in hands:
        for action, value in true:
            await forger.press(action, value)
    await company.bot.stop()  # whatever is still under way: nothing comes of it
    assert await revision(company) == before
    assert company.aws.assignments() == {STAGING_READ.held_by("ada@example.com")}
    await company.verified()
