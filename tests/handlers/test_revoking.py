"""Revoke and End now open a form: it says what ends and what does not, and takes the reason as settings ask."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.domain.commands import RevokeAccess
from core.domain.errors import Side, UpstreamBusy
from core.domain.request import Request, Shown, Status, digest
from core.domain.settings import Requirement
from core.ports import MessageRef
from handlers.flows import ending
from handlers.screens import revoke_form
from handlers.screens.ids import InputId
from handlers.screens.screen import Home, Screen
from handlers.slack.drawing.answers import form_response
from handlers.slack.drawing.render import render_view
from handlers.slack.payloads import SlackSender, read_button_press, read_command
from tests.databases import sqlite_databases  # noqa: F401 - a fixture
from tests.handlers.conftest import Open
from tests.handlers.samples import STATES
from tests.handlers.submissions import sent
from tests.handlers.test_presses import Presser
from tests.services.company import HOUR, Member
from tests.services.conftest import beginnings, one_quick_sqlite, quick_sqlite, world  # noqa: F401 - fixtures
from tests.services.world import World

REQUIRED, OPTIONAL, OFF = Requirement.REQUIRED, Requirement.OPTIONAL, Requirement.OFF
CARD = MessageRef("slack", "C-RANDOM", "1700000000.000100")


# --- the form ----------------------------------------------------------------------------------------


def reason_of(view: Screen | Home) -> dict[str, Any] | None:
    blocks = render_view(view)["blocks"]
    return next((block for block in blocks if block.get("block_id") == InputId.REASON), None)


@pytest.mark.parametrize("own", [True, False])
async def test_what_ending_access_does_not_do_is_said_before_it_is_done(own: bool, show: Open) -> None:
    """Rule 21; with the longest names it is still said whole."""
    long = replace(STATES[Status.ACTIVE], requester_name="N" * 200, account_name="A" * 200)
    shown = await show(revoke_form.build(long, OPTIONAL, own=own))
    assert "Sessions already open, in the console or with CLI credentials, may go on until they expire" in shown
    assert "for up to 1 h." in shown
    assert ("N" * 50 in shown) is not own
    assert ("[ End now ]" in shown, "[ Revoke ]" in shown) == (own, not own)


async def test_nothing_is_said_of_sessions_where_none_was_granted(show: Open) -> None:
    shown = await show(revoke_form.build(STATES[Status.SCHEDULED], OPTIONAL, own=False))
    assert "Nothing has been granted yet" in shown
    assert "essions" not in shown


def test_a_reason_is_asked_for_as_settings_say() -> None:
    asked = {rule: reason_of(revoke_form.build(STATES[Status.ACTIVE], rule, own=False)) for rule in Requirement}
    assert asked[OFF] is None
    for rule in (OPTIONAL, REQUIRED):
        field = asked[rule]
        assert field is not None
        assert (field["label"]["text"], field["optional"]) == ("Reason", rule is OPTIONAL)


# --- pressed and sent --------------------------------------------------------------------------------


class Ender(Presser):
    """Somebody who presses Revoke and sends what opens."""

    async def ask(self, who: Member, request: Request) -> None:
        body = {
            "user": {"id": who.chat.user, "team_id": "T1"},
            "team": {"id": "T1"},
            "trigger_id": "1.2.3",
            "container": {"channel_id": CARD.conversation, "message_ts": CARD.message},
            "actions": [{"action_id": "request.revoke", "value": str(Shown(request.id, digest(request)))}],
        }
        await ending.ask(self.slack_context, read_button_press(body))

    async def fill(self, who: Member, reason: str) -> dict[str, Any]:
        """Send the form that was opened last, and let done what is done behind it."""
        form = self.screen.opened[-1]
        view = {**form, "state": {"values": {"review.reason": {"review.reason": {"value": reason}}}}}
        key = f"form:{len(self.screen.opened)}:{reason}"
        answer = form_response(await ending.submit(self.slack_context, sent(SlackSender(who.chat), view, key)))
        await self.at.background.drained()
        return answer

    async def types(self, who: Member, text: str) -> str:
        body = {"team_id": "T1", "user_id": who.chat.user, "text": text, "trigger_id": f"9.{len(self.screen.said)}"}
        await ending.revoke(self.slack_context, read_command(body))
        return self.screen.said[-1]


@pytest.fixture
async def admin(world: World) -> Ender:  # noqa: F811
    return Ender(world)


async def active(admin: Ender, asked: Requirement = OPTIONAL) -> Request:
    await admin.at.set_policies(admin.at.book(revoke_reason=asked))
    return await admin.at.request(await admin.at.active())


async def test_a_press_opens_the_form_and_what_was_typed_there_is_the_reason(admin: Ender) -> None:
    request = await active(admin)
    await admin.ask(admin.at.bob, request)
    assert await admin.at.status(request.id) is Status.ACTIVE
    answer = await admin.fill(admin.at.bob, " incident over ")
    assert "is being ended" in str(answer["view"])
    ended = await admin.at.request(request.id)
    assert (ended.status, ended.revoked_by, ended.revoke_reason) == (Status.REVOKING, "Bob Kahn", "incident over")


async def test_a_reason_that_is_missing_is_said_on_its_field_and_the_form_stays(admin: Ender) -> None:
    request = await active(admin, REQUIRED)
    await admin.ask(admin.at.ada, request)
    answer = await admin.fill(admin.at.ada, "  ")
    assert answer["response_action"] == "errors"
    assert "needs a reason" in answer["errors"]["review.reason"]
    assert await admin.at.status(request.id) is Status.ACTIVE
    assert "is being ended" in str((await admin.fill(admin.at.ada, "done early"))["view"])


async def test_a_form_that_was_opened_before_a_reason_was_required_gets_the_field(admin: Ender) -> None:
    request = await active(admin, OFF)
    await admin.ask(admin.at.bob, request)
    await admin.at.set_policies(replace(admin.at.book(revoke_reason=REQUIRED), revision=3))
    answer = await admin.fill(admin.at.bob, "")
    assert answer["response_action"] == "update"
    assert "review.reason" in str(answer["view"])
    admin.screen.opened.append(answer["view"])
    await admin.fill(admin.at.bob, "laptop stolen")
    assert (await admin.at.request(request.id)).revoke_reason == "laptop stolen"


async def test_who_may_not_end_it_is_told_before_anything_is_typed(admin: Ender) -> None:
    request = await active(admin)
    await admin.ask(admin.at.erin, request)
    assert admin.screen.said == ["Only the requester, an approver of the target or an admin can end this access."]
    assert not admin.screen.opened


async def test_what_is_over_opens_no_form(admin: Ender) -> None:
    request = await active(admin)
    await admin.at.revoke(admin.at.bob, request.id)
    await admin.ask(admin.at.bob, request)
    assert not admin.screen.opened
    assert "is ending this already" in admin.screen.said[-1]


async def test_the_form_opens_while_aws_is_away_and_what_is_sent_is_kept(
    admin: Ender, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await active(admin, REQUIRED)

    async def away(_command: RevokeAccess) -> None:
        raise UpstreamBusy("AWS is away", side=Side.AWS)

    monkeypatch.setattr(admin.slack_context.services.early_end, "look", away)
    await admin.ask(admin.at.bob, request)
    await admin.fill(admin.at.bob, "incident over")
    assert await admin.at.status(request.id) is Status.REVOKING


async def test_what_else_that_person_has_of_the_target_stands_below_with_its_own_buttons(admin: Ender) -> None:
    """Rule 18."""
    request = await active(admin)
    other = await admin.at.asked(start_at=admin.at.clock.now() + 2 * HOUR)
    await admin.ask(admin.at.bob, request)
    shown = str((await admin.fill(admin.at.bob, "over"))["view"])
    assert f"R-{other}" in shown
    assert "request.details" in shown


async def test_the_command_takes_the_reason_and_says_where_to_write_it(admin: Ender) -> None:
    request = await active(admin, REQUIRED)
    said = await admin.types(admin.at.bob, f"revoke R-{request.id}")
    assert "needs a reason" in said
    assert f"/team revoke R-{request.id} WHY" in said
    assert await admin.at.status(request.id) is Status.ACTIVE
    assert "is being ended" in await admin.types(admin.at.bob, f"revoke R-{request.id} incident over")
    assert (await admin.at.request(request.id)).revoke_reason == "incident over"


async def test_a_form_that_nobody_opened_ends_nothing(admin: Ender) -> None:
    submission = sent(SlackSender(admin.at.bob.chat), {"private_metadata": "x", "blocks": []}, "form:x")
    assert "no such request" in str(await asyncio.wait_for(ending.submit(admin.slack_context, submission), 30)).lower()
