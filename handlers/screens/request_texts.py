"""Texts about one request: its state, its window, who decided, how it ended. Shared by card, details, lists.

A failure never reads as a success, and nothing says active or ended before it is so (rule 20).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from core.domain.approval import Verdict, Vote
from core.domain.display_names import without_id
from core.domain.errors import Reason
from core.domain.ids import PrincipalId, show_request_id
from core.domain.machines import is_at_terminal
from core.domain.organization import NOTICED_WITHIN
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.domain.windows import time_left
from handlers.screens.links import Links
from handlers.screens.spans import (
    NOTHING,
    Code,
    Duration,
    Instant,
    Link,
    PersonRef,
    Quotation,
    Said,
    Text,
    Untrusted,
    fill,
    joined,
    name,
    strong,
    strong_name,
    text,
)
from handlers.words import closed_request_words, sentences, unreachable_words
from handlers.words.left_behind_words import left_in_aws
from handlers.words.platforms import platform_of
from handlers.words.states import past, state

_MOST_VOTES = 5
MEMBERSHIP_SHOWS = "Membership · AWS may take up to an hour to notice it"


def status_line(request: Request, now: datetime | None = None) -> Text:
    """Mark, word, and what the word needs to be whole: until when, by whom."""
    return text(state(request).mark, " ", status_words(request, now))


def status_words(request: Request, now: datetime | None = None, *, beside_window: bool = False) -> Text:
    """The same without the mark; ``beside_window``: when it ended is said there."""
    phrase, tail = _phrase(request, now)
    said_there = beside_window and request.status is Status.ENDED and request.window_start_at is not None
    return text(strong(state(request).word, phrase), "" if said_there else tail)


def _phrase(request: Request, now: datetime | None) -> tuple[Said, Said]:  # noqa: PLR0911 - one row a status
    """The words after the state: the first half in bold with it, the second not."""
    match request.status:
        case Status.SCHEDULED if request.start_at is not None:
            return ", starts", text(" ", Instant(request.start_at, now))
        case Status.SCHEDULED:
            return ", starts now", ""
        case Status.ACTIVE if request.end_at is not None:
            return " until", text(" ", Instant(request.end_at, now))
        case Status.REVOKING | Status.REVOKED if request.revoked_by:
            return text(" by ", name(request.revoked_by)), ""
        case Status.ENDED if request.closed_at is not None:
            return "", text(" ", Instant(request.closed_at, now))
        case Status.REJECTED if request.decided_by:
            return text(" by ", name(request.decided_by)), ""
        case Status.CANCELLED:
            return text(" by ", name(request.requester_name)), ""
        case Status.FAILED:
            ours, _ = sentences.failure(request.failure)
            return ":", text(" ", Untrusted(ours))
        case _:
            return "", ""


def request_link(request: Request, url: str) -> Text:
    return text(Link(url, show_request_id(request.id)))


def reference(request: Request, links: Links) -> Text:
    """The line in small print that names a request: ``R-1042 · PowerUserAccess in Payments Prod · now, for 2 h``."""
    return joined(" · ", (request_link(request, links.request), target(request), window(request)))


def access(request: Request) -> Text:
    """``Payments Prod as PowerUserAccess``, ``the group Payments Operators``."""
    if request.target.group is not None:
        return text("the group ", name(request.account_name))
    return text(name(request.account_name), " as ", name(request.permission_set_name))


def target(request: Request) -> Text:
    """``PowerUserAccess in Payments Prod``, ``membership of Payments Operators``."""
    if request.target.group is not None:
        return text("membership of ", strong_name(request.account_name))
    return text(strong_name(request.permission_set_name), " in ", strong_name(request.account_name))


def asks(request: Request) -> Text:
    """``Ada Lovelace asks for PowerUserAccess in Payments Prod``."""
    return text(name(request.requester_name), " asks for ", target(request))


def what(request: Request, path: Sequence[str] = ()) -> tuple[tuple[str, Said], ...]:
    """The facts about the target, each with its label."""
    if request.target.group is not None:
        return ("Group", account(request)), ("Access", MEMBERSHIP_SHOWS)
    return ("Account", account(request, path)), ("Permission set", permission_set(request))


def account(request: Request, path: Sequence[str] = ()) -> Text:
    where = text(" · ", Untrusted(" / ".join(path), 300)) if path else ""
    now_called = without_id(request.account_name, request.target.account)
    was = request.account_was and without_id(request.account_was, request.target.account)
    before = text(" · was ", name(was)) if was and was != now_called else ""
    return text(name(now_called), " (", Code(request.target.account), ")", before, where)


def account_number(request: Request) -> Text:
    return text(Code(request.target.account))


def together(others: Sequence[Request]) -> Text:
    """``Asked for together with R-1043, R-1044``; nothing for a request that was asked for alone."""
    if not others:
        return NOTHING
    return text("🔗 Asked for together with ", ", ".join(show_request_id(one.id) for one in others))


def in_one_go(request: Request) -> Text:
    """The same in a list, where the others are not known: all of one form have the number of the first."""
    return text("asked together, ", show_request_id(request.submission)) if request.submission else NOTHING


def made_through(request: Request) -> Text:
    """The machine that it was asked for through, for lists: ``🤖 by token nightly job``; nothing for all others."""
    if request.filed_by_token:
        return text("🤖 by token ", name(request.filed_by_token))
    return text("asked at a terminal") if is_at_terminal(request.requester_chat) else NOTHING


def permission_set(request: Request) -> Text:
    return text(name(request.permission_set_name), " · sessions up to ", Duration(request.session_duration))


def person(named: str, users: Iterable[ChatUser]) -> Text:
    """A name with the chat users that stand for it: the name comes from Identity Center, the mention proves it."""
    return joined(" ", (name(named), *map(PersonRef, users)))


def asked_with(request: Request) -> Text:
    """A warning that it was asked for with a token, or with a second account; empty for all others."""
    if request.filed_by_token:
        return fill(
            "🤖 Filed by the token {token} of {who}, not by a person.",
            token=name(request.filed_by_token),
            who=name(request.requester_name),
        )
    if not request.second_account:
        return NOTHING
    account = PersonRef(request.requester_chat) if request.requester_chat else ""
    platform = platform_of(request.requester_chat)
    asked = joined(" ", (f"Asked for from a second {platform} account", account))
    return text("⚠️ ", asked, ", which no admin had released.")


def untold(request: Request) -> Text:
    """That its requester does not read any of this; empty while messages arrive."""
    if not request.untold:
        return NOTHING
    return text("⚠️ ", Untrusted(unreachable_words.untold(request.requester_name, request.untold), 600))


def window(request: Request, now: datetime | None = None) -> Text:
    """The window that was asked for, and what is left of it; once it has been active, what it was."""
    if request.window_start_at is not None and (ended := request.closed_at or request.end_at):
        return text(Instant(request.window_start_at), " – ", Instant(ended, request.window_start_at))
    length = text(Duration(request.duration), _of_what_was_asked(request))
    if request.start_at is None and request.is_over:
        return text("asked ", Instant(request.created_at), ", for ", length)
    if request.start_at is None:
        return text("now, for ", length)
    left = time_left(request, now) if now and request.status in {Status.PENDING, Status.SCHEDULED} else None
    begun = text(" · it has begun: ", Duration(left), " left") if left is not None else ""
    return text("from ", Instant(request.start_at), ", for ", length, begun)


def expiry(request: Request, now: datetime) -> Text:
    """Until when it waits for a decision."""
    return text("expires ", Instant(request.expires_at, now)) if request.expires_at else text("doesn't expire")


def _of_what_was_asked(request: Request) -> Text:
    return text(" (of ", Duration(request.asked_duration), " asked for)") if request.asked_duration else NOTHING


def extension(prolonged: Request, now: datetime) -> Text:
    """``Extension of R-1042, live until 14:32``."""
    number = show_request_id(prolonged.id)
    if prolonged.status is Status.ACTIVE and prolonged.end_at is not None:
        return text("Extension of ", strong(number), ", live until ", Instant(prolonged.end_at, now))
    return text("Extension of ", strong(number), ", now ", state(prolonged).word.lower())


def policies(request: Request, most: int) -> Text:
    """By which policies it may be asked for, and decided."""
    allowed = joined(", ", map(Code, request.eligibility_policies[:most])) or "none"
    deciding = joined(", ", map(Code, request.approval_policies[:most])) or "none"
    return fill(
        "Allowed by: {allowed} · decided by: {deciding} · policies at revision {policy_revision}",
        allowed=allowed,
        deciding=deciding,
        policy_revision=request.policy_revision,
    )


def vote_lines(
    request: Request, votes: Sequence[Vote], longest: int = 300, *, lapsed: Collection[PrincipalId] = ()
) -> list[Text]:
    """The votes: who decided, when and why (the last five of them); or that nobody had to."""
    if not votes and request.quorum == 0 and request.decided_at is not None:
        return [text("No approval was needed.")]
    earlier = len(votes) - _MOST_VOTES
    begin = [text("… ", earlier, " earlier approvals")] if earlier > 0 else []
    return [*begin, *(_vote_line(vote, longest, vote.principal_id in lapsed) for vote in votes[-_MOST_VOTES:])]


def _vote_line(vote: Vote, longest: int, is_lapsed: bool) -> Text:
    mark = "✅" if vote.verdict is Verdict.APPROVE else "⛔"
    if is_lapsed:
        return fill(
            "⚪ {name} approved {at} and can no longer decide, so this approval doesn't count",
            name=name(vote.name),
            at=Instant(vote.at),
        )
    why = text(": ", Quotation(vote.comment, longest)) if vote.comment else ""
    length = text(" for ", Duration(vote.allowed)) if vote.allowed is not None else ""
    return text(mark, " ", past(vote.verdict).capitalize(), length, " by ", name(vote.name), " ", Instant(vote.at), why)


def progress(
    request: Request, votes: Sequence[Vote], longest: int = 500, *, lapsed: Collection[PrincipalId] = ()
) -> Text:
    """``1 of 2: Bob · 1 more is needed`` while that is so, of the votes that count."""
    counting = [vote for vote in votes if vote.principal_id not in lapsed]
    approving = [vote.name for vote in counting if vote.verdict is Verdict.APPROVE]
    if not approving:
        return text("0 of ", max(request.quorum, 1)) if votes and lapsed else NOTHING
    missing = max(request.quorum - len(approving), 0)
    more = text(" · ", missing, " more ", "is" if missing == 1 else "are", " needed") if missing else ""
    return fill(
        "{given} of {needed}: {names}{more}",
        given=len(approving),
        needed=max(request.quorum, 1),
        names=Untrusted(sentences.names(approving), longest),
        more=more,
    )


def ending_lines(request: Request) -> list[Text]:
    """The end of a request: how it ended, what goes on, and what is left (rules 18 to 21)."""
    lines: list[Text] = []
    if request.revoked_by and request.revoke_reason:
        ended = "Being ended" if request.status is Status.REVOKING else "Ended"
        lines.append(text(ended, " early by ", name(request.revoked_by), ": ", Quotation(request.revoke_reason, 500)))
    if request.status is Status.EXPIRED and request.failure:
        lines.append(text(Untrusted(sentences.failure(request.failure)[0]), " Nothing was granted."))
    elif request.status is Status.FAILED or request.failure:
        lines += failure_lines(request)
    if request.continued_by is not None:
        lines.append(text("Access continues under ", show_request_id(request.continued_by), "."))
    elif request.left_behind is not None and request.status is not Status.FAILED:
        lines.append(text(Untrusted(left_in_aws(request))))
    elif request.status in {Status.ENDED, Status.REVOKED} and request.window_start_at and request.closed_at:
        lines.append(session_tail(request))
    return lines


def too_late(request: Request, then: str, *, capital: bool = False) -> Text:
    """``not decided in time and has expired.``, and why when that is not plain."""
    said = closed_request_words.expired(request, then, "")
    why = Untrusted(sentences.failure(request.failure)[0]) if request.failure else ""
    return joined(" ", (said.capitalize() if capital else said, why))


def old_picture(since: datetime, now: datetime) -> Text:
    return fill(closed_request_words.OLD_PICTURE, since=text(" since ", Instant(since, now)))


def session_tail(request: Request) -> Text:
    """Rule 21, at the end. Of a group nobody knows which permission sets it gives."""
    if request.target.group is not None:
        return membership_tail(request)
    if request.closed_at is None:
        return text("Sessions already open may go on for up to ", Duration(request.session_duration), ".")
    latest = Instant(request.closed_at + request.session_duration)
    return text("No new sessions can be opened. Sessions already open may go on until ", latest, " at the latest.")


def membership_tail(request: Request) -> Text:
    """The same for a group: nobody knows which permission sets it gives, and new sessions do not stop at once."""
    hour = text("AWS may take up to an hour to notice that somebody has left a group")
    if request.closed_at is None:
        return text(hour, ": until then new sessions may be opened. Open ones may go on for up to 12 h.")
    noticed = Instant(request.closed_at + NOTICED_WITHIN)
    latest = Instant(request.closed_at + request.session_duration, noticed.at)
    return text(
        hour, ": until ", noticed, " new sessions may still be opened. Open ones may go on until ", latest,
        " at the latest.",
    )  # fmt: skip


def failure_lines(request: Request) -> list[Text]:
    """The failure in our words and AWS's, and what was left behind."""
    ours, theirs = sentences.failure(request.failure)
    said = text(" AWS says: ", Quotation(theirs, 1000)) if theirs else ""
    return [text(Untrusted(ours), said), left_behind(request)]


def left_behind(request: Request) -> Text:
    if request.status is not Status.FAILED:
        return text("What may have been set up is being removed.")
    if request.granting_at is None:
        return text("Nothing was granted.")
    what = "membership" if request.target.group is not None else "assignment"
    if request.failure in {Reason.ALREADY_MEMBER.value, Reason.ALREADY_ASSIGNED.value}:
        return text("Nothing was added. The ", what, " that others made is as it was.")
    if request.left_behind is not None:
        return text(Untrusted(left_in_aws(request)))
    return text("Nothing was left behind: AWS no longer lists the ", what, ".")
