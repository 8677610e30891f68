"""Every notice in words: direct messages, thread lines, lines of the audit channel. Distinct for every state.

The first sentence alone must do on a lock screen: what has become of which access, until when.
"""

from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.notice_content import (
    ActivityFailed,
    ActivitySummary,
    AlarmCleared,
    Answer,
    ApprovalCounted,
    AskedTogether,
    LostAssignment,
    Overdue,
)
from core.domain.notices import Form, Notice, Plain, Topic
from core.domain.old_messages import is_overtaken
from core.domain.request import LeftBehind, Request, Status, is_being_taken_away
from handlers.screens import (
    activity,
    lasting,
    overtaken,
    phrases,
    policy_notice,
    request_texts,
    together_notice,
    usage,
    without_request,
)
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.parts import Address, Part, Quote, aside, buttons, lines, row
from handlers.screens.request_buttons import (
    approve_button,
    ask_again_button,
    details_button,
    end_button,
    extend_button,
    reject_button,
    request_button,
    shorten_button,
)
from handlers.screens.screen import Message, message
from handlers.screens.spans import NOTHING, Code, Quotation, Text, Untrusted, fill, joined, name, strong, text
from handlers.words import sentences, unreachable_words
from handlers.words.left_behind_words import left_in_aws, over
from handlers.words.states import state, state_of

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
        case Form.THREAD if isinstance(notice.content, ActivitySummary | ActivityFailed) and request is not None:
            return activity.summary(notice.content, request)
        case Form.THREAD | Form.CARD | Form.HOME | Form.EDIT:
            return _line(joined(" ", (_mark(notice), _whose(request), thread_line(notice, request, now))))


def direct(notice: Notice, request: Request | None, links: Links, now: datetime, command: str = "/team") -> Message:
    """A message to one person."""
    if request is None:
        said = without_request.headline(notice, now)
        typed = notice.content.typed if isinstance(notice.content, Answer) else ""
        wrote = [Quote("You wrote", typed)] if typed else []
        return message(said, [row(said), *wrote, *policy_notice.acts(notice.content)])
    if isinstance(notice.content, AskedTogether):
        return together_notice.build(notice.content.requests or (request,), links, now)
    if is_overtaken(notice.topic, request):
        return overtaken.build(notice.topic, request, links, now, headline(notice, request, now))
    said = headline(notice, request, now)
    parts: list[Part] = [
        row(joined(" ", (_mark_now(notice, request), said))),
        lines(*_more(notice, request, links, now, command)),
        aside(request_texts.reference(request, links)),
        _buttons(notice, request, links),
    ]
    return message(said, parts)


def edited(notice: Notice, request: Request | None, links: Links, now: datetime, command: str) -> Message:
    """The state of now, in the place of a direct message whose buttons have lost their use."""
    if request is not None:
        return direct(notice, request, links, now, command)
    said = without_request.headline(notice, now)
    return message(said, [row(joined(" ", (_mark(notice), said)))])


def headline(notice: Notice, request: Request, now: datetime) -> Text:
    """One sentence to the person concerned."""
    access = request_texts.access(request)
    match notice.content:
        case ApprovalCounted() as counted:
            return _counted(counted, request)
        case LostAssignment():
            whose = text("AWS no longer lists ", name(request.requester_name), "'s access to ", access)
            return text(whose, ", which should be active.")
        case ActivitySummary() | ActivityFailed() as done:
            return activity.summary_line(done, request)
        case Answer() as answer:
            return text(Untrusted(sentences.outcome(answer.outcome, request, now, notice.to.reader)))
        case Plain(topic):
            return _of_request(topic, request, now) or without_request.headline(notice, now)
        case _:
            return lasting.headline(notice.content, request, now) or without_request.headline(notice, now)


def _whose(request: Request | None) -> Text:
    """The number in front of a line below a card that may show several requests."""
    is_shared = request is not None and request.card is not None
    return text(strong(show_request_id(request.id), ":")) if request is not None and is_shared else NOTHING


def _of_request(topic: Topic, request: Request, now: datetime) -> Text:  # noqa: C901, PLR0911, PLR0912 - one row a topic
    """The sentence for a topic that the request itself provides; empty for any other."""
    access = request_texts.access(request)
    number = show_request_id(request.id)
    match topic:
        case Topic.SUBMITTED if request.quorum:
            return text(number, " was sent: your access to ", access, " is waiting for approval.")
        case Topic.SUBMITTED:
            return text(number, " needs no approval for access to ", access, ".", phrases.starts(request, now))
        case Topic.APPROVED:
            return text(_decided(request, "approved"), phrases.shortened(request), ".", phrases.starts(request, now))
        case Topic.REJECTED:
            return text(_decided(request, "rejected"), phrases.because(request.decision_comment))
        case Topic.CANCELLED:
            return text("Your request for ", access, " was withdrawn.")
        case Topic.EXPIRED:
            return text("Your request for ", access, " was ", request_texts.too_late(request, "and has expired"))
        case Topic.ACTIVE | Topic.ENDING_SOON if request.status is not Status.ACTIVE:
            return text("Your access to ", access, " was active and is no longer: ", state(request).word.lower(), ".")
        case Topic.ACTIVE:
            return text("Your access to ", access, " is active", phrases.until(request, now), ".")
        case Topic.ENDING_SOON:
            ends = text("your access to ", access, " ends", phrases.at_its_end(request, now), ".")
            return text(phrases.left(request, now), " left: ", ends)
        case Topic.BEING_ENDED:
            return text(name(request.requester_name), "'s access to ", access, " is being ended.")
        case Topic.ENDED:
            return _ended(request, access)
        case Topic.REVOKED:
            return _revoked(request, access)
        case Topic.FAILED:
            return text("Your request for ", access, " failed: ", Untrusted(sentences.failure(request.failure)[0]))
        case Topic.GRANTING:
            return text(number, " is being granted: AWS is asked for access to ", access, ".")
        case Topic.LEFT_BEHIND:
            over = text(number, " is over, and AWS may still list the assignment.")
            return joined(" ", (over, Untrusted(left_in_aws(request))))
        case Topic.LATE_END | Topic.OVERDUE:
            return lasting.end(request, access, now)
        case _:
            return NOTHING


def _counted(counted: ApprovalCounted, request: Request) -> Text:
    approved = text(name(counted.by), " approved ", show_request_id(request.id), phrases.for_less(counted))
    return text(approved, ". It needs ", counted.quorum, " approvals in all.")


def _decided(request: Request, how: str) -> Text:
    return text("Your request for ", request_texts.access(request), f" was {how}", phrases.by(request))


def thread_line(notice: Notice, request: Request | None, now: datetime) -> Text:  # noqa: C901, PLR0911, PLR0912 - one row a topic
    """A line under the card: what happened since, for those who watch it."""
    if request is None:
        return without_request.headline(notice, now)
    match notice.topic:
        case Topic.APPROVED:
            why = phrases.because(request.decision_comment)
            return text("Approved", phrases.by(request), phrases.shortened(request), why, phrases.starts(request, now))
        case Topic.REMINDER:
            also = lasting.also_waiting(notice.content)
            return joined(" ", (headline(notice, request, now), also, phrases.expires(request, now)))
        case Topic.REJECTED:
            return text("Rejected by ", name(request.decided_by), phrases.because(request.decision_comment))
        case Topic.CANCELLED:
            return text("Withdrawn by ", name(request.requester_name), ".")
        case Topic.EXPIRED:
            return text(request_texts.too_late(request, "and expired", capital=True), " It has to be requested again.")
        case Topic.ACTIVE:
            is_so = request.status is Status.ACTIVE
            return text("Active", phrases.until(request, now), ".") if is_so else text("It became active.")
        case Topic.GRANTING:
            return text("Being granted: AWS has been asked.")
        case Topic.BEING_ENDED if request.revoked_by:
            return text("Being ended early by ", name(request.revoked_by), phrases.because(request.revoke_reason))
        case Topic.BEING_ENDED:
            return text("Time's up. Access is being ended.")
        case Topic.ENDED:
            left = text(" ", Untrusted(left_in_aws(request))) if request.left_behind else ""
            return text("Ended.", phrases.continued(request) or left or " The assignment is gone.")
        case Topic.REVOKED if request.granting_at is None:
            return fill(
                "Called off by {by} before it began{because}",
                by=name(request.revoked_by),
                because=phrases.because(request.revoke_reason),
            )
        case Topic.REVOKED:
            left = text(" ", Untrusted(left_in_aws(request))) if request.left_behind else ""
            why = phrases.because(request.revoke_reason)
            return text("Ended early by ", name(request.revoked_by), why, phrases.continued(request) or left)
        case Topic.FAILED:
            return text("Failed: ", joined(" ", request_texts.failure_lines(request)))
        case _:
            return headline(notice, request, now)


def audit_line(notice: Notice, request: Request | None, links: Links, now: datetime) -> Text:
    """One line: mark, id, who, what, what happened."""
    if request is None:
        return joined(" ", (_mark(notice), without_request.headline(notice, now)))
    number = request_texts.request_link(request, links.request)
    about = fill(
        "{who}, {permission_set_name} in {account_name}",
        who=name(request.requester_name),
        permission_set_name=name(request.permission_set_name),
        account_name=name(request.account_name),
    )
    happened = text(number, " · ", about, ": ", _happened(notice, request, now))
    return joined(" ", (_mark(notice), happened))


def _happened(notice: Notice, request: Request, now: datetime) -> Text:
    if notice.topic is Topic.SUBMITTED:
        needed = "waits for approval" if request.quorum else "needs no approval"
        why = text(" ", Quotation(request.justification, 300)) if request.justification else ""
        asked = text("asked for, ", request_texts.window(request), ", ", needed, ".", why)
        return joined(" ", (asked, request_texts.asked_with(request)))
    if notice.topic is Topic.UNTOLD:
        told = (
            f"could not be told: {unreachable_words.because(request.untold)}." if request.untold else "is told again."
        )
        return text(Untrusted(told))
    if isinstance(notice.content, Overdue):
        return lasting.overdue_line(notice.content, request)
    if isinstance(notice.content, LostAssignment):
        return text("should be active, and AWS no longer lists it.")
    return thread_line(notice, request, now)


def _more(notice: Notice, request: Request, links: Links, now: datetime, command: str) -> list[Text]:  # noqa: PLR0911 - one row a topic
    """The lines after the headline, for each topic."""
    match notice.topic:
        case Topic.SUBMITTED:
            return [request_texts.asked_with(request)]
        case Topic.ACTIVE if request.status is Status.ACTIVE:
            return [_by_whom(request), *usage.lines(request, links)]
        case Topic.ENDING_SOON:
            how = text("To go on, press ", strong("Extend"), ", or ask again with ", Code(f"{command} request"), ".")
            return [text(how, " It is decided like any other request, and access that overlaps is not interrupted.")]
        case Topic.REMINDER:
            return [
                lasting.also_waiting(notice.content),
                text(Quotation(request.justification, 500)),
                request_texts.asked_with(request),
                phrases.expires(request, now),
            ]
        case Topic.FAILED:
            return request_texts.failure_lines(request)[1:] + _aws_words(request)
        case Topic.ENDED | Topic.REVOKED if request.left_behind and request.continued_by is None:
            return [text(Untrusted(left_in_aws(request)))]
        case Topic.ENDED | Topic.REVOKED if request.window_start_at and request.continued_by is None:
            return [request_texts.session_tail(request)]
        case Topic.OVERDUE | Topic.LATE_END:
            return lasting.more(notice.content, request, command)
        case _:
            return []


def _by_whom(request: Request) -> Text:
    """The approver, whom the message about the approval named: this one may have taken its place."""
    if request.quorum == 0:
        return text("It needed no approval.")
    approved = text("It was approved", phrases.by(request), phrases.shortened(request))
    return text(approved, phrases.because(request.decision_comment))


def _aws_words(request: Request) -> list[Text]:
    theirs = sentences.failure(request.failure)[1]
    return [text("AWS says: ", Quotation(theirs, 1000))] if theirs else []


def _buttons(notice: Notice, request: Request, links: Links) -> Part:
    is_active = notice.topic in _USED_FROM and request.status is Status.ACTIVE
    is_stuck = notice.topic is Topic.OVERDUE and is_being_taken_away(request)
    is_waiting = notice.topic is Topic.REMINDER and request.status is Status.PENDING
    console = links.console(request) if notice.topic is Topic.ACTIVE and is_active else ""
    return buttons(
        approve_button(request) if is_waiting else None,
        reject_button(request) if is_waiting else None,
        shorten_button(request) if is_waiting else None,
        Address("Open AWS", console) if console else None,
        extend_button(request) if is_active else None,
        end_button(request) if is_active else None,
        request_button("Close by hand", ActionId.CLOSE, request) if is_stuck else None,
        ask_again_button(request) if notice.topic in _ASK_AGAIN_FROM else None,
        details_button(request),
        id="notice.actions",
    )


def _line(said: Text) -> Message:
    return message(said, [row(said)])


def _mark_now(notice: Notice, request: Request) -> str:
    is_over = notice.topic in {Topic.OVERDUE, Topic.LATE_END} and not is_being_taken_away(request)
    return state(request).mark if is_over else _mark(notice)


def _mark(notice: Notice) -> str:
    if isinstance(notice.content, AlarmCleared):
        return "✅"
    if notice.topic in _ALARMS | _ALARMS_OF_PAIRS:
        return "🚨"
    if notice.topic is Topic.POLICIES_CHANGED:
        return "⚙️"
    if notice.topic in {Topic.POLICIES_WAITING, Topic.POLICIES_UNCHANGED}:
        return "🔐"
    status = _STATUS_OF.get(notice.topic)
    return state_of(status).mark if status else ""


def _ended(request: Request, access: Text) -> Text:
    if request.continued_by:
        return text(show_request_id(request.id), " has ended.", phrases.continued(request))
    return fill(over(request), access=access)


def _revoked(request: Request, access: Text) -> Text:
    if request.left_behind is LeftBehind.CLOSED_BY_HAND:
        return fill(over(request), access=access)
    by, why = name(request.revoked_by or "Somebody"), phrases.because(request.revoke_reason)
    if request.granting_at is None:
        return text("Your access to ", access, " was called off by ", by, " before it began", why)
    return text("Your access to ", access, " was ended early by ", by, why, phrases.continued(request))
