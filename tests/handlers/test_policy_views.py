"""Forms, previews, lists and histories of policies: what they say, what they read back, and their worst cases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from core.domain.decider_changes import DeciderChange, Deciders, RoleShift
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.platforms import SLACK
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, Notify, PolicyBook
from core.domain.policy_diff import Section
from core.domain.policy_impact import AccessChange, AffectedRequest, PolicyImpact, RequestImpact
from core.domain.request import Actor
from core.domain.settings import Requirement, Settings
from core.domain.widening import Widening
from core.ports import Conversation, Proposal
from core.services.policies.drafts import DraftPreview
from core.services.policies.names import Named
from core.services.policies.store import HistoryPage
from handlers.screens import effects, picker, policy_form, policy_history, policy_list, policy_preview, settings_form
from handlers.screens.filled import Filled
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_list import PolicyRef
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.screen import Screen, note
from handlers.screens.settings_form import SettingsForm
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_options, render_view
from infra.sandbox.slack.blockkit import check_options
from infra.sandbox.slack.blockkit.form import initial_values
from tests.handlers.conftest import Open, Post
from tests.handlers.policies import (
    ADA,
    ADMINS,
    APPROVING,
    BOOK,
    CHANNEL,
    ELIGIBLE,
    FAULTS,
    FRANK,
    LEADS,
    NAMES,
    POWER,
    PRIVATE,
    PROD,
    READ,
    STAGING,
    admin,
    entry,
    many,
    preview,
    worst_preview,
)
from tests.handlers.samples import HOSTILE, LONG, NOW, REQUEST, foreign_markup
from tests.setting_values import Known, settings_values
from tests.strategies import OF_TEAMS

FULL = picker.CROWDED
"""Values of each of the six fields of a policy, all of them type-aheads still."""
WORST = pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 3000], ids=["long", "hostile", "wide"])
NOTE = FormNote(Section.ELIGIBILITY, "payments-engineers", 7)
ORIGIN = PreviewNote(3, Section.ELIGIBILITY, "payments-engineers")


def sent(view: Screen, **filled: dict[str, Any]) -> Filled:
    """The view as Slack sends it back: as it opened, but for the fields that were filled in."""
    rendered = render_view(view)
    values = initial_values(rendered["blocks"])
    for field, value in filled.items():
        element = next(iter(values[picker.input_of(field)]))
        values[picker.input_of(field)][element] = value
    return read_filled({**rendered, "state": {"values": values}})


def form(policy: EligibilityPolicy | ApprovalPolicy) -> Screen:
    section = Section.ELIGIBILITY if isinstance(policy, EligibilityPolicy) else Section.APPROVAL
    return policy_form.build(FormNote(section, policy.name, 7), policy, BOOK, NAMES, SLACK)


# --- forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [ELIGIBLE, APPROVING], ids=["eligibility", "approval"])
def test_a_form_that_is_sent_as_it_opened_changes_nothing(policy: EligibilityPolicy | ApprovalPolicy) -> None:
    read = policy_form.parse(sent(form(policy)), policy, SLACK)
    assert (read.policy, read.problems) == (policy, ())


KNOWN = Known((PROD, STAGING), (POWER, READ), (LEADS, ADMINS))


@given(settings_values(KNOWN))
def test_settings_that_are_sent_as_they_opened_change_nothing(settings: Settings) -> None:
    book = replace(BOOK, settings=settings)
    view = sent(settings_form.build(FormNote(Section.SETTINGS, "", 7), book, NAMES))
    read = settings_form.parse(view, settings)
    assert (read.settings, read.problems) == (settings, ())


def test_a_pattern_that_ends_in_a_space_is_left_as_it_is() -> None:
    settings = replace(BOOK.settings, ticket_pattern=r"OPS-\d+\ ")
    view = sent(settings_form.build(FormNote(Section.SETTINGS, "", 7), replace(BOOK, settings=settings), NAMES))
    assert settings_form.parse(view, settings) == SettingsForm(settings)


def test_what_is_not_in_the_form_stays_as_it_is() -> None:
    settings = replace(BOOK.settings, approval_required=False, auditor_group=LEADS, max_open_requests=7)
    assert settings_form.parse(Filled(), settings) == SettingsForm(settings)


def test_settings_take_the_words_never_and_off() -> None:
    form = settings_form.build(FormNote(Section.SETTINGS, "", 7), BOOK, NAMES)
    read = settings_form.parse(
        sent(form, request_expiry={"value": " Never "}, reminder_after={"value": "off"}), BOOK.settings
    )
    assert not read.problems
    assert (read.settings.request_expiry, read.settings.reminder_after) == (None, None)
    wrong = settings_form.parse(
        sent(form, request_expiry={"value": "off"}, max_duration={"value": "never"}), BOOK.settings
    )
    assert {problem.field for problem in wrong.problems} == {"request_expiry", "max_duration"}


@pytest.mark.parametrize("typed", ["0", "-1", "many", "99999"])
def test_a_number_of_open_requests_that_is_none_is_a_problem_of_its_field(typed: str) -> None:
    view = sent(settings_form.build(FormNote(Section.SETTINGS, "", 7), BOOK, NAMES), max_open_requests={"value": typed})
    read = settings_form.parse(view, BOOK.settings)
    assert [(problem.reason, problem.field) for problem in read.problems] == [
        (Reason.NUMBER_UNREADABLE, "max_open_requests")
    ]
    assert read.settings == BOOK.settings


def test_a_choice_that_was_not_offered_changes_nothing() -> None:
    forged = {"type": "static_select", "selected_option": {"value": "everybody"}}
    form = settings_form.build(FormNote(Section.SETTINGS, "", 7), BOOK, NAMES)
    view = sent(form, approver_comment=forged, unknown_assignments=forged, approval_required=forged)
    assert settings_form.parse(view, BOOK.settings).settings == BOOK.settings


def test_what_is_filled_in_is_read() -> None:
    view = sent(
        form(ELIGIBLE),
        name={"value": " payments "},
        accounts={"selected_options": []},
        permission_sets={"selected_options": [{"value": READ}]},
        max_duration={"value": "90 minutes"},
        approval_required={"selected_option": {"value": "false"}},
    )
    read = policy_form.parse(view, ELIGIBLE, SLACK).policy
    assert isinstance(read, EligibilityPolicy)
    assert (read.name, read.accounts, read.permission_sets) == ("payments", frozenset(), frozenset({READ}))
    assert (read.max_duration, read.approval_required) == (timedelta(minutes=90), False)
    assert (read.groups, read.ous) == (ELIGIBLE.groups, ELIGIBLE.ous)


def test_every_permission_set_is_chosen_in_one_kind_of_policy_and_means_any_in_the_other() -> None:
    every = {"selected_options": [{"value": "*"}]}
    eligible = policy_form.parse(sent(form(ELIGIBLE), permission_sets=every), ELIGIBLE, SLACK).policy
    approving = policy_form.parse(sent(form(APPROVING), permission_sets=every), APPROVING, SLACK).policy
    assert eligible.permission_sets == {EVERY_PERMISSION_SET}
    assert not approving.permission_sets
    assert render_view(form(eligible))["blocks"][6]["element"]["initial_options"][0]["text"]["text"] == (
        "Every permission set"
    )


def test_a_channel_that_slack_does_not_have_stays_when_the_form_is_sent() -> None:
    policy = replace(APPROVING, channels=(*APPROVING.channels, OF_TEAMS))
    view = form(policy)
    assert OF_TEAMS not in str(render_view(view))
    assert "The card is posted in 1 channel of Teams, too." in str(render_view(view))
    assert policy_form.parse(sent(view), policy, SLACK).policy == policy


@pytest.mark.parametrize(("chosen", "read"), [("both", Notify.BOTH), ("bogus", Notify.EACH)])
def test_how_approvers_are_told_is_chosen_and_what_was_not_offered_changes_nothing(chosen: str, read: Notify) -> None:
    before = replace(APPROVING, notify=Notify.EACH)
    view = sent(form(before), notify={"selected_option": {"value": chosen}})
    assert policy_form.parse(view, before, SLACK).policy == replace(before, notify=read)


def test_an_empty_length_is_the_global_maximum() -> None:
    read = policy_form.parse(sent(form(ELIGIBLE), max_duration={"value": None}), ELIGIBLE, SLACK).policy
    assert isinstance(read, EligibilityPolicy)
    assert read.max_duration is None


@pytest.mark.parametrize("typed", ["0", "-1", "two", "1.5", "99999", "²"])
def test_a_quorum_that_is_no_number_is_a_problem_of_its_field(typed: str) -> None:
    view = sent(form(APPROVING), approvals_required={"value": typed})
    (problem,) = policy_form.parse(view, APPROVING, SLACK).problems
    assert list(policy_form.errors([problem], view)) == ["policy.approvals_required"]


def test_a_length_that_cannot_be_read_is_a_problem_of_its_field() -> None:
    view = sent(form(ELIGIBLE), max_duration={"value": "soon"})
    assert [p.field for p in policy_form.parse(view, ELIGIBLE, SLACK).problems] == [Field.MAX_DURATION]


def test_a_refusal_without_an_input_stands_on_the_first() -> None:
    view = render_view(form(ELIGIBLE))
    assert list(policy_form.errors([Refusal(Reason.NO_TARGET, Field.CHANNELS)], read_filled(view))) == ["policy.name"]


def test_channels_in_another_order_are_no_change() -> None:
    two = replace(APPROVING, channels=(CHANNEL, CHANNEL[::-1]))  # type: ignore[arg-type]
    view = sent(form(two), channels={"selected_conversations": [CHANNEL[::-1], CHANNEL]})
    assert policy_form.parse(view, two, SLACK).policy == two


@pytest.mark.parametrize(
    ("text", "count"),
    [(LONG, FULL), (HOSTILE, FULL), ("W" * 300, FULL), ("W" * 300, FULL + 1), ("W" * 300, picker.CROWDED), ("W", 500)],
    ids=["long", "hostile", "wide", "one too many", "crowded", "five hundred"],
)
async def test_however_many_values_a_policy_has_its_form_fits_and_loses_none(text: str, count: int, show: Open) -> None:
    names, book = many(text, count)
    for policy in (book.eligibility[0], book.approval[0]):
        section = Section.ELIGIBILITY if isinstance(policy, EligibilityPolicy) else Section.APPROVAL
        view = policy_form.build(FormNote(section, policy.name, 7, 10**9), policy, book, names, SLACK)
        await show(view)
        assert foreign_markup(render_view(view)) == []
        assert policy_form.parse(sent(view), policy, SLACK).policy == policy
    view = settings_form.build(FormNote(Section.SETTINGS, "", 7), book, names)
    await show(view)
    assert settings_form.parse(sent(view), book.settings).settings == book.settings


async def test_what_does_not_fit_says_where_to_change_it(show: Open) -> None:
    names, book = many("x", picker.MOST + 1)
    shown = await show(policy_form.build(NOTE, book.eligibility[0], book, names, SLACK))
    assert f"Accounts ({picker.MOST + 1}): too many for a form. They stay as they are; teambot policy apply" in shown


async def test_one_field_may_have_a_hundred_values_where_the_others_leave_room(show: Open) -> None:
    names, book = many("W" * 300, picker.MOST)
    some = frozenset([*book.eligibility[0].groups][:60])
    policy = replace(book.eligibility[0], users=frozenset(), groups=some, direct_ous=frozenset())
    view = policy_form.build(NOTE, policy, book, names, SLACK)
    assert "too many for a form" not in await show(view)
    assert policy_form.parse(sent(view), policy, SLACK).policy == policy


async def test_what_is_gone_says_so_in_the_form(show: Open) -> None:
    ghostly = replace(ELIGIBLE, groups=frozenset({LEADS, type(LEADS)("g-ghosts")}))
    book = replace(BOOK, labels={"g-ghosts": "Ghosts"})
    assert "Ghosts (gone)" in await show(policy_form.build(NOTE, ghostly, book, NAMES, SLACK))


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"s":"nothing","w":"","b":1,"d":0}', None])
def test_metadata_that_this_program_did_not_write_is_nothing(metadata: object) -> None:
    assert FormNote.load(metadata) is None
    assert PreviewNote.load(metadata) is None
    assert PolicyRef.read(metadata) is None


def test_notes_are_read_as_they_were_written() -> None:
    assert FormNote.load(NOTE.dump()) == NOTE
    assert PreviewNote.load(ORIGIN.dump()) == ORIGIN
    assert PolicyRef.read(str(PolicyRef(Section.APPROVAL, "a:b"))) == PolicyRef(Section.APPROVAL, "a:b")


def test_a_hundred_of_the_longest_names_are_accepted_as_options() -> None:
    names, book = many(LONG, 100)
    for field in (Field.ACCOUNTS, Field.OUS, Field.DIRECT_OUS, Field.PERMISSION_SETS, Field.GROUPS, Field.USERS):
        found = policy_form.named_all(field, getattr(book.eligibility[0], field), book, names)
        rendered = render_options(picker.named_choices(found))
        assert len(rendered) == 100
        assert check_options({"options": rendered}) == []


def test_accounts_of_one_name_are_told_apart_however_deep_they_are() -> None:
    deep = Named("111122223333", "Prod", "111122223333 · " + " / ".join(f"Division {n:04}" for n in range(9)))
    ((rendered),) = render_options(picker.named_choices([deep]))
    said = rendered["description"]["text"]
    assert said.startswith("111122223333 · …")
    assert said.endswith("/ Division 0008")
    assert len(said) == 75


# --- previews ----------------------------------------------------------------------------------------


async def test_a_preview_says_what_changes_and_what_it_does(show: Open) -> None:
    shorter = replace(ELIGIBLE, max_duration=timedelta(hours=2), permission_sets=frozenset({READ}))
    done = PolicyImpact(
        lost=(AccessChange((FRANK,), 2, (Target(PROD, POWER),)),),
        touched=(AffectedRequest(REQUEST, (RequestImpact.NOT_ELIGIBLE, RequestImpact.OTHER_QUORUM), 2),),
        undecidable=(PROD,),
    )
    joins = (Conversation(CHANNEL, "payments-new", bot_is_member=False),)
    posts = (Conversation(CHANNEL, "payments-old"), Conversation(PRIVATE, "layoffs", is_private=True))
    view = policy_preview.build(preview(replace(BOOK, eligibility=(shorter,)), done, joins=joins, posts=posts), ORIGIN)
    shown = await show(view)
    for words in (
        "✏️ Eligibility policy payments-engineers: changed",
        "Permission sets: − PowerUserAccess",
        "Longest access: 4 h → 2 h",
        "Frank: PowerUserAccess in Payments Prod and 1 more target",
        "1 pending request is touched",
        "R-1042 of Ada Lovelace, PowerUserAccess in Payments Prod: is no longer allowed",
        "needs 2 approvals from then on",
        "nobody, or too few people, could approve it",
        "The bot can post in #payments-old, #C0PRIVATE.",
        "The bot is not in #payments-new yet. It joins when you save.",
        "[ Back to the form ]",
        "[ Save ]",
    ):
        assert words in shown, words


async def test_what_needs_nobodys_approval_is_told_first_and_for_how_long(show: Open) -> None:
    shift = AccessChange((ADA,), 2, (Target(STAGING, POWER),), timedelta(hours=9))
    done = PolicyImpact(
        gained=(shift, shift),
        given=(shift,),
        askable=(replace(shift, people=(FRANK,)),),
        longer=(replace(shift, was=timedelta(hours=4)),),
        redecided=(decided_by_fewer(),),
    )
    shown = await show(policy_preview.build(preview(replace(BOOK, approval=()), done), ORIGIN))
    said = [
        "🔓 Will get without anybody's approval, for up to 9 h\n• Ada: PowerUserAccess in Staging and 1 more target",
        (
            "🔓 Who decides changes\n• PowerUserAccess in Payments Prod: 2 approvals → 1; Frank no longer decides; "
            "no card in #payments-approvals"
        ),
        "🔓 Will be able to have for longer\n• Ada: PowerUserAccess in Staging and 1 more target: 4 h → 9 h",
        "➕ Will be able to ask for, for up to 9 h\n• Frank:",
    ]
    places = [shown.find(words) for words in said]
    assert -1 not in places, (places, shown)
    assert places == sorted(places)
    assert effects.NOTHING not in shown


def decided_by_fewer() -> DeciderChange:
    before = Deciders(frozenset({FRANK}), frozenset({LEADS}), frozenset({CHANNEL}), 2)
    after = Deciders(frozenset(), frozenset({LEADS}), frozenset(), 1)
    return DeciderChange(before, after, (), (FRANK,), 1, (Target(PROD, POWER),), askable=True)


async def test_an_approver_group_without_anybody_is_a_warning_that_names_it(show: Open) -> None:
    book = replace(BOOK, approval=(replace(APPROVING, approvals_required=2),))
    shown = await show(policy_preview.build(preview(book, empty_groups=(("payments-leads", (LEADS,)),)), ORIGIN))
    assert "⚠️ payments-leads names the approver group Payments Leads, with nobody enabled in it today." in shown
    assert "[ Save ]" in shown


async def test_a_change_that_leaves_no_policy_of_a_kind_says_what_follows(show: Open) -> None:
    for kind in ("eligibility", "approval"):
        shown = await show(policy_preview.build(preview(replace(BOOK, **{kind: ()})), ORIGIN))  # type: ignore[arg-type]
        assert f"⚠️ There is no {kind} policy" in shown
    assert "⚠️ There is no" not in await show(policy_preview.build(preview(BOOK), ORIGIN))


async def test_what_is_capped_is_a_warning_that_names_the_cap(show: Open) -> None:
    said = "⚠️ payments-engineers says 12 h, and is capped at 9 h, the global maximum (settings, max_duration)."
    long = replace(BOOK, eligibility=(replace(ELIGIBLE, max_duration=timedelta(hours=12)),))
    shown = await show(policy_preview.build(preview(long), ORIGIN))
    assert said in shown
    assert "[ Save ]" in shown
    lower = replace(BOOK, settings=replace(BOOK.settings, max_duration=timedelta(hours=2)))
    assert "says 4 h, and is capped at 2 h" in await show(policy_preview.build(preview(lower), ORIGIN))
    assert "capped" not in await show(policy_preview.build(preview(replace(BOOK, approval=())), ORIGIN))


MANAGED = replace(NAMES, organization=replace(NAMES.organization, out_of_reach=frozenset({POWER})))


def in_management(after: PolicyBook) -> DraftPreview:
    """A change, while PowerUserAccess is provisioned in the management account."""
    return preview(after, admin=admin(BOOK, MANAGED))


async def test_a_set_of_the_management_account_is_a_warning_where_a_changed_policy_names_it(show: Open) -> None:
    """A set that the policy named before is named again: whoever changes the policy looks at all of it (rule 9)."""
    (own, *others) = BOOK.eligibility
    said = (
        f"⚠️ {own.name} names PowerUserAccess, which is provisioned in the management account: AWS lets a delegated "
        "administrator neither grant nor take such a set away in any account. It is not offered."
    )
    longer = replace(BOOK, eligibility=(replace(own, max_duration=timedelta(hours=1)), *others))
    new = replace(own, name="another")
    assert said in await show(policy_preview.build(in_management(longer), ORIGIN))
    shown = await show(policy_preview.build(in_management(replace(BOOK, eligibility=(*BOOK.eligibility, new))), ORIGIN))
    assert "⚠️ another names PowerUserAccess" in shown
    assert said not in shown
    without = replace(own, permission_sets=own.permission_sets - {POWER})
    for harmless in (replace(BOOK, approval=()), replace(BOOK, eligibility=(without, *others))):
        assert "management account" not in await show(policy_preview.build(in_management(harmless), ORIGIN))
    assert "management account" not in await show(policy_preview.build(preview(longer), ORIGIN))


async def test_who_decides_about_a_change_that_waits_is_warned_of_such_a_set_too(show: Open) -> None:
    (own, *others) = BOOK.eligibility
    after = replace(BOOK, eligibility=(replace(own, max_duration=timedelta(hours=1)), *others))
    proposal = Proposal(after, 7, Actor("Erin Gray"), "it was time", NOW, NOW + timedelta(days=7), id=3)
    shown = await show(policy_preview.waiting(in_management(after), proposal))
    assert f"⚠️ {own.name} names PowerUserAccess, which is provisioned in the management account" in shown


async def test_that_nothing_changes_for_anybody_is_said_only_without_effects(show: Open) -> None:
    asks = replace(BOOK, settings=replace(BOOK.settings, ticket=Requirement.REQUIRED))
    assert effects.NOTHING in await show(policy_preview.build(preview(asks), ORIGIN))
    roles = (RoleShift(Field.ADMIN_GROUP, (ADA,), (FRANK,)),)
    for done in (PolicyImpact(redecided=(decided_by_fewer(),)), PolicyImpact(roles=roles)):
        assert effects.NOTHING not in await show(policy_preview.build(preview(asks, done), ORIGIN))


async def test_a_deletion_is_called_one_from_the_button_to_the_end(show: Open) -> None:
    gone = preview(replace(BOOK, approval=()))
    view = policy_preview.build(gone, PreviewNote(3, deletes=True))
    assert "[ Delete ]" in await show(view)
    assert render_view(view)["title"]["text"] == "Delete payments-leads?"
    note = PreviewNote.load(view.memo)
    assert note is not None
    assert note.deletes
    assert "Deleted. Revision 8" in await show(policy_preview.saved(8, deleted=note.deletes))
    listed = render_view(policy_list.show_screen(admin(), PolicyRef(Section.APPROVAL, "payments-leads")))
    (button,) = [each for block in listed["blocks"] for each in block.get("elements", ()) if _says(each) == "Delete"]
    assert button["style"] == "danger"
    assert "[ Save ]" in await show(policy_preview.build(gone, PreviewNote(3)))


def _says(element: dict[str, Any]) -> str:
    text = element.get("text")
    return str(text["text"]) if isinstance(text, dict) else ""


async def test_a_new_policy_is_shown_whole(show: Open) -> None:
    new = replace(ELIGIBLE, name="new", max_duration=None)
    shown = await show(policy_preview.build(preview(replace(BOOK, eligibility=(ELIGIBLE, new))), ORIGIN))
    assert "🆕 Eligibility policy new: new" in shown
    assert "Longest access: the global maximum" in shown
    assert "Approval: needed" in shown


async def test_another_name_is_told_as_that_and_not_as_one_deleted_and_one_new(show: Open) -> None:
    renamed = replace(ELIGIBLE, name="people", max_duration=None)
    shown = await show(policy_preview.build(preview(replace(BOOK, eligibility=(renamed,))), ORIGIN))
    assert "✏️ Eligibility policy people: new name, was payments-engineers" in shown
    assert "Longest access: 4 h → the global maximum" in shown
    assert "Accounts" not in shown
    other = replace(renamed, users=frozenset())
    shown = await show(policy_preview.build(preview(replace(BOOK, eligibility=(other,))), ORIGIN))
    assert "🗑️ Eligibility policy payments-engineers: deleted" in shown


async def test_what_cannot_be_saved_has_nothing_to_submit(show: Open) -> None:
    shown = await show(policy_preview.build(preview(PolicyBook(), faults=FAULTS), ORIGIN))
    assert "This cannot be saved" in shown
    assert "[ Save ]" not in shown
    unchanged = await show(policy_preview.build(preview(BOOK), ORIGIN))
    assert "Nothing changes" in unchanged
    assert "[ Save ]" not in unchanged


async def test_what_cannot_be_restored_leads_to_where_it_is_mended(show: Open) -> None:
    """There is no form to go back to: without a way, a revision that names what is gone could never be restored."""
    gone = Refusal(Reason.IS_GONE, Field.GROUPS, ("old",), detail="Payments")
    restored = replace(BOOK, eligibility=(ELIGIBLE, replace(ELIGIBLE, name="old")))
    view = policy_preview.build(preview(restored, faults=(gone,)), PreviewNote(3))
    shown = await show(view)
    assert "old: Payments does not exist. Remove it." in shown
    assert "[ Edit ]" in shown
    assert PreviewNote(3, Section.ELIGIBILITY, "old").dump() in {
        block.get("accessory", {}).get("value") for block in render_view(view)["blocks"]
    }
    here = policy_preview.build(preview(restored, faults=(gone,)), PreviewNote(3, Section.ELIGIBILITY, "old"))
    assert "[ Edit ]" not in await show(here)


async def test_what_others_have_saved_meanwhile_is_shown_first(show: Open) -> None:
    theirs = replace(BOOK, revision=8, approval=(replace(APPROVING, approvals_required=2),))
    after = replace(BOOK, eligibility=())
    view = policy_preview.build(preview(after, meanwhile=(entry(BOOK, theirs),)), ORIGIN, was_outdated=True)
    shown = await show(view)
    assert "Not saved: others were faster." in shown
    assert "Revision 8 · Erin Gray" in shown
    assert "Approvals required: 1 → 2" in shown


@WORST
async def test_slack_accepts_the_worst_preview(text: str, show: Open) -> None:
    worst = worst_preview(text)
    mended_elsewhere = tuple(
        replace(fault, policies=(policy.name,)) for policy in worst.draft.book.policies for fault in FAULTS * 3
    )
    for found in (worst, replace(worst, faults=FAULTS * 20), replace(worst, faults=mended_elsewhere)):
        view = policy_preview.build(found, replace(ORIGIN, name="W" * 80), was_outdated=True)
        await show(view)
        assert foreign_markup(render_view(view)) == []


def proposal(text: str = "more", who: PrincipalId = ADA) -> Proposal:
    return Proposal(BOOK, 7, Actor(text[:80], who), text, NOW, NOW + timedelta(days=7), id=12)


async def test_a_change_that_waits_is_shown_whole_with_approve_and_reject(show: Open) -> None:
    longer = replace(BOOK, settings=replace(BOOK.settings, max_duration=timedelta(hours=12)))
    found = replace(preview(longer), waits=(Widening.MORE_TIME,))
    shown = await show(policy_preview.waiting(found, proposal()))
    assert "Another admin has to approve this: access can last longer." in shown
    assert "[ Approve ] [ Reject ]" in shown
    own = await show(policy_preview.waiting(found, proposal(who=FRANK)))
    assert "This is your own change" in own
    assert "[ Approve ]" not in own
    assert "[ Send for approval ]" in await show(policy_preview.build(found, ORIGIN))
    assert "Waits for a second admin" in await show(note("Home", policy_list.home(BOOK, [proposal()] * 9)))


@WORST
async def test_slack_accepts_the_worst_change_that_waits(text: str, show: Open) -> None:
    found = replace(worst_preview(text), waits=tuple(Widening), faults=FAULTS * 3)
    view = policy_preview.waiting(found, proposal(text))
    await show(view)
    assert foreign_markup(render_view(view)) == []
    assert len(policy_list.home(BOOK, [proposal(text)] * 9)) <= policy_list.HOME_PARTS


# --- lists and histories -----------------------------------------------------------------------------


async def test_the_list_is_read_ten_a_page(post: Post, show: Open) -> None:
    names, book = many("x", 3)
    message = policy_list.build(admin(book, names))
    assert "1 to 10 of 24" in await post(message)
    assert "[ More ]" in await post(message)
    last = await show(policy_list.build_screen(admin(book, names), 20))
    assert "21 to 24 of 24" in last
    assert "[ More ]" not in last


async def test_without_policies_the_list_says_how_to_begin(post: Post) -> None:
    assert "nobody can ask for anything" in await post(policy_list.build(admin(PolicyBook())))


async def test_one_policy_is_shown_whole(post: Post) -> None:
    shown = await post(policy_list.show(admin(), PolicyRef(Section.APPROVAL, "payments-leads")))
    for words in ("Payments Leads", "#payments-approvals", "Permission sets\nany", "[ Edit ]", "[ Delete ]"):
        assert words in shown, words
    assert "[ Delete ]" not in await post(policy_list.show(admin(), PolicyRef(Section.SETTINGS)))


async def test_a_name_that_is_nearly_right_is_named(post: Post) -> None:
    assert "Did you mean payments-leads" in await post(policy_list.which(admin(), [], "payments-lead"))
    assert "Did you mean payments-leads" in await post(policy_list.which(admin(), [], "lead"))
    assert "Did you mean" not in await post(policy_list.which(admin(), [], "zzz"))
    assert "Which policy?" in await post(policy_list.which(admin(), [], ""))


def test_a_policy_is_found_by_its_name_in_any_case() -> None:
    twins = replace(BOOK, approval=(replace(APPROVING, name="Payments-Engineers"),))
    assert policy_list.named(twins, "payments-engineers") == [PolicyRef(Section.ELIGIBILITY, "payments-engineers")]
    assert len(policy_list.named(twins, "PAYMENTS-engineers")) == 2


@WORST
async def test_slack_accepts_the_worst_lists(text: str, post: Post, show: Open) -> None:
    names, book = many(text, 80)
    sitting = admin(book, names)
    first = policy_list.every(book)[0][0]
    await post(policy_list.build(sitting))
    await post(policy_list.show(sitting, first))
    await post(policy_list.show(sitting, PolicyRef(Section.SETTINGS)))
    await post(policy_list.which(sitting, [ref for ref, _ in policy_list.every(book)][:2], text))
    await post(policy_list.which(sitting, [], text))
    await post(policy_list.unknown_word(text, "/team"))
    for view in (policy_list.build_screen(sitting, 20), policy_list.show_screen(sitting, first)):
        await show(view)
        assert foreign_markup(render_view(view)) == []


@WORST
async def test_slack_accepts_the_worst_history(text: str, post: Post, show: Open) -> None:
    names, book = many(text, 80)
    page = HistoryPage((entry(PolicyBook(6), book, text),) * 10, more=True)
    await post(policy_history.build(page))
    view = policy_history.build_revision(admin(book, names), page.entries[0])
    await show(view)
    assert foreign_markup(render_view(view)) == []


async def test_the_history_says_which_fields_a_revision_changed(post: Post) -> None:
    shorter = replace(BOOK, revision=8, eligibility=(replace(ELIGIBLE, max_duration=None, users=frozenset()),))
    shown = await post(policy_history.build(HistoryPage((entry(BOOK, shorter),), more=False)))
    assert "payments-engineers (changed: Users, Longest access)" in shown


async def test_a_revision_that_holds_is_not_restored(show: Open) -> None:
    now, before = entry(PolicyBook(), BOOK), entry(PolicyBook(), replace(BOOK, revision=6))
    assert "[ Restore ]" not in await show(policy_history.build_revision(admin(), now))
    assert "[ Restore ]" in await show(policy_history.build_revision(admin(), before))
