"""Every notice in words: direct messages, thread lines, lines of the audit channel. Distinct for every state.

The first sentence alone must do on a lock screen: what has become of which access, until when.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from slack_sdk.models.blocks import Block

from core.domain.ids import show_request_id
from core.domain.notices import Audience, Form, Notice, Topic, is_overtaken
from core.domain.outcome import Outcome, Result, load_outcome
from core.domain.people import ChatUser
from core.domain.policy import UnknownAssignments
from core.domain.request import LeftBehind, Request, Status
from handlers import export_sentences, sentences, untold_words
from handlers.left_sentences import left_in_aws, over
from handlers.screens.links import Links
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import (
    activity,
    alarm,
    alarm_notice,
    delivery_notice,
    lasting,
    overtaken,
    pairs,
    phrases,
    policy_notice,
    story,
    usage,
)
from handlers.slack.views.block import (
    actions,
    context,
    end_button,
    open_link,
    quoted,
    request_button,
    section,
    sections,
    shorten_button,
)
from handlers.slack.views.text import code, name, prose, quote_short
from handlers.states import state, state_of

_USED_FROM = frozenset({Topic.ACTIVE, Topic.ENDING_SOON})
_ALARMS = frozenset(
    {
        Topic.OVERDUE,
        Topic.LEFT_BEHIND,
        Topic.DRIFT,
        Topic.OLD_PICTURE,
        Topic.OUT_OF_REACH,
        Topic.TRAIL_BROKEN,
        Topic.ALARM,
    }
)
_ALARMS_OF_PAIRS = frozenset({Topic.IDENTITY_SUSPENDED, Topic.SECOND_ACCOUNT})
_ASK_AGAIN_FROM = frozenset({Topic.REJECTED, Topic.EXPIRED, Topic.FAILED, Topic.ENDED})
_STATUS_OF = {
    Topic.SUBMITTED: Status.PENDING,
    Topic.APPROVAL_COUNTED: Status.PENDING,
    Topic.REMINDER: Status.PENDING,
    Topic.APPROVED: Status.SCHEDULED,
    Topic.REJECTED: Status.REJECTED,
    Topic.CANCELLED: Status.CANCELLED,
    Topic.EXPIRED: Status.EXPIRED,
    Topic.GRANTING: Status.GRANTING,
    Topic.ACTIVE: Status.ACTIVE,
    Topic.ENDING_SOON: Status.ACTIVE,
    Topic.BEING_ENDED: Status.REVOKING,
    Topic.ENDED: Status.ENDED,
    Topic.REVOKED: Status.REVOKED,
    Topic.FAILED: Status.FAILED,
}


def build(notice: Notice, request: Request | None, links: Links, now: datetime, command: str = "/team") -> Message:
    """Say a notice in its form. A card is drawn by ``request_card``, not here."""
    match notice.form:
        case Form.DIRECT:
            return direct(notice, request, links, now, command)
        case Form.LINE:
            return _line(audit_line(notice, request, links, now))
        case Form.THREAD if notice.topic is Topic.ACTIVITY and request is not None:
            return activity.summary(notice, request)
        case Form.THREAD | Form.CARD | Form.HOME | Form.EDIT:
            return _line(f"{_mark(notice)} {thread_line(notice, request, now)}".strip())


def direct(notice: Notice, request: Request | None, links: Links, now: datetime, command: str = "/team") -> Message:
    """A message to one person."""
    if request is None:
        said = headline_without_request(notice, now)
        typed = notice.facts.get("typed", "")
        wrote = quoted("You wrote", typed) if typed else ()
        return Message(said, [section(said), *wrote, *policy_notice.buttons(notice)])
    if is_overtaken(notice.topic, request):
        return overtaken.message(notice.topic, request, links, now, headline(notice, request, now))
    said = headline(notice, request, now)
    number = story.request_link(request, links.request)
    blocks: list[Block] = [
        section(f"{_mark_now(notice, request)} {said}".strip()),
        *sections(_more(notice, request, links, now, command)),
        *context(f"{number} · {story.target(request)} · {story.window(request)}"),
        *_buttons(notice, request, links),
    ]
    return Message(said, blocks)


def edited(notice: Notice, request: Request | None, links: Links, now: datetime, command: str) -> Message:
    """What is so now, in the place of a direct message whose buttons have lost their use."""
    if request is not None:
        return direct(notice, request, links, now, command)
    said = headline_without_request(notice, now)
    return Message(said, [section(f"{_mark(notice)} {said}".strip())])


def headline(notice: Notice, request: Request, now: datetime) -> str:  # noqa: C901, PLR0911, PLR0912 - one row a topic
    """One sentence to the person concerned."""
    access = f"{name(request.account_name)} as {name(request.permission_set_name)}"
    number = show_request_id(request.id)
    match notice.topic:
        case Topic.SUBMITTED if request.quorum:
            return f"{number} is sent: access to {access} waits for approval."
        case Topic.SUBMITTED:
            return f"{number} needs no approval for access to {access}.{phrases.starts(request, now)}"
        case Topic.APPROVAL_COUNTED:
            by, needed = notice.facts.get("by", "Somebody"), notice.facts.get("quorum", str(request.quorum))
            return f"{name(by)} approved {number}{phrases.for_less(notice)}. It needs {prose(needed)} approvals in all."
        case Topic.REMINDER:
            return f"{number} still waits for a decision: {story.asks(request)}, {story.window(request)}."
        case Topic.APPROVED:
            by = f" by {name(request.decided_by)}" if request.decided_by else ""
            return (
                f"Your request for {access} was approved{by}{phrases.shortened(request)}.{phrases.starts(request, now)}"
            )
        case Topic.REJECTED:
            by = f" by {name(request.decided_by)}" if request.decided_by else ""
            return f"Your request for {access} was rejected{by}{phrases.because(request.decision_comment)}"
        case Topic.CANCELLED:
            return f"Your request for {access} was withdrawn."
        case Topic.EXPIRED:
            return f"Your request for {access} was {story.too_late(request, 'and has expired')}"
        case Topic.ACTIVE | Topic.ENDING_SOON if request.status is not Status.ACTIVE:
            return f"Your access to {access} was active and is no longer: {state(request).word.lower()}."
        case Topic.ACTIVE:
            return f"Your access to {access} is active{phrases.until(request, now)}."
        case Topic.ENDING_SOON:
            return f"{phrases.left(request, now)} left: your access to {access} ends{phrases.at_its_end(request, now)}."
        case Topic.BEING_ENDED:
            return f"Access of {name(request.requester_name)} to {access} is being ended."
        case Topic.ENDED:
            return _ended(request, access)
        case Topic.REVOKED:
            return _revoked(request, access)
        case Topic.FAILED:
            return f"Your request for {access} failed: {prose(sentences.failure(request.failure)[0])}"
        case Topic.DRIFT:
            return f"AWS no longer lists access of {name(request.requester_name)} to {access}, which should be active."
        case Topic.GRANTING:
            return f"{number} is being granted: AWS is asked for access to {access}."
        case Topic.ACTIVITY:
            return activity.summary_line(notice, request)
        case Topic.ANSWER:
            return prose(sentences.outcome(read_outcome(notice), request, now, _reader(notice)))
        case _:
            return lasting.headline(notice, request, now) or headline_without_request(notice, now)


def headline_without_request(notice: Notice, now: datetime) -> str:  # noqa: PLR0911 - one row a topic
    """What can be said when there is no request to speak of."""
    facts = notice.facts
    match notice.topic:
        case Topic.IDENTITY_SUSPENDED | Topic.SECOND_ACCOUNT | Topic.PAIR_RELEASED:
            return pairs.told(notice.topic, facts)
        case Topic.OUT_OF_REACH | Topic.OLD_PICTURE | Topic.TRAIL_BROKEN | Topic.TRAIL_WHOLE:
            return alarm_notice.headline(notice, now)
        case Topic.ALARM:
            return alarm.told(notice, now)
        case Topic.DRIFT:
            return _unknown_assignments(facts)
        case Topic.POLICIES_CHANGED | Topic.POLICIES_WAITING | Topic.POLICIES_UNCHANGED:
            return policy_notice.told(notice, now)
        case Topic.CHANNEL_SHARED | Topic.UNREACHED:
            return delivery_notice.told(notice)
        case Topic.EXPORTED | Topic.EXPORT_FAILED:
            return prose(export_sentences.export(notice.topic, facts))
        case Topic.ANSWER:
            return prose(sentences.outcome(read_outcome(notice), None, now))
        case _:
            return f"{prose(notice.topic.value.replace('_', ' ').capitalize())}: {sentences.NO_SUCH_REQUEST}"


def thread_line(notice: Notice, request: Request | None, now: datetime) -> str:  # noqa: C901, PLR0911, PLR0912 - one row a topic
    """A line under the card: what happened since, for those who watch it."""
    if request is None:
        return headline_without_request(notice, now)
    match notice.topic:
        case Topic.APPROVED:
            by = f" by {name(request.decided_by)}" if request.decided_by else ""
            why = phrases.because(request.decision_comment)
            return f"Approved{by}{phrases.shortened(request)}{why}{phrases.starts(request, now)}"
        case Topic.REMINDER:
            return f"{headline(notice, request, now)} {phrases.expires(request, now)}"
        case Topic.REJECTED:
            return f"Rejected by {name(request.decided_by)}{phrases.because(request.decision_comment)}"
        case Topic.CANCELLED:
            return f"Withdrawn by {name(request.requester_name)}."
        case Topic.EXPIRED:
            return f"{story.too_late(request, 'and expired', capital=True)} It has to be asked for again."
        case Topic.ACTIVE:
            return f"Active{phrases.until(request, now)}." if request.status is Status.ACTIVE else "It became active."
        case Topic.GRANTING:
            return "Being granted: AWS is asked for it."
        case Topic.BEING_ENDED if request.revoked_by:
            return f"Being ended early by {name(request.revoked_by)}{phrases.because(request.revoke_reason)}"
        case Topic.BEING_ENDED:
            return "Time is over, access is being ended."
        case Topic.ENDED:
            left = f" {prose(left_in_aws(request))}" if request.left_behind else ""
            return f"Ended.{phrases.continued(request) or left or ' The assignment is gone.'}"
        case Topic.REVOKED if request.granting_at is None:
            return f"Called off by {name(request.revoked_by)} before it began{phrases.because(request.revoke_reason)}"
        case Topic.REVOKED:
            left = f" {prose(left_in_aws(request))}" if request.left_behind else ""
            why = phrases.because(request.revoke_reason)
            return f"Ended early by {name(request.revoked_by)}{why}{phrases.continued(request) or left}"
        case Topic.FAILED:
            return f"Failed: {' '.join(story.failure_lines(request))}"
        case _:
            return headline(notice, request, now)


def audit_line(notice: Notice, request: Request | None, links: Links, now: datetime) -> str:
    """One line: mark, id, who, what, what happened."""
    if request is None:
        return f"{_mark(notice)} {headline_without_request(notice, now)}".strip()
    number = story.request_link(request, links.request)
    about = f"{name(request.requester_name)}, {name(request.permission_set_name)} in {name(request.account_name)}"
    return f"{_mark(notice)} {number} · {about}: {_happened(notice, request, now)}".strip()


def _happened(notice: Notice, request: Request, now: datetime) -> str:
    if notice.topic is Topic.SUBMITTED:
        needed = "waits for approval" if request.quorum else "needs no approval"
        why = f" {quote_short(request.justification, 300)}" if request.justification else ""
        return f"asked for, {story.window(request)}, {needed}.{why} {story.second_account(request)}".strip()
    if notice.topic is Topic.UNTOLD:
        return prose(
            f"could not be told: {untold_words.because(request.untold)}." if request.untold else "is told again."
        )
    if notice.topic is Topic.OVERDUE:
        return lasting.overdue_line(notice, request)
    if notice.topic is Topic.DRIFT:
        return "should be active, and AWS no longer lists it."
    return thread_line(notice, request, now)


def _reader(notice: Notice) -> ChatUser | None:
    return notice.to.chat_user if notice.to.audience is Audience.CHAT_USER else None


def read_outcome(notice: Notice) -> Outcome:
    """The outcome that an ANSWER tells of."""
    try:
        return load_outcome(json.loads(notice.facts.get("outcome", "")))
    except (ValueError, KeyError):
        return Outcome(Result.NOT_FOUND, notice.request_id)


def _more(notice: Notice, request: Request, links: Links, now: datetime, command: str) -> list[str]:  # noqa: PLR0911 - one row a topic
    """What follows the headline, per topic."""
    match notice.topic:
        case Topic.SUBMITTED:
            return [story.second_account(request)]
        case Topic.ACTIVE if request.status is Status.ACTIVE:
            return [_by_whom(request), *usage.lines(request, links)]
        case Topic.ENDING_SOON:
            how = f"To go on, press *Extend*, or ask again with {code(f'{command} request')}."
            return [f"{how} It is decided like any other request, and access that overlaps is not interrupted."]
        case Topic.REMINDER:
            return [
                quote_short(request.justification, 500),
                story.second_account(request),
                phrases.expires(request, now),
            ]
        case Topic.FAILED:
            return story.failure_lines(request)[1:] + _aws_words(request)
        case Topic.ENDED | Topic.REVOKED if request.left_behind and request.continued_by is None:
            return [prose(left_in_aws(request))]
        case Topic.ENDED | Topic.REVOKED if request.window_start_at and request.continued_by is None:
            return [story.session_tail(request)]
        case Topic.OVERDUE | Topic.LATE_END:
            return lasting.more(notice, request, command)
        case _:
            return []


def _by_whom(request: Request) -> str:
    """What the message about the approval said, whose place this one may have taken."""
    if request.quorum == 0:
        return "It needed no approval."
    by = f" by {name(request.decided_by)}" if request.decided_by else ""
    return f"It was approved{by}{phrases.shortened(request)}{phrases.because(request.decision_comment)}"


def _aws_words(request: Request) -> list[str]:
    theirs = sentences.failure(request.failure)[1]
    return [f"AWS says: {quote_short(theirs, 1000)}"] if theirs else []


def _buttons(notice: Notice, request: Request, links: Links) -> list[Block]:
    is_active = notice.topic in _USED_FROM and request.status is Status.ACTIVE
    is_stuck = notice.topic is Topic.OVERDUE and request.status is Status.REVOKING
    is_waiting = notice.topic is Topic.REMINDER and request.status is Status.PENDING
    console = links.console(request) if notice.topic is Topic.ACTIVE and is_active else ""
    return actions(
        request_button("Approve", ActionId.APPROVE, request, "primary") if is_waiting else None,
        request_button("Reject", ActionId.REJECT, request, "danger") if is_waiting else None,
        shorten_button(request) if is_waiting else None,
        open_link("Open AWS", console) if console else None,
        request_button("Extend", ActionId.EXTEND, request) if is_active else None,
        end_button(request) if is_active else None,
        request_button("Close by hand", ActionId.CLOSE, request) if is_stuck else None,
        request_button("Ask again", ActionId.ASK_AGAIN, request) if notice.topic in _ASK_AGAIN_FROM else None,
        request_button("Details", ActionId.DETAILS, request),
        block_id="notice.actions",
    )


def _line(text: str) -> Message:
    return Message(text, [section(text)])


def _mark_now(notice: Notice, request: Request) -> str:
    is_over = notice.topic in {Topic.OVERDUE, Topic.LATE_END} and request.status is not Status.REVOKING
    return state(request).mark if is_over else _mark(notice)


def _mark(notice: Notice) -> str:
    if notice.topic is Topic.ALARM and not alarm.is_raised(notice):
        return "✅"
    if notice.topic in _ALARMS | _ALARMS_OF_PAIRS:
        return "🚨"
    if notice.topic is Topic.POLICIES_CHANGED:
        return "⚙️"
    if notice.topic in {Topic.POLICIES_WAITING, Topic.POLICIES_UNCHANGED}:
        return "🔐"
    status = _STATUS_OF.get(notice.topic)
    return state_of(status).mark if status else ""


def _ended(request: Request, access: str) -> str:
    if request.continued_by:
        return f"{show_request_id(request.id)} has ended.{phrases.continued(request)}"
    return over(request, access)


def _revoked(request: Request, access: str) -> str:
    if request.left_behind is LeftBehind.CLOSED_BY_HAND:
        return over(request, access)
    by, why = name(request.revoked_by or "Somebody"), phrases.because(request.revoke_reason)
    if request.granting_at is None:
        return f"Your access to {access} was called off by {by} before it began{why}"
    return f"Your access to {access} was ended early by {by}{why}{phrases.continued(request)}"


def _unknown_assignments(facts: Mapping[str, str]) -> str:
    count = int(facts.get("count", "0"))
    found = f"{count} assignments are" if count > 1 else "1 assignment is"
    examples = prose(facts.get("examples", ""), 1000)
    rest = f"; and {count - shown} more" if count > (shown := facts.get("examples", "").count("; ") + 1) else ""
    removed = facts.get("setting") == UnknownAssignments.REMOVE.value
    then = "They are removed in half an hour, as the settings say." if removed else "They stay, as the settings say."
    return f"{found} in AWS that no request accounts for: {examples}{rest}. {then}"
