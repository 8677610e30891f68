"""A group is called a group wherever a request about one is shown, and its form asks for one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import Eligibility
from core.domain.ids import GroupId
from core.domain.notice_content import Overdue
from core.domain.notices import Form, Notice, Plain, Recipient, Topic
from core.domain.organization import MEMBERSHIP_NAME, membership_of
from core.domain.people import Group
from core.domain.policy_warnings import PolicyWarning, WarningKind
from core.domain.request import LeftBehind, Request, Status
from core.domain.settings import Requirement, Settings
from core.services.queries.form_options import FormPreview
from handlers.screens import details, group_form, notices, request_card, request_form, revoke_form, warnings
from handlers.screens.details import Powers
from handlers.screens.filled import Filled
from handlers.screens.ids import InputId
from handlers.screens.request_state import FormState
from handlers.screens.screen import note
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_view
from handlers.words.left_behind_words import left_in_aws
from infra.sandbox.slack.blockkit.form import initial_values
from tests.handlers.conftest import Open, Post
from tests.handlers.policies import admin
from tests.handlers.samples import HOSTILE, LINKS, LONG, NOW, STATES, card, nasty

OPERATORS = Group(GroupId("90676c1a2b-11111111-2222-3333-4444-555555555555"), "Payments Operators")
HOURS = timedelta(hours=13)
FOUND = Eligibility(("payments-engineers",), timedelta(hours=4), "payments-engineers", approval_required=True)
PREVIEW = FormPreview(Settings(), NOW, is_stale=False, group=OPERATORS, eligibility=FOUND, approver_names=("Leads",))
CHOSEN = group_form.GroupFormState("key-1", OPERATORS.id)
FULL = request_form.Prefill(NOW + timedelta(hours=1), timedelta(hours=2), "fix it", "PAY-1")


def of_group(request: Request) -> Request:
    return replace(
        request,
        target=membership_of(OPERATORS.id),
        account_name=OPERATORS.name,
        permission_set_name=MEMBERSHIP_NAME,
        session_duration=HOURS,
    )


def sent(state: group_form.GroupFormState, preview: FormPreview, filled: request_form.Prefill) -> Filled:
    """The form as Slack sends it back when it is submitted as it opened."""
    rendered = render_view(group_form.build(state, preview, filled, NOW))
    view: dict[str, Any] = {**rendered, "state": {"values": initial_values(rendered["blocks"])}}
    return read_filled(view)


def tell(said: Any, request: Request) -> Notice:
    return Notice(Form.DIRECT, said, Recipient.principal(request.requester), request.id)


async def test_the_form_asks_for_a_group_and_what_every_request_has(show: Open) -> None:
    shown = await show(group_form.build(CHOSEN, PREVIEW, FULL, NOW))
    for words in ("Request access", "Group", "Payments Operators", "Up to 4 h", "approved by Leads", "up to an hour"):
        assert words in shown, words
    assert "Permission set" not in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Operators", "There is no group “Operators” that you may ask for."), ("", "There is no group that you may")],
)
async def test_whoever_may_ask_for_none_reads_that_the_form_is_for_an_account(
    typed: str, said: str, show: Open
) -> None:
    filled = request_form.Prefill(not_understood={Field.GROUP: typed})
    shown = await show(request_form.build(FormState("k"), replace(PREVIEW, group=None, eligibility=None), filled, NOW))
    assert f"⚠️ {said}" in shown
    assert "This form asks for access to an account." in shown


def test_it_is_read_as_it_was_filled_in() -> None:
    preview = replace(PREVIEW, settings=Settings(ticket=Requirement.REQUIRED))
    read = group_form.parse(sent(CHOSEN, preview, FULL))
    assert (read.key, read.access.target, read.problems) == ("key-1", membership_of(OPERATORS.id), ())
    asked = read.access
    assert (asked.duration, asked.justification, asked.ticket) == (timedelta(hours=2), "fix it", "PAY-1")
    assert group_form.target_of(sent(CHOSEN, preview, FULL)) == membership_of(OPERATORS.id)


def test_what_is_missing_or_refused_is_said_on_its_field() -> None:
    empty = group_form.parse(sent(group_form.GroupFormState("k"), replace(PREVIEW, group=None), request_form.Prefill()))
    assert {each.field for each in empty.problems} == {Field.GROUP, Field.DURATION}
    refused = [Refusal(Reason.GROUP_HAS_POWER, Field.GROUP), Refusal(Reason.NO_APPROVER)]
    errors = request_form.errors(refused, empty.inputs)
    assert set(errors) == {InputId.GROUP}
    assert "decide, administer or audit" in errors[InputId.GROUP]


def test_the_memo_of_the_other_form_is_none_of_this_one() -> None:
    state = FormState("k")
    assert group_form.chosen(Filled(memo=state.dump())) is None
    assert group_form.chosen(Filled(memo="{")) is None
    assert FormState.load(CHOSEN.dump()).target is None


async def test_what_was_typed_and_is_no_group_of_theirs_is_given_back(show: Open) -> None:
    filled = request_form.Prefill(not_understood={Field.GROUP: "Owners"})
    shown = await show(group_form.build(group_form.GroupFormState("k"), replace(PREVIEW, group=None), filled, NOW))
    assert "There is no group" in shown
    assert "Owners" in shown


async def test_the_form_for_accounts_leads_there_for_whoever_may(show: Open) -> None:
    preview = FormPreview(Settings(), NOW, is_stale=False)
    assert request_form.JOIN not in await show(request_form.build(FormState("k"), preview))
    assert request_form.JOIN in await show(request_form.build(FormState("k"), replace(preview, groups_too=True)))


@pytest.mark.parametrize("status", Status)
async def test_a_card_and_its_details_name_the_group_in_every_status(status: Status, post: Post, show: Open) -> None:
    request = of_group(STATES[status])
    for shown in (
        await post(request_card.build(card(request), LINKS)),
        await show(details.build(card(request), (), LINKS, Powers())),
    ):
        assert "Payments Operators" in shown
        assert "Group" in shown
        assert "Permission set" not in shown
        assert "Session activity" not in shown


async def test_nothing_says_that_new_sessions_stop_at_once(post: Post, show: Open) -> None:
    """Rule 21: AWS notices within an hour that somebody has left a group."""
    for shown in (
        await show(revoke_form.build(of_group(STATES[Status.ACTIVE]), Requirement.OPTIONAL, own=True)),
        await post(request_card.build(card(of_group(STATES[Status.PENDING])), LINKS)),
    ):
        assert "at once" not in shown
        assert "until then new sessions may be opened" in shown


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (Topic.ACTIVE, Status.ACTIVE, ("to the group Payments Operators is active", "sign out there and in again")),
        (Topic.ENDED, Status.ENDED, ("up to an hour", "new sessions may still be opened", "at the latest")),
        (
            Overdue("refused", asked=False),
            Status.REVOKING,
            ("synchronized from another system", "take the person out of it there"),
        ),
        (Topic.FAILED, Status.FAILED, ("AWS no longer lists the membership",)),
    ],
)
async def test_messages_say_what_a_group_means(said: Any, status: Status, words: tuple[str, ...], post: Post) -> None:
    request = of_group(STATES[status])
    content = Plain(said) if isinstance(said, Topic) else said
    shown = await post(notices.build(tell(content, request), request, LINKS, NOW))
    for each in words:
        assert each in shown, each
    assert "account_id" not in shown
    assert "aws sso login" not in shown


@pytest.mark.parametrize("because", LeftBehind)
def test_what_is_left_is_called_a_membership(because: LeftBehind) -> None:
    said = left_in_aws(of_group(replace(STATES[Status.ENDED], left_behind=because)))
    assert "membership" in said
    assert "account" not in said


async def test_a_group_that_another_system_keeps_by_now_is_warned_of(show: Open) -> None:
    request = of_group(STATES[Status.ACTIVE])
    live = PolicyWarning(WarningKind.NOT_JOINED, request=request, reason=Reason.GROUP_SYNCHRONIZED)
    shown = await show(note("Home", warnings.build(admin(), [live])))
    assert "is in the group Payments Operators for a while" in shown
    assert "do so there" in shown


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_the_worst_names_fit(text: str, post: Post, show: Open) -> None:
    for status in Status:
        request = replace(nasty(STATES[status], text), target=membership_of(OPERATORS.id))
        await post(request_card.build(card(request), LINKS))
    preview = replace(PREVIEW, group=Group(OPERATORS.id, text))
    await show(group_form.build(CHOSEN, preview, replace(FULL, justification=text[:1000]), NOW))
