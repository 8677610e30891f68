"""Changing policies and settings: the form, what it would do, and one click to save it."""

import asyncio
from dataclasses import dataclass, replace

from core.domain.commands import SavePolicies
from core.domain.errors import AccessError, Field, Reason, Refusal, Refused, Side, UpstreamBusy
from core.domain.outcome import InHand, Outcome, Result
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import NamedPart, Section, policy_in
from core.domain.policy_edits import put, without
from core.domain.policy_validation import is_about
from core.ports import Draft, watching
from core.services.policies.admin_gate import AdminContext
from core.services.policies.drafts import DraftPreview
from handlers.flows.answers import FieldErrors, FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import show_when_ready
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender
from handlers.screens import bundle_form, policy_form, policy_preview, request_note, settings_form
from handlers.screens.bundle_form import BundleState
from handlers.screens.ids import FormId, InputId
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_list import PolicyRef
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.screen import Screen
from handlers.words import sentences

SETTLE = 0.5
"""Seconds until the platform has put the screen of our answer there: what comes before that is overwritten by it."""
_BLANK: dict[Section, NamedPart] = {
    Section.ELIGIBILITY: EligibilityPolicy(""),
    Section.APPROVAL: ApprovalPolicy(""),
    Section.BUNDLES: Bundle(""),
}


# --- forms -------------------------------------------------------------------------------------------


async def new_form(platform: Platform, sender: Sender, section: Section) -> Screen:
    """A blank form."""
    admin = await platform.services.administration.admins.require(sender.chat_user)
    note = FormNote(section, based_on=admin.book.revision)
    return _form_of(sender, admin, note, _BLANK[section], admin.book)


async def edit_form(platform: Platform, sender: Sender, ref: PolicyRef) -> Screen:
    """The form with a policy, or the settings, as they are now."""
    admin = await platform.services.administration.admins.require(sender.chat_user)
    return _form(sender, admin, FormNote(ref.section, ref.name, admin.book.revision), admin.book)


async def back(platform: Platform, press: ButtonPress) -> None:
    """From a preview to its form, with everything that was typed."""
    origin = PreviewNote.load(press.value)
    if origin is None or origin.section is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    await show_when_ready(platform, press, "Policy", _draft_form(platform, press.sender, origin, origin.section))


async def _draft_form(platform: Platform, sender: Sender, origin: PreviewNote, section: Section) -> Screen:
    admin = await platform.services.administration.admins.require(sender.chat_user)
    draft = await platform.services.administration.drafts.own(admin, origin.draft)
    return _form(sender, admin, FormNote(section, origin.name, draft.based_on, draft.id), draft.book)


def _form(sender: Sender, admin: AdminContext, note: FormNote, book: PolicyBook) -> Screen:
    if note.section is Section.SETTINGS:
        return settings_form.build(note, book, admin.names)
    policy = policy_in(book, note.section, note.was)
    if policy is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=note.was))
    return _form_of(sender, admin, note, policy, book)


def _form_of(sender: Sender, admin: AdminContext, note: FormNote, part: NamedPart, book: PolicyBook) -> Screen:
    if isinstance(part, Bundle):
        return bundle_form.build(BundleState(note, part.targets), part.name, book, admin.names)
    return policy_form.build(note, part, book, admin.names, sender.chat_user.platform)


# --- previews ----------------------------------------------------------------------------------------


async def deletion(platform: Platform, sender: Sender, ref: PolicyRef) -> Screen:
    """The effect of deleting a policy."""
    admin = await platform.services.administration.admins.require(sender.chat_user)
    draft = await platform.services.administration.drafts.keep(
        admin, without(admin.book, ref.section, ref.name), admin.book.revision
    )
    preview = await platform.services.administration.drafts.look(admin, draft)
    return _shown(preview, PreviewNote(draft.id, deletes=True))


async def restoration(platform: Platform, sender: Sender, revision: int) -> Screen:
    """The effect of going back to a revision."""
    drafting = platform.services.administration.drafts
    admin = await platform.services.administration.admins.require(sender.chat_user)
    return _shown(await drafting.look(admin, await drafting.restore(admin, revision)))


async def submit_form(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Keep what was typed, and say what it would do; errors on their fields when it is impossible."""
    deadline = AnswerDeadline()
    note = FormNote.load(submission.filled.memo)
    if note is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    with watching() as pending:
        try:
            kept = await deadline.wait(_kept(platform, submission, note))
        except TimeoutError:
            raise UpstreamBusy("The form could not be read in time.", side=pending.side or Side.BOT) from None
        except Refused as refused:
            return _errors(refused.refusals, submission)
    looking = platform.background.start(platform.services.administration.drafts.look(kept.admin, kept.draft), "preview")
    origin = PreviewNote(kept.draft.id, note.section, kept.filled.name)
    try:
        preview = await deadline.wait(asyncio.shield(looking))
    except TimeoutError:
        if kept.filled.problems:
            return _errors(kept.filled.problems, submission)
        platform.boundary.take("late preview", submission.sender, _later(platform, submission, looking, origin))
        return _update(policy_preview.working())
    wrong = _wrong(kept.filled, note.section, preview)
    return _errors(wrong, submission) if wrong else _update(_shown(preview, origin))


def _wrong(filled: "_Filled", section: Section, preview: DraftPreview) -> tuple[Refusal, ...]:
    """Everything that the form is refused for at once: what cannot be read, and what is impossible about the rest.

    What others have changed is shown first. What is wrong elsewhere in the draft is shown by its preview.
    """
    if preview.meanwhile and not filled.problems:
        return ()
    unread = {problem.field for problem in filled.problems}
    faults = (fault for fault in preview.faults if is_about(fault, section, filled.name) and fault.field not in unread)
    return (*filled.problems, *faults)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A filled-in policy: the name of the policy, the book with it, and what could not even be read."""

    name: str
    book: PolicyBook
    problems: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    admin: AdminContext
    draft: Draft
    filled: _Filled


async def _kept(platform: Platform, submission: FormSubmission, note: FormNote) -> _Kept:
    """The draft of a form.

    Who is admin was read anew for the form, and is again when this is saved: here somebody waits.
    """
    drafting = platform.services.administration.drafts
    admin = await platform.services.administration.admins.require(submission.sender.chat_user, fresh=False)
    base = (await drafting.own(admin, note.draft)).book if note.draft else await drafting.book_at(note.based_on)
    filled = _read(submission, note, base)
    return _Kept(admin, await drafting.keep(admin, filled.book, note.based_on), filled)


def _read(submission: FormSubmission, note: FormNote, base: PolicyBook) -> _Filled:
    if note.section is Section.SETTINGS:
        settings = settings_form.parse(submission.filled, base.settings)
        return _Filled("", replace(base, settings=settings.settings), settings.problems)
    before = policy_in(base, note.section, note.was) if note.was else _BLANK[note.section]
    if before is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=note.was))
    if isinstance(before, Bundle):
        filled = bundle_form.parse(submission.filled)
        return _Filled(filled.bundle.name, put(base, filled.bundle, note.was), filled.problems)
    form = policy_form.parse(submission.filled, before, submission.sender.chat_user.platform)
    return _Filled(form.policy.name, put(base, form.policy, note.was), form.problems)


async def _later(
    platform: Platform,
    submission: FormSubmission,
    looking: "asyncio.Task[DraftPreview]",
    origin: PreviewNote,
    *,
    outdated: bool = False,
) -> None:
    """Put the preview in the place of what stands there while it is made."""
    try:
        view = _shown(await looking, origin, outdated=outdated)
    except AccessError as error:
        view = policy_preview.refused(sentences.error(error), origin)
    await asyncio.sleep(SETTLE)
    await platform.exchange(submission.screen_id, view)


def _shown(preview: DraftPreview, origin: PreviewNote | None = None, *, outdated: bool = False) -> Screen:
    """A preview of the draft that it was made of: not always the one that was asked about."""
    note = replace(origin, draft=preview.draft.id) if origin else PreviewNote(preview.draft.id)
    return policy_preview.build(preview, note, was_outdated=outdated)


# --- saving ------------------------------------------------------------------------------------------


async def save(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """One click: stored before it is acknowledged, and done."""
    deadline = AnswerDeadline()
    origin = PreviewNote.load(submission.filled.memo)
    if origin is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    why = policy_preview.typed_why(submission.filled)
    command = SavePolicies(submission.sender.chat_user, f"policies:{origin.draft}", draft=origin.draft, why=why)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    return await _answer(platform, submission, origin, outcome, deadline)


async def _answer(
    platform: Platform,
    submission: FormSubmission,
    origin: PreviewNote,
    outcome: Outcome | InHand,
    deadline: AnswerDeadline,
) -> FormAnswer:
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your change", "Saved"))
    match outcome.result:
        case Result.SAVED | Result.PROPOSED:
            return _update(policy_preview.done(outcome, deleted=origin.deletes))
        case Result.OUTDATED:
            return await _outdated(platform, submission, origin, deadline)
        case Result.BROKEN:
            return _update(policy_preview.refused(sentences.incident(outcome.incident), origin))
        case _ if any(refusal.reason is Reason.WHY_MISSING for refusal in outcome.refusals):
            return wrong(InputId.WHY, sentences.refusals(outcome.refusals))
        case _:
            return _update(policy_preview.refused(sentences.refusals(outcome.refusals), origin))


async def _outdated(
    platform: Platform, submission: FormSubmission, origin: PreviewNote, deadline: AnswerDeadline
) -> FormAnswer:
    """Others were faster: what they changed, and what this changes on top of it."""
    work = platform.services.administration.drafts.preview(submission.sender.chat_user, origin.draft)
    looking = platform.background.start(work, "preview")
    try:
        preview = await deadline.wait(asyncio.shield(looking))
    except TimeoutError:
        later = _later(platform, submission, looking, origin, outdated=True)
        platform.boundary.take("late preview", submission.sender, later)
        return _update(policy_preview.working())
    return _update(_shown(preview, origin, outdated=True))


def _errors(refusals: tuple[Refusal, ...], submission: FormSubmission) -> FormAnswer:
    of_form = bundle_form if submission.form == FormId.BUNDLE else policy_form
    return FieldErrors(of_form.errors(refusals, submission.filled))


def _update(view: Screen) -> FormAnswer:
    return NextScreen(view)
