"""Several targets in one go, as people see it: in the form, on the shared card, in the message to who asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.notice_content import AskedTogether
from core.domain.notices import Form, Notice, Plain, Recipient, Topic
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target
from core.domain.request import Request, Shown, Status
from core.domain.settings import Settings
from core.ports import Card
from core.services.queries.form_options import FormPreview, GoneTarget, LeftOut, ListedTarget, OfferedBundle
from handlers.screens import notices, request_form, review_all_form, shared_card
from handlers.screens.request_buttons import about, about_all, read_all
from handlers.screens.request_state import FormState
from handlers.screens.review_form import ListPlace
from handlers.screens.screen import Message, Screen
from handlers.screens.target_list import Several, Unadded, bundle_input
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_message, render_view
from handlers.teams.drawing.cards import draw_message
from handlers.teams.drawing.fitting import fits
from handlers.words import sentences
from infra.sandbox.slack.blockkit.form import initial_values
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import HOSTILE, LINKS, LONG, NOW, REQUEST, STATES, card, foreign_markup, nasty, worst_card
from tests.handlers.teams.alike import READER

EMPTY = FormPreview(Settings(), NOW, is_stale=False)
MANY = tuple(Target(AccountId(f"{n:012}"), PermissionSetArn(f"{REQUEST.target.permission_set}{n}")) for n in range(10))
LISTED = [
    ListedTarget(
        target, f"Power in {target.account}", ("Power", target.account), timedelta(hours=4), needs_approval=True
    )
    for target in MANY
]


def together(*requests: Request) -> list[Request]:
    first = RequestId(1042)
    return [
        replace(one, id=RequestId(1042 + n), submission=first, card=first, target=MANY[n])
        for n, one in enumerate(requests)
    ]


def shared(requests: Sequence[Request], **changes: Any) -> Card:
    lead, *others = [card(one, **changes) for one in requests]
    return replace(lead, others=tuple(others))


def labels(message: Message | Screen) -> list[str]:
    rendered = render_view(message) if isinstance(message, Screen) else render_message(message)
    blocks = rendered["blocks"]
    pressed = [each for block in blocks if block["type"] == "actions" for each in block["elements"]]
    beside = [block["accessory"] for block in blocks if block.get("accessory")]
    return [each["text"]["text"] for each in (*pressed, *beside) if each["type"] == "button"]


# --- the form ----------------------------------------------------------------------------------------


def blocks(state: FormState, several: Several | None = None) -> dict[str, Any]:
    rendered = render_view(request_form.build(state, EMPTY, several=several))
    return {**rendered, "state": {"values": initial_values(rendered["blocks"])}}


def test_what_is_added_travels_with_the_form_and_both_inputs_are_empty_for_another() -> None:
    state = FormState("k", MANY[0].account, MANY[0].permission_set).with_added(MANY[0])
    assert (state.account, state.permission_set, state.added) == (None, None, MANY[:1])
    assert (state.account_turn, state.permission_set_turn) == (1, 1)
    full = state.with_added(*MANY)
    assert FormState.load(full.dump()) == full
    assert len(full.dump()) < 3000  # what a view of Slack holds
    assert full.without(MANY[3]).added == (*MANY[:3], *MANY[4:])


async def test_the_form_lists_what_was_added_each_with_a_button_that_takes_it_out(show: Open) -> None:
    state, several = FormState("k").with_added(*MANY[:2]), Several(LISTED[:2])
    screen = request_form.build(state, EMPTY, several=several)
    assert labels(screen) == ["Add a target", "Remove", "Remove"]
    shown = await show(screen)
    assert "2 of at most 10 targets, each a request of its own:" in shown
    assert f"Power in {MANY[1].account} · up to 4 h · needs approval" in shown
    optional = {b["label"]["text"]: b["optional"] for b in render_view(screen)["blocks"] if b["type"] == "input"}
    assert (optional["Account"], optional["Permission set"]) == (True, True)


async def test_a_form_for_one_target_is_as_it_was_with_one_button_more(show: Open) -> None:
    screen = request_form.build(FormState("k"), EMPTY)
    assert labels(screen) == ["Add a target"]
    assert "targets, each" not in await show(screen)
    unadded = request_form.build(FormState("k"), EMPTY, several=Several(unadded=Unadded.INCOMPLETE))
    assert "Choose an account and a permission set first" in await show(unadded)


@pytest.mark.parametrize(("chosen", "targets"), [(None, MANY[:2]), (MANY[2], MANY[:3]), (MANY[1], MANY[:2])])
def test_what_is_sent_is_what_is_in_the_list_and_what_is_chosen(
    chosen: Target | None, targets: tuple[Target, ...]
) -> None:
    state = FormState("k").with_added(*MANY[:2])
    if chosen:
        state = replace(state, account=chosen.account, permission_set=chosen.permission_set)
    filled = read_filled(blocks(replace(state, account=None, permission_set=None)))
    answers = {**filled.answers, "request.duration": ("60m",)}
    if chosen:
        answers |= {"request.account.1": (chosen.account,), "request.permission_set.1": (chosen.permission_set,)}
    form = request_form.parse(replace(filled, answers=answers))
    assert form.problems == ()
    assert (form.access.target, *form.others) == targets


def test_half_a_target_beside_the_list_is_a_problem_of_the_other_half() -> None:
    filled = read_filled(blocks(FormState("k").with_added(*MANY[:2])))
    answers = {**filled.answers, "request.duration": ("60m",), "request.account.1": (MANY[2].account,)}
    form = request_form.parse(replace(filled, answers=answers))
    assert form.problems == (Refusal(Reason.NOTHING_CHOSEN, Field.PERMISSION_SET),)
    assert request_form.errors(form.problems, form.inputs).keys() == {"request.permission_set.1"}


def test_the_field_says_which_of_ten_targets_are_refused() -> None:
    refusals = [Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET, of=each.called) for each in LISTED[:3]]
    said = sentences.refusals(refusals)
    assert said == f"{', '.join(each.called for each in LISTED[:3])}: {sentences.refusal(refusals[0])}"


# --- the card ----------------------------------------------------------------------------------------


async def test_the_shared_card_shows_each_with_its_buttons_and_those_that_decide_all(post: Post) -> None:
    requests = together(REQUEST, REQUEST, STATES[Status.ACTIVE])
    lead = shared(requests)
    later = (replace(each, now=each.now + timedelta(milliseconds=1)) for each in lead.others)  # each is read in turn
    message = shared_card.build(replace(lead, others=tuple(later)), LINKS)
    shown = await post(message)
    first, second = shown.splitlines()[:2]
    assert first == "🟡 2 waiting for approval · 🟢 1 active  ·  R-1042, R-1043, R-1044"
    assert second == "Ada Lovelace asks for 3 targets in one go"
    assert shown.count("PowerUserAccess in Payments Prod") == 3
    assert shown.count("Needs 1 approval from Bob Kahn, Carol Shaw or Dan Bricklin (Payments Leads)") == 1
    decide = ["Approve", "Reject", "Approve for a shorter time", "Details"]
    assert labels(message) == [*decide, *decide, "Revoke", "Details", "Approve all", "Reject all"]


def test_all_that_is_approved_or_live_can_be_ended_together_by_whoever_may_and_by_who_asked() -> None:
    live = together(STATES[Status.ACTIVE], STATES[Status.SCHEDULED], STATES[Status.ENDED])
    assert labels(shared_card.build(shared(live), LINKS)) == [*["Revoke", "Details"] * 2, "Details", "Revoke all"]
    two = together(STATES[Status.ACTIVE], STATES[Status.GRANTING], REQUEST)
    content = AskedTogether(RequestId(1042), tuple(two))
    notice = Notice(Form.DIRECT, content, Recipient.principal(REQUEST.requester))
    assert labels(notices.build(notice, two[0], LINKS, NOW)) == ["End all", *["Details"] * 3]


def test_all_is_offered_only_while_more_than_one_waits() -> None:
    requests = together(REQUEST, STATES[Status.REJECTED])
    assert not {"Approve all", "Reject all"} & set(labels(shared_card.build(shared(requests), LINKS)))


@pytest.mark.parametrize("words", [HOSTILE, LONG])
@pytest.mark.parametrize("status", [Status.PENDING, Status.ACTIVE, Status.FAILED, Status.REVOKED])
async def test_ten_of_them_fit_whatever_people_wrote(status: Status, words: str, post: Post) -> None:
    requests = together(*[nasty(STATES[status], words) for _ in range(10)])
    lead, *others = [worst_card(one, words) for one in requests]
    message = shared_card.build(replace(lead, others=tuple(others)), LINKS)
    shown = await post(message)
    assert not foreign_markup(render_message(message))
    assert all(f"R-{one.id}" in shown for one in requests)
    drawn = draw_message(message, READER).card
    assert fits(drawn)
    if status is Status.PENDING:
        assert "Approve all" in str(drawn)


def test_ten_ordinary_ones_have_all_their_buttons_in_teams() -> None:
    drawn = str(draw_message(shared_card.build(shared(together(*[REQUEST] * 10)), LINKS), READER).card)
    assert drawn.count("'title': 'Approve'") == 10
    assert drawn.count("'title': 'Reject'") == 10


def test_a_button_for_all_carries_each_as_it_was_shown() -> None:
    requests = together(REQUEST, REQUEST)
    assert read_all(about_all(requests)) == tuple(Shown.read(about(one)) for one in requests)
    assert read_all("1042:abc nonsense") == ()
    assert read_all(None) == ()


def test_a_value_that_was_forged_names_no_more_than_a_form_has_targets() -> None:
    ten = " ".join(f"{number}:ab" for number in range(1, MOST_TARGETS + 1))
    assert len(read_all(ten)) == MOST_TARGETS
    assert read_all(f"{ten} 11:ab") == ()
    assert read_all(" ".join(["1:ab"] * 1000)) == ()


async def test_a_line_below_the_card_says_which_of_them_it_is_about(post: Post) -> None:
    (_, second) = together(REQUEST, STATES[Status.REJECTED])
    notice = Notice(Form.THREAD, Plain(Topic.REJECTED), Recipient.conversation(REQUEST.channels[0]))
    shown = await post(notices.build(notice, second, LINKS, NOW))
    assert shown.startswith("⛔ R-1043: Rejected by Bob Kahn")


async def test_the_form_about_all_names_each_and_who_is_left_out(show: Open) -> None:
    back = ListPlace("1042", "https://h/1")
    screen = review_all_form.build_reject(together(REQUEST, REQUEST), "R-1044: You've already decided on this.", back)
    shown = await show(screen)
    assert "R-1042 · PowerUserAccess in Payments Prod (000000000000)" in shown
    assert "R-1044: You've already decided on this." in shown
    read = review_all_form.parse(read_filled(render_view(screen)))
    assert (len(read.shown), read.back) == (2, back)


# --- the message to who asked ------------------------------------------------------------------------


async def test_the_message_to_the_requester_names_each_and_withdraws_all_that_have_not_begun(post: Post) -> None:
    requests = together(REQUEST, REQUEST, STATES[Status.REJECTED])
    notice = Notice(
        Form.DIRECT, AskedTogether(RequestId(1042), tuple(requests)), Recipient.principal(REQUEST.requester)
    )
    message = notices.build(notice, requests[0], LINKS, NOW)
    shown = await post(message)
    assert "You asked for 3 targets in one go, now, for 2 h." in shown
    assert "R-1044 · PowerUserAccess in Payments Prod" in shown
    assert labels(message) == ["Withdraw all", "Details", "Details", "Details"]
    over = replace(notice, content=AskedTogether(RequestId(1042), tuple(together(*[STATES[Status.REJECTED]] * 2))))
    assert "Withdraw all" not in labels(notices.build(over, requests[0], LINKS, NOW))


# --- bundles -----------------------------------------------------------------------------------------

BUNDLES = (OfferedBundle("incident", MANY[:3], LeftOut(1)), OfferedBundle("night", MANY[3:4]))


async def test_a_bundle_may_be_chosen_where_there_is_one_and_is_empty_again_once_it_was_taken(show: Open) -> None:
    state = FormState("k")
    screen = request_form.build(state, EMPTY, several=Several(bundles=BUNDLES))
    inputs = {b["label"]["text"]: b for b in render_view(screen)["blocks"] if b["type"] == "input"}
    offered = inputs["Bundle"]["element"]["options"]
    assert [(each["text"]["text"], each["description"]["text"]) for each in offered] == [
        ("incident", "3 of 4 targets"),
        ("night", "1 target"),
    ]
    assert inputs["Bundle"]["dispatch_action"]
    taken = state.with_bundle(*MANY[:3])
    assert FormState.load(taken.dump()) == taken
    assert bundle_input(taken) != bundle_input(state)
    shown = await show(
        request_form.build(taken, EMPTY, several=Several(LISTED[:3], bundles=BUNDLES, left_out=LeftOut(1)))
    )
    assert "1 target of that bundle is left out: you can't ask for it." in shown
    assert "Bundle" not in labels_of_inputs(request_form.build(state, EMPTY))


@pytest.mark.parametrize("bundles", [BUNDLES, ()])
async def test_what_is_gone_from_a_bundle_is_named_with_what_to_do(
    bundles: tuple[OfferedBundle, ...], show: Open
) -> None:
    gone = (GoneTarget(2, Field.ACCOUNT, "999999999999"), GoneTarget(3, Field.PERMISSION_SET, "OldAccess"))
    for left_out, said in (
        (LeftOut(0, gone[:1]), "target 2 (account 999999999999), which no longer exists. Ask the admins of TEAM Bot"),
        (LeftOut(1, gone), "(account 999999999999), target 3 (permission set OldAccess), which no longer exist. Ask"),
    ):
        shown = await show(
            request_form.build(FormState("k"), EMPTY, several=Several(bundles=bundles, left_out=left_out))
        )
        assert "⚠️ Left out of that bundle: target 2" in shown
        assert said in shown
        assert ("you can't ask for it" in shown) is (left_out.not_theirs > 0)


def labels_of_inputs(screen: Screen) -> list[str]:
    return [b["label"]["text"] for b in render_view(screen)["blocks"] if b["type"] == "input"]
