"""Changing policies and settings: the form, what it would do, and one click to save it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.models.views import View

from core.domain.errors import AccessError, Field, Reason, Refusal, Refused, Side, UpstreamBusy
from core.domain.outcome import InHand, Outcome, Result
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Policy, Section, policy_in
from core.domain.policy_edits import put, without
from core.domain.policy_faults import is_about
from core.ports import Act, ActKind, Draft, watching
from core.services.admins import Seat
from core.services.drafting import Preview
from handlers import sentences
from handlers.screens import request_note
from handlers.slack.deadline import ACT_WITHIN, Deadline
from handlers.slack.desk import Desk
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.ids import BlockId
from handlers.slack.opening import show_when_ready
from handlers.slack.payloads import Press, Sender, Submission
from handlers.slack.views import policy_form, policy_preview, settings_form
from handlers.slack.views.policy_form import FormNote
from handlers.slack.views.policy_list import PolicyRef
from handlers.slack.views.policy_preview import PreviewNote
from handlers.slack.views.render import render_view

SETTLE = 0.5
"""Seconds until Slack has put the view of our answer there: what comes before that is overwritten by it."""
_BLANK: dict[Section, Policy] = {Section.ELIGIBILITY: EligibilityPolicy(""), Section.APPROVAL: ApprovalPolicy("")}

Answer = dict[str, Any]


# --- forms -------------------------------------------------------------------------------------------


async def new_form(desk: Desk, sender: Sender, section: Section) -> View:
    """A blank form."""
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    return policy_form.build(FormNote(section, based_on=seat.book.revision), _BLANK[section], seat.book, seat.names)


async def edit_form(desk: Desk, sender: Sender, ref: PolicyRef) -> View:
    """The form with a policy, or the settings, as they are now."""
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    return _form(seat, FormNote(ref.section, ref.name, seat.book.revision), seat.book)


async def back(desk: Desk, press: Press) -> None:
    """From a preview to its form, with everything that was typed."""
    origin = PreviewNote.load(press.value)
    if origin is None or origin.section is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    await show_when_ready(desk, press, "Policy", _draft_form(desk, press.sender, origin, origin.section))


async def _draft_form(desk: Desk, sender: Sender, origin: PreviewNote, section: Section) -> View:
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    draft = await desk.services.administration.drafting.own(seat, origin.draft)
    return _form(seat, FormNote(section, origin.name, draft.based_on, draft.id), draft.book)


def _form(seat: Seat, note: FormNote, book: PolicyBook) -> View:
    if note.section is Section.SETTINGS:
        return settings_form.build(note, book, seat.names)
    policy = policy_in(book, note.section, note.was)
    if policy is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=note.was))
    return policy_form.build(note, policy, book, seat.names)


# --- previews ----------------------------------------------------------------------------------------


async def deletion(desk: Desk, sender: Sender, ref: PolicyRef) -> View:
    """What it would do to delete a policy."""
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    draft = await desk.services.administration.drafting.keep(
        seat, without(seat.book, ref.section, ref.name), seat.book.revision
    )
    preview = await desk.services.administration.drafting.look(seat, draft)
    return _shown(preview, PreviewNote(draft.id, deletes=True))


async def restoration(desk: Desk, sender: Sender, revision: int) -> View:
    """What it would do to go back to a revision."""
    drafting = desk.services.administration.drafting
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    return _shown(await drafting.look(seat, await drafting.restore(seat, revision)))


async def submit_form(desk: Desk, submission: Submission) -> Answer:
    """Keep what was typed, and say what it would do; errors on their fields when it is impossible."""
    deadline = Deadline()
    note = FormNote.load(submission.view.get("private_metadata"))
    if note is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    with watching() as pending:
        try:
            kept = await deadline.wait(_kept(desk, submission, note))
        except TimeoutError:
            raise UpstreamBusy("The form could not be read in time.", side=pending.side or Side.BOT) from None
        except Refused as refused:
            return _errors(refused.refusals, submission)
    looking = desk.background.start(desk.services.administration.drafting.look(kept.seat, kept.draft), "preview")
    origin = PreviewNote(kept.draft.id, note.section, kept.filled.name)
    try:
        preview = await deadline.wait(asyncio.shield(looking))
    except TimeoutError:
        if kept.filled.problems:
            return _errors(kept.filled.problems, submission)
        desk.boundary.take("late preview", submission.sender, _later(desk, submission, looking, origin))
        return _update(policy_preview.working())
    wrong = _wrong(kept.filled, note.section, preview)
    return _errors(wrong, submission) if wrong else _update(_shown(preview, origin))


def _wrong(filled: "_Filled", section: Section, preview: Preview) -> tuple[Refusal, ...]:
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
    """What was filled in: the name of the policy, the book with it, and what could not even be read."""

    name: str
    book: PolicyBook
    problems: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    seat: Seat
    draft: Draft
    filled: _Filled


async def _kept(desk: Desk, submission: Submission, note: FormNote) -> _Kept:
    """The draft of a form.

    Who is admin was read anew for the form, and is again when this is saved: here somebody waits.
    """
    drafting = desk.services.administration.drafting
    seat = await desk.services.administration.admins.enter(submission.sender.chat_user, fresh=False)
    base = (await drafting.own(seat, note.draft)).book if note.draft else await drafting.book_at(note.based_on)
    filled = _read(submission, note, base)
    return _Kept(seat, await drafting.keep(seat, filled.book, note.based_on), filled)


def _read(submission: Submission, note: FormNote, base: PolicyBook) -> _Filled:
    if note.section is Section.SETTINGS:
        settings = settings_form.parse(submission.view, base.settings)
        return _Filled("", replace(base, settings=settings.settings), settings.problems)
    before = policy_in(base, note.section, note.was) if note.was else _BLANK[note.section]
    if before is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=note.was))
    form = policy_form.parse(submission.view, before)
    return _Filled(form.policy.name, put(base, form.policy, note.was), form.problems)


async def _later(
    desk: Desk, submission: Submission, looking: "asyncio.Task[Preview]", origin: PreviewNote, *, outdated: bool = False
) -> None:
    """Put the preview in the place of what stands there while it is made."""
    try:
        view = _shown(await looking, origin, outdated=outdated)
    except AccessError as error:
        view = policy_preview.refused(sentences.error(error), origin)
    await asyncio.sleep(SETTLE)
    await desk.screens.exchange(str(submission.view["id"]), view)


def _shown(preview: Preview, origin: PreviewNote | None = None, *, outdated: bool = False) -> View:
    """A preview of the draft that it was made of: not always the one that was asked about."""
    note = replace(origin, draft=preview.draft.id) if origin else PreviewNote(preview.draft.id)
    return policy_preview.build(preview, note, was_outdated=outdated)


# --- saving ------------------------------------------------------------------------------------------


async def save(desk: Desk, submission: Submission) -> Answer:
    """One click: stored before it is acknowledged, and done."""
    deadline = Deadline()
    origin = PreviewNote.load(submission.view.get("private_metadata"))
    if origin is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    why = policy_preview.typed_why(submission.view)
    payload = {"draft": origin.draft, "why": why}
    act = Act(ActKind.SAVE_POLICIES, submission.sender.chat_user, f"policies:{origin.draft}", payload)
    outcome = await desk.services.inbox.perform(act, ACT_WITHIN)
    return await _answer(desk, submission, origin, outcome, deadline)


async def _answer(
    desk: Desk, submission: Submission, origin: PreviewNote, outcome: Outcome | InHand, deadline: Deadline
) -> Answer:
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your change", "Saved"))
    match outcome.result:
        case Result.SAVED | Result.PROPOSED:
            return _update(policy_preview.done(outcome, deleted=origin.deletes))
        case Result.OUTDATED:
            return await _outdated(desk, submission, origin, deadline)
        case Result.BROKEN:
            return _update(policy_preview.refused(sentences.incident(outcome.incident), origin))
        case _ if any(refusal.reason is Reason.WHY_MISSING for refusal in outcome.refusals):
            return {
                "response_action": "errors",
                "errors": {BlockId.WHY.value: sentences.refusals(outcome.refusals)},
            }
        case _:
            return _update(policy_preview.refused(sentences.refusals(outcome.refusals), origin))


async def _outdated(desk: Desk, submission: Submission, origin: PreviewNote, deadline: Deadline) -> Answer:
    """Others were faster: what they changed, and what this changes on top of it."""
    work = desk.services.administration.drafting.preview(submission.sender.chat_user, origin.draft)
    looking = desk.background.start(work, "preview")
    try:
        preview = await deadline.wait(asyncio.shield(looking))
    except TimeoutError:
        later = _later(desk, submission, looking, origin, outdated=True)
        desk.boundary.take("late preview", submission.sender, later)
        return _update(policy_preview.working())
    return _update(_shown(preview, origin, outdated=True))


def _errors(refusals: tuple[Refusal, ...], submission: Submission) -> Answer:
    return {"response_action": "errors", "errors": policy_form.errors(refusals, submission.view)}


def _update(view: AnyView) -> Answer:
    return {"response_action": "update", "view": render_view(view)}
