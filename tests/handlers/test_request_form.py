"""The form offers, explains, keeps what was typed, and reads back what was meant."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.errors import Field, Reason, Refusal, Side
from core.domain.evaluation import LONGEST_JUSTIFICATION, Eligibility
from core.domain.ids import ConversationId, RequestId
from core.domain.organization import PermissionSet, Target
from core.domain.outcome import InHand
from core.domain.request import Status
from core.domain.settings import Requirement, Settings
from core.services.queries.form_options import DurationChoice, FormPreview
from handlers.flows import opening
from handlers.screens import choices, request_form, request_note
from handlers.screens.ids import FormId, InputId
from handlers.screens.request_form import Prefill
from handlers.screens.request_state import FormState
from handlers.screens.screen import Screen
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.inputs import draw_choice
from handlers.slack.drawing.render import render_options, render_view
from infra.sandbox.slack import LocalSlack
from infra.sandbox.slack.blockkit import check_options
from infra.sandbox.slack.blockkit.form import carried_over, initial_values
from tests.handlers.conftest import Open
from tests.handlers.samples import (
    HOSTILE,
    LINKS,
    LONG,
    NOW,
    REQUEST,
    STATES,
    account_choice,
    foreign_markup,
    nasty,
    permission_set,
)

TARGET = REQUEST.target
EMPTY = FormPreview(Settings(), NOW, is_stale=False)
FOUND = Eligibility(("payments-engineers",), timedelta(hours=4), "payments-engineers", approval_required=True)
CHOSEN = replace(
    EMPTY,
    account=account_choice(path=("Workloads", "Payments")),
    permission_set=permission_set(),
    eligibility=FOUND,
    approver_names=("Payments Leads",),
    channels=(ConversationId("C0PAYMENTS"),),
)
STATE = FormState("key-1", TARGET.account, TARGET.permission_set)
FULL = Prefill(NOW + timedelta(hours=1), timedelta(hours=2), "fix it", "PAY-1")
TICKETED = replace(CHOSEN, settings=Settings(ticket=Requirement.REQUIRED))


def sent(view: Screen) -> dict[str, Any]:
    """The view as Slack sends it back when it is submitted as it opened."""
    rendered = render_view(view)
    return {**rendered, "state": {"values": initial_values(rendered["blocks"])}}


def labels(view: Screen) -> list[str]:
    return [block["label"]["text"] for block in render_view(view)["blocks"] if block["type"] == "input"]


async def test_the_form_has_the_inputs_that_people_know_it_by(show: Open) -> None:
    shown = await show(request_form.build(FormState("k"), EMPTY))
    assert shown.startswith("Request access")
    assert "[ Submit ]" in shown
    assert labels(request_form.build(FormState("k"), EMPTY)) == [
        "Account",
        "Permission set",
        "Start",
        "Duration",
        "Justification",
    ]


def test_a_ticket_is_asked_for_only_where_settings_do() -> None:
    assert "Ticket" in labels(request_form.build(STATE, TICKETED))
    assert "Ticket" not in labels(request_form.build(STATE, CHOSEN))


def test_a_ticket_may_stay_empty_where_it_is_optional() -> None:
    may = replace(CHOSEN, settings=Settings(ticket=Requirement.OPTIONAL))
    for preview, optional in ((may, True), (TICKETED, False)):
        (field,) = [
            block
            for block in render_view(request_form.build(STATE, preview))["blocks"]
            if block.get("label", {}).get("text") == "Ticket"
        ]
        assert field["optional"] is optional


async def test_choosing_both_shows_what_applies(show: Open) -> None:
    shown = await show(request_form.build(STATE, CHOSEN))
    assert "Up to 4 h · approved by Payments Leads in #payments-approvals" in shown
    assert "Sessions already open when access ends keep working for up to 1 h." in shown


async def test_a_target_that_needs_nobody_says_so(show: Open) -> None:
    nobody = replace(CHOSEN, eligibility=replace(FOUND, approval_required=False))
    assert "Up to 4 h · no approval needed" in await show(request_form.build(STATE, nobody))


async def test_a_target_that_cannot_be_says_why(show: Open) -> None:
    refused = replace(CHOSEN, refusal=Refusal(Reason.NO_APPROVER, policies=("payments-approvers",)))
    assert "nobody but you could give it (policy payments-approvers)" in await show(request_form.build(STATE, refused))


async def test_more_than_one_approval_is_announced(show: Open) -> None:
    assert "2 approvals from Payments Leads" in await show(request_form.build(STATE, replace(CHOSEN, quorum=2)))


async def test_an_old_snapshot_is_said_to_be_old(show: Open) -> None:
    assert "AWS was last read" in await show(request_form.build(STATE, replace(CHOSEN, is_stale=True)))
    assert "AWS was last read" not in await show(request_form.build(STATE, CHOSEN))


def test_what_is_submitted_is_read_back() -> None:
    submission = request_form.parse(read_filled(sent(request_form.build(STATE, TICKETED, FULL))))
    assert not submission.problems
    ask = submission.access
    assert (ask.target, ask.duration, ask.justification, ask.ticket) == (TARGET, timedelta(hours=2), "fix it", "PAY-1")
    assert ask.start_at == NOW + timedelta(hours=1)
    assert submission.key == "key-1"


def test_an_empty_start_means_now() -> None:
    submission = request_form.parse(read_filled(sent(request_form.build(STATE, CHOSEN, replace(FULL, start_at=None)))))
    assert submission.access.start_at is None


def test_what_is_not_chosen_or_cannot_be_read_is_a_problem_of_its_own_field() -> None:
    empty = read_filled(sent(request_form.build(FormState("k"), EMPTY)))
    assert [(problem.field, problem.reason) for problem in request_form.parse(empty).problems] == [
        (field, Reason.NOTHING_CHOSEN) for field in (Field.ACCOUNT, Field.PERMISSION_SET, Field.DURATION)
    ]
    unread = replace(empty, answers={**empty.answers, InputId.DURATION: ("a while",)})
    assert Refusal(Reason.DURATION_UNREADABLE, Field.DURATION) in request_form.parse(unread).problems


def test_a_form_remembers_what_it_was_opened_to_prolong() -> None:
    prolonging = replace(STATE, extends=RequestId(1042))
    assert request_form.chosen(read_filled(sent(request_form.build(prolonging, CHOSEN)))).extends == 1042
    assert FormState.load(STATE.dump()).extends is None


async def test_a_form_made_of_a_message_says_where_its_words_go_also_after_a_choice(show: Open) -> None:
    """It may be of a private conversation, and approvers read it in theirs."""
    quoting = replace(STATE, quotes=True)
    filled = request_form.Prefill(justification="the pipeline is stuck", quotes=True)
    said = "stays in the audit trail. Remove what is not for them."
    assert said in await show(request_form.build(quoting, CHOSEN, filled))
    chosen = request_form.chosen(read_filled(sent(request_form.build(quoting, CHOSEN, filled))))
    assert said in await show(request_form.build(chosen, CHOSEN))
    assert said not in await show(request_form.build(STATE, CHOSEN))


@pytest.mark.parametrize("metadata", ["", "nonsense", "[]", '{"k": 1}', '{"k":"k","a":null,"p":null,"t":["x",0]}'])
def test_metadata_that_this_program_did_not_write_is_an_empty_form(metadata: str) -> None:
    submission = request_form.parse(read_filled({"private_metadata": metadata, "state": None}))
    assert len(submission.problems) == 3


@pytest.mark.parametrize(
    ("words", "justification"),
    [
        ("  the queue is stuck ", "the queue is stuck\nhttps://x"),
        ("", "https://x"),
        ("w" * 2000, f"{'w' * 988}…\nhttps://x"),
    ],
)
def test_a_message_becomes_a_justification_with_its_link_and_is_cut_for_it(words: str, justification: str) -> None:
    quoted = request_form.quoting(words, "https://x")
    assert quoted == justification
    assert len(quoted) <= LONGEST_JUSTIFICATION
    assert request_form.quoting("a", "") == "a"


def test_each_refusal_stands_on_its_field() -> None:
    submission = request_form.parse(read_filled(sent(request_form.build(STATE, TICKETED, FULL))))
    shown = request_form.errors(
        [Refusal(Reason.TICKET_MISSING, Field.TICKET), Refusal(Reason.START_IN_PAST, Field.START)], submission.inputs
    )
    assert set(shown) == {"request.ticket", "request.start"}


def test_a_refusal_without_an_input_in_the_form_stands_on_the_permission_set() -> None:
    submission = request_form.parse(read_filled(sent(request_form.build(STATE, CHOSEN, FULL))))
    refusals = [Refusal(Reason.TICKET_MISSING, Field.TICKET), Refusal(Reason.NO_APPROVER)]
    shown = request_form.errors(refusals, submission.inputs)
    assert list(shown) == ["request.permission_set"]
    assert "ticket" in shown["request.permission_set"].lower()
    assert "approv" in shown["request.permission_set"].lower()


@pytest.mark.parametrize("changed", [Field.ACCOUNT, Field.PERMISSION_SET])
def test_a_choice_that_no_longer_fits_is_emptied_and_the_rest_stays(changed: Field) -> None:
    before = sent(request_form.build(STATE, TICKETED, FULL))
    emptied = STATE.emptied(changed)
    after = render_view(request_form.build(emptied, TICKETED))
    values = carried_over(before["state"]["values"], after["blocks"])
    submission = request_form.parse(read_filled({**after, "state": {"values": values}}))
    gone = Field.PERMISSION_SET if changed is Field.ACCOUNT else Field.ACCOUNT
    assert [problem.field for problem in submission.problems] == [gone]
    assert submission.access.justification == "fix it"
    assert submission.access.ticket == "PAY-1"
    assert submission.access.duration == timedelta(hours=2)
    assert submission.access.start_at == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert gone in submission.inputs
    assert submission.inputs[gone] in {block.get("block_id") for block in after["blocks"]}


def test_the_choice_so_far_is_read_from_an_open_form() -> None:
    state = request_form.chosen(read_filled(sent(request_form.build(STATE, CHOSEN))))
    assert state == STATE
    assert state.target == Target(TARGET.account, TARGET.permission_set)


def test_the_justification_is_optional_where_settings_say_so() -> None:
    free = replace(CHOSEN, settings=Settings(require_justification=False))
    blocks = render_view(request_form.build(STATE, free))["blocks"]
    (found,) = [block for block in blocks if block.get("block_id") == "request.justification"]
    assert found["optional"] is True


@pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 3000], ids=["long", "hostile", "wide"])
async def test_slack_accepts_the_worst_form(text: str, show: Open) -> None:
    worst = replace(
        TICKETED,
        is_stale=True,
        account=account_choice(text, path=(text,) * 5),
        permission_set=PermissionSet(TARGET.permission_set, text, text),
        approver_names=(text,) * 200,
        channels=(ConversationId("C0PAYMENTS"),) * 50,
        quorum=9,
    )
    state = replace(STATE, key="k" * 100)
    unclear = dict.fromkeys((Field.ACCOUNT, Field.PERMISSION_SET, Field.DURATION), text)
    filled = replace(FULL, justification=text, ticket=text, not_understood=unclear, extends=STATES[Status.ACTIVE])
    await show(request_form.build(state, worst, filled, NOW))
    assert foreign_markup(render_view(request_form.build(state, worst, filled, NOW))) == []
    assert foreign_markup(render_view(request_form.build(state, worst))) == []


async def test_accounts_of_one_name_are_listed_with_what_tells_them_apart(show: Open) -> None:
    alike = tuple(account_choice("Development", 111111111111 + n, ("Workloads", f"Unit {n}")) for n in range(2))
    filled = replace(FULL, not_understood={Field.ACCOUNT: "Development"}, alike=alike)
    said = await show(request_form.build(STATE, TICKETED, filled, NOW))
    assert "2 accounts are called “Development”: 111111111111 (Workloads / Unit 0), 111111111112" in said
    assert "There is no account" not in said
    many = tuple(account_choice(HOSTILE, 111111111111 + n, (HOSTILE,) * 9) for n in range(300))
    worst = request_form.build(STATE, TICKETED, replace(filled, alike=many, not_understood={Field.ACCOUNT: LONG}), NOW)
    assert "and 295 more. Choose one here." in await show(worst)
    assert foreign_markup(render_view(worst)) == []


def test_a_hundred_of_the_longest_options_are_accepted() -> None:
    accounts = [account_choice(HOSTILE + "x" * 300, 100000000000 + n, ("Division " * 20,) * 4) for n in range(300)]
    sets = [PermissionSet(REQUEST.target.permission_set, "W" * 90, LONG) for _ in range(300)]
    lengths = [DurationChoice(timedelta(minutes=n), timedelta(hours=1)) for n in range(1, 300)]
    for options in (
        choices.account_choices(accounts),
        choices.permission_set_choices(sets),
        choices.duration_choices(lengths),
    ):
        rendered = render_options(options)
        assert len(rendered) == 100
        assert check_options({"options": rendered}) == []


def test_an_option_says_what_it_is() -> None:
    account = draw_choice(choices.account_choice(account_choice(path=("Workloads", "Payments")))).to_dict()
    assert account["text"]["text"] == "Payments Prod"
    assert account["description"]["text"] == "111122223333 · Workloads / Payments"
    chosen = draw_choice(choices.permission_set_choice(permission_set())).to_dict()
    assert chosen["description"]["text"] == "Everything but users · sessions up to 1 h"
    beyond = draw_choice(choices.duration_choice(DurationChoice(timedelta(hours=9), timedelta(hours=4)))).to_dict()
    assert beyond["description"]["text"] == "more than the 4 h allowed here"


async def test_a_sent_form_says_what_it_waits_for_and_links_to_the_card(show: Open) -> None:
    links = replace(LINKS, card="https://example.slack.com/archives/C0PAYMENTS/p1")
    view = request_note.sent(REQUEST, ["Payments Leads"], links)
    assert "Sent. R-1042 waits for Payments Leads." in await show(view)
    assert "archives/C0PAYMENTS/p1" in json.dumps(render_view(view))


async def test_a_sent_form_that_needs_nobody_says_so(show: Open) -> None:
    free = replace(STATES[Status.SCHEDULED], start_at=None, quorum=0)
    assert "Sent. R-1042 needs no approval and is being set up." in await show(request_note.sent(free, [], LINKS))


@pytest.mark.parametrize(
    "view",
    [
        opening.loading("Request access"),
        opening.refused("Request access", HOSTILE),
        request_note.in_hand(InHand(Side.AWS), "your request"),
        request_note.sent(nasty(REQUEST, LONG), [LONG] * 200, LINKS),
    ],
    ids=["loading", "refused", "in hand", "sent"],
)
async def test_a_note_has_nothing_to_submit(view: Screen, show: Open) -> None:
    await show(view)
    assert view.form is FormId.NOTE
    assert not view.submit


async def test_an_option_chosen_first_may_be_shown_again(show: Open, slack: LocalSlack) -> None:
    await show(request_form.build(STATE, CHOSEN, FULL))
    assert slack.complaints == []
