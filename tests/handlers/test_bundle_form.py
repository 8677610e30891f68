"""The form **Bundle**: what it shows, what it reads back, and its worst case."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target
from core.domain.policy import Bundle
from core.domain.policy_diff import Section
from handlers.screens import bundle_form, picker, policy_list, policy_preview
from handlers.screens.bundle_form import BundleState, FilledBundle, TargetNotAdded
from handlers.screens.filled import Filled
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_list import PolicyRef
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.screen import Screen, note
from tests.handlers.conftest import Open, Post
from tests.handlers.policies import BOOK, NAMES, POWER, PROD, READ, STAGING, admin, many, preview
from tests.handlers.samples import HOSTILE, LONG

NOTE = FormNote(Section.BUNDLES, "incident", 7)
INCIDENT = Bundle("incident", (Target(PROD, POWER), Target(STAGING, READ)))
STATE = BundleState(NOTE, INCIDENT.targets)
GONE = Target(AccountId("000000000000"), READ)


def form(state: BundleState = STATE, not_added: TargetNotAdded | None = None) -> Screen:
    return bundle_form.build(state, "incident", BOOK, NAMES, not_added)


def sent(state: BundleState = STATE, name: str = "incident", account: str = "", permission_set: str = "") -> Filled:
    """The form as it comes back, with these choices beside the list."""
    answers: dict[str, Any] = {
        picker.input_of(Field.NAME): name,
        state.account_input: (account,) if account else (),
        state.permission_set_input: (permission_set,) if permission_set else (),
    }
    return Filled(answers, tuple(answers), state.dump())


async def test_it_lists_each_target_with_a_button_that_takes_it_out(show: Open) -> None:
    shown = await show(form())
    assert "2 of at most 10 targets" in shown
    assert "PowerUserAccess in Payments Prod" in shown
    assert shown.count("[ Remove ]") == 2
    assert "A bundle gives nobody any right" in shown


async def test_what_is_gone_is_marked_and_why_nothing_was_added_is_said(show: Open) -> None:
    shown = await show(form(replace(STATE, targets=(GONE,)), TargetNotAdded.INCOMPLETE))
    assert "gone: left out when somebody takes the bundle" in shown
    assert TargetNotAdded.INCOMPLETE in shown


async def test_a_blank_one_has_no_list(show: Open) -> None:
    assert "of at most" not in await show(bundle_form.build(BundleState(NOTE), "", BOOK, NAMES))


def test_a_form_that_is_sent_as_it_opened_changes_nothing() -> None:
    assert bundle_form.parse(sent()) == FilledBundle(INCIDENT)
    assert BundleState.load(STATE.dump()) == STATE
    assert FormNote.load(STATE.dump()) == NOTE
    assert BundleState.load(NOTE.dump()) is None


def test_what_is_chosen_beside_the_list_is_sent_too_and_half_of_it_is_a_problem_of_the_other_half() -> None:
    added = bundle_form.parse(sent(name=" outage ", account=STAGING, permission_set=POWER)).bundle
    assert added == Bundle("outage", (*INCIDENT.targets, Target(STAGING, POWER)))
    (problem,) = bundle_form.parse(sent(account=STAGING)).problems
    assert (problem.reason, problem.field) == (Reason.NOTHING_CHOSEN, Field.PERMISSION_SET)
    (problem,) = bundle_form.parse(sent(permission_set=READ)).problems
    assert problem.field == Field.ACCOUNT


def test_what_was_added_leaves_both_inputs_empty_for_another() -> None:
    after = STATE.with_added(GONE)
    assert after.targets == (*STATE.targets, GONE)
    assert after.account_input != STATE.account_input
    assert after.without(GONE).targets == STATE.targets
    assert after.with_added(GONE).targets == after.targets


def test_each_refusal_is_said_on_its_field() -> None:
    refusals = [
        Refusal(Reason.BUNDLE_NAME_UNUSABLE, Field.NAME, ("a b",), detail="80"),
        Refusal(Reason.BUNDLE_EMPTY, Field.TARGETS, ("a b",)),
        Refusal(Reason.NOTHING_CHOSEN, Field.PERMISSION_SET),
    ]
    said = bundle_form.errors(refusals, sent())
    assert set(said) == {picker.input_of(Field.NAME), STATE.account_input, STATE.permission_set_input}
    assert "is one word" in said[picker.input_of(Field.NAME)]


async def test_it_is_in_the_list_and_shown_whole_with_what_can_be_done_about_it(show: Open, post: Post) -> None:
    book = replace(BOOK, bundles=(INCIDENT,))
    shown = await show(policy_list.build_screen(admin(book)))
    assert "incident · Bundle" in shown
    whole = await post(policy_list.show(admin(book), PolicyRef(Section.BUNDLES, "incident")))
    assert "PowerUserAccess in Payments Prod, ReadOnlyAccess in Staging" in whole
    assert "[ Edit ]" in whole
    assert "1 bundle" in await show(note("Home", policy_list.home(book)))


async def test_the_preview_names_what_changes_and_what_is_gone(show: Open) -> None:
    after = replace(BOOK, bundles=(Bundle("incident", (*INCIDENT.targets, GONE)),), labels={READ: "ReadOnlyAccess"})
    shown = await show(policy_preview.build(preview(after), PreviewNote(3, Section.BUNDLES, "incident")))
    assert "Bundle incident: new" in shown
    assert "A bundle gives nobody any right: what people may ask for, and who decides, stays as it is." in shown
    assert "ReadOnlyAccess in 000000000000" in shown
    assert "bundle incident, target 3: 000000000000 does not exist" in shown


@pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 3000], ids=["long", "hostile", "wide"])
async def test_the_worst_names_fit(text: str, show: Open) -> None:
    names, book = many(text, MOST_TARGETS)
    organization = names.organization
    targets = zip(organization.accounts, organization.permission_sets, strict=True)
    state = BundleState(replace(NOTE, was="W" * 80), tuple(Target(*each) for each in targets), turn=99)
    shown = await show(bundle_form.build(state, "W" * 80, book, names, TargetNotAdded.FULL))
    assert shown.count("[ Remove ]") == MOST_TARGETS
