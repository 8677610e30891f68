"""End all and Revoke all: one form about several requests of one submission, each ended by its own rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.policy import ApprovalPolicy
from core.domain.request import Request, Status
from core.domain.settings import Requirement
from handlers.flows import deadline, ending_all, show
from handlers.flows.platform import ButtonPress
from handlers.screens import revoke_all_form
from handlers.screens.request_buttons import about, about_all
from handlers.slack.drawing.answers import form_response
from handlers.slack.payloads import SlackSender
from tests.databases import sqlite_databases  # noqa: F401 - a fixture
from tests.handlers.conftest import Open
from tests.handlers.samples import HOSTILE, LONG, STATES, nasty
from tests.handlers.submissions import sent
from tests.handlers.test_presses import ELSEWHERE, Presser, pressed
from tests.services.company import POWER, PROD, READ, STAGING, Member
from tests.services.conftest import beginnings, one_quick_sqlite, quick_sqlite, world  # noqa: F401 - fixtures
from tests.services.world import World

PROD_POWER, PROD_READ, STAGING_READ = Target(PROD, POWER), Target(PROD, READ), Target(STAGING, READ)


class Ender(Presser):
    """Somebody who presses a button for all and sends what opens."""

    async def ask(self, who: Member, requests: Sequence[Request]) -> None:
        await ending_all.ask(self.slack_context, pressed(who, "request.revoke_all", about_all(requests), ELSEWHERE))

    async def fill(self, who: Member, reason: str = "") -> dict[str, Any]:
        form = self.screen.opened[-1]
        view = {**form, "state": {"values": {"review.reason": {"review.reason": {"value": reason}}}}}
        answer = form_response(await ending_all.submit(self.slack_context, sent(SlackSender(who.chat), view, reason)))
        await self.at.background.drained()
        return answer

    async def live(self, *targets: Target) -> list[Request]:
        numbers = await self.at.asked_together(*targets)
        for number in numbers:
            await self.at.decide(self.at.bob, number)
        await self.at.settle()
        return await self.requests(numbers)

    async def requests(self, numbers: Sequence[RequestId]) -> list[Request]:
        return [await self.at.request(number) for number in numbers]

    async def statuses(self, requests: Sequence[Request]) -> list[Status]:
        return [await self.at.status(one.id) for one in requests]


@pytest.fixture
async def ender(world: World, monkeypatch: pytest.MonkeyPatch) -> Ender:  # noqa: F811
    """Nobody is in a hurry here: on a busy machine a short answer, that it is saved, would be as right."""
    monkeypatch.setattr(ending_all, "LOOK_PATIENCE", 60.0)
    monkeypatch.setattr(ending_all, "ACT_WITHIN", timedelta(minutes=1))
    monkeypatch.setattr(deadline, "ANSWER_WITHIN", 60.0)
    return Ender(world)


async def test_one_form_ends_all_with_one_reason_and_each_is_in_the_trail_by_itself(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ)
    await ender.ask(ender.at.bob, requests)
    assert await ender.statuses(requests) == [Status.ACTIVE] * 2
    assert ender.screen.opened[-1]["title"]["text"] == "Revoke all"
    answer = str(await ender.fill(ender.at.bob, " incident over "))
    for one in requests:
        assert f"Revoked: R-{one.id} is being ended." in answer
        ended = await ender.at.request(one.id)
        assert (ended.status, ended.revoked_by, ended.revoke_reason) == (Status.REVOKING, "Bob Kahn", "incident over")
        actions = [event["action"] for event in await ender.at.events(one.id)]
        assert actions.count("request.revoked") == 1


async def test_a_requester_ends_their_own_and_reads_of_it_as_their_own(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ)
    await ender.ask(ender.at.ada, requests)
    form = ender.screen.opened[-1]
    assert (form["title"]["text"], form["submit"]["text"]) == ("End all", "End all")
    assert "Your access, asked for in one go:" in str(form)
    answer = str(await ender.fill(ender.at.ada))
    assert "Revoked" not in answer
    assert await ender.statuses(requests) == [Status.REVOKING] * 2


async def test_what_is_over_by_now_is_named_with_the_reason_and_the_others_end(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ, PROD_READ)
    await ender.at.revoke(ender.at.ada, requests[1].id)
    await ender.ask(ender.at.bob, requests)
    assert f"R-{requests[1].id}: Ada Lovelace is ending this already." in str(ender.screen.opened[-1])
    await ender.at.revoke(ender.at.ada, requests[0].id)  # while the form is open
    answer = str(await ender.fill(ender.at.bob))
    assert f"R-{requests[0].id}: Ada Lovelace is ending this already." in answer
    assert f"Revoked: R-{requests[2].id} is being ended." in answer
    assert f"R-{requests[1].id}" not in answer
    await ender.ask(ender.at.bob, requests)
    assert len(ender.screen.opened) == 1, "there is nothing left to end"
    assert f"R-{requests[2].id}: Bob Kahn is ending this already." in ender.screen.said[-1]


async def test_each_is_ended_by_its_own_rules(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ)
    book = ender.at.book()
    narrower = replace(book.approval[0], ous=frozenset(), accounts=frozenset({PROD}))
    carol = frozenset({ender.at.carol.id})
    others = ApprovalPolicy("others", accounts=frozenset({STAGING}), approver_users=carol)
    await ender.at.set_policies(replace(book, approval=(narrower, others), revision=book.revision + 1))
    await ender.ask(ender.at.erin, requests)
    assert not ender.screen.opened
    assert ender.screen.said[-1].count("No such request.") + ender.screen.said[-1].count("Only the requester") == 2
    await ender.ask(ender.at.bob, requests)
    assert f"R-{requests[1].id}: No such request." in str(ender.screen.opened[-1])
    await ender.fill(ender.at.bob)
    assert await ender.statuses(requests) == [Status.REVOKING, Status.ACTIVE]


async def test_a_reason_that_is_required_is_asked_for_on_its_field(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ)
    await ender.ask(ender.at.ada, requests)
    without = {**ender.screen.opened[-1], "blocks": []}  # as of before there was a field for it
    required = replace(ender.at.book(revoke_reason=Requirement.REQUIRED), revision=3)
    await ender.at.set_policies(required)
    assert "needs a reason" in (await ender.fill(ender.at.ada, " "))["errors"]["review.reason"]
    ender.screen.opened.append(without)
    again = form_response(
        await ending_all.submit(ender.slack_context, sent(SlackSender(ender.at.ada.chat), without, "older"))
    )
    assert "review.reason" in str(again["view"])
    assert await ender.statuses(requests) == [Status.ACTIVE] * 2
    await ender.fill(ender.at.ada, "done early")
    assert await ender.statuses(requests) == [Status.REVOKING] * 2


async def test_a_form_that_comes_back_shows_nothing_that_its_sender_may_not_see(ender: Ender) -> None:
    """In Teams a client may name any request in it (rule 22)."""
    own = await ender.requests([await ender.at.active(target=PROD_POWER)])
    theirs = await ender.requests([await ender.at.asked(ender.at.dan, STAGING_READ, justification="quiet")])
    await ender.at.set_policies(replace(ender.at.book(revoke_reason=Requirement.REQUIRED), revision=3))
    forged = sent(SlackSender(ender.at.ada.chat), {"private_metadata": about_all([*theirs, *own]), "blocks": []}, "x")
    again = str(form_response(await ending_all.submit(ender.slack_context, forged)))
    assert "review.reason" in again
    assert f"R-{own[0].id}" in again
    assert "Dan Bricklin" not in again
    assert "ReadOnlyAccess" not in again
    assert f"R-{theirs[0].id}: No such request." in again, "it is named as anybody's guess is"


async def test_while_aws_is_away_one_that_cannot_be_looked_up_keeps_no_other_from_being_ended(ender: Ender) -> None:
    one, other = await ender.live(PROD_POWER, STAGING_READ)
    ender.at.principals.down = UpstreamBusy("AWS is away")
    stale = replace(other, justification="as it was before")
    await ender.ask(ender.at.bob, [one, stale])
    form = str(ender.screen.opened[-1])
    assert f"R-{one.id} · " in form
    assert f"R-{other.id}: " in form


async def test_a_form_that_nobody_opened_ends_nothing(ender: Ender) -> None:
    submission = sent(SlackSender(ender.at.bob.chat), {"private_metadata": "x", "blocks": []}, "form:x")
    assert "No such request" in str(form_response(await ending_all.submit(ender.slack_context, submission)))


@pytest.mark.parametrize("words", [HOSTILE, LONG, "Payments"])
async def test_ten_of_the_longest_fit_and_say_how_long_sessions_may_go_on(words: str, show: Open) -> None:
    request = nasty(STATES[Status.ACTIVE], words)
    ten = [replace(request, id=RequestId(10**17 + number)) for number in range(10)]
    shown = await show(revoke_all_form.build(ten, Requirement.REQUIRED, f"R-1: {words}", own=False))
    assert all(f"R-{one.id}" in shown for one in ten)
    assert "may go on until they expire, for up to" in shown
    assert "[ Revoke all ]" in shown


def in_a_screen(who: Member, action: str, value: str) -> ButtonPress:
    return replace(pressed(who, action, value, None), screen="V1", message=None)


def offered(view: dict[str, Any], label: str) -> list[str]:
    """The value of each button of this name."""
    elements = [each for block in view["blocks"] if block["type"] == "actions" for each in block["elements"]]
    return [each["value"] for each in elements if each["text"]["text"] == label]


@pytest.mark.parametrize(("who", "label"), [("ada", "End all"), ("bob", "Revoke all")])
async def test_details_of_one_end_all_that_are_live(ender: Ender, who: str, label: str) -> None:
    reader, requests = getattr(ender.at, who), await ender.live(PROD_POWER, STAGING_READ, PROD_READ)
    await ender.at.revoke(ender.at.ada, requests[2].id)

    async def details(number: int) -> dict[str, Any]:
        await show.open_details(
            ender.slack_context, pressed(reader, "request.details", about(requests[number]), ELSEWHERE)
        )
        return ender.screen.opened[-1]

    assert offered(await details(2), label) == [], "this one is ending already"
    (value,) = offered(await details(1), label)
    assert value == about_all(requests[:2])
    await ending_all.ask(ender.slack_context, in_a_screen(reader, "request.revoke_all", value))
    assert (len(ender.screen.opened), ender.screen.opened[-1]["title"]["text"]) == (2, label), "in place of the details"
    await ender.fill(reader)
    assert await ender.statuses(requests) == [Status.REVOKING] * 3
    assert offered(await details(1), label) == []


async def test_details_end_only_what_the_reader_may_end_and_one_alone_has_its_own_button(ender: Ender) -> None:
    requests = await ender.live(PROD_POWER, STAGING_READ)
    book = ender.at.book()
    others = replace(book.approval[0], ous=frozenset(), accounts=frozenset({PROD}))
    await ender.at.set_policies(replace(book, approval=(others,), revision=book.revision + 1))
    await show.open_details(
        ender.slack_context, pressed(ender.at.bob, "request.details", about(requests[0]), ELSEWHERE)
    )
    view = ender.screen.opened[-1]
    assert (len(offered(view, "Revoke")), offered(view, "Revoke all")) == (1, [])
