"""Lines of mrkdwn about one request: its state, its window, who decided, how it ended. Shared by card, details, lists.

A failure never reads as a success, and nothing says active or ended before it is so (rule 20).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from core.domain.approval import Verdict, Vote
from core.domain.durations import show_duration
from core.domain.errors import Reason
from core.domain.ids import PrincipalId, show_request_id
from core.domain.names import without_id
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.domain.windows import time_left
from handlers import failed_words, sentences, untold_words
from handlers.left_sentences import left_in_aws
from handlers.slack.views.text import bold, code, link, mention, name, prose, quote_short, when
from handlers.states import past, state

_MOST_VOTES = 5


def status_line(request: Request, now: datetime | None = None) -> str:
    """Mark, word, and what the word needs to be whole: until when, by whom."""
    return f"{state(request).mark} {status_words(request, now)}"


def status_words(request: Request, now: datetime | None = None, *, beside_window: bool = False) -> str:
    """The same without the mark; ``beside_window``: when it ended is said there."""
    phrase, tail = _phrase(request, now)
    said_there = beside_window and request.status is Status.ENDED and request.window_start_at is not None
    return f"*{state(request).word}{phrase}*{'' if said_there else tail}"


def _phrase(request: Request, now: datetime | None) -> tuple[str, str]:  # noqa: PLR0911 - one row a status
    """What follows the word: the first half in bold with it, the second not."""
    match request.status:
        case Status.SCHEDULED if request.start_at is not None:
            return ", starts", f" {when(request.start_at, now)}"
        case Status.SCHEDULED:
            return ", starts now", ""
        case Status.ACTIVE if request.end_at is not None:
            return " until", f" {when(request.end_at, now)}"
        case Status.REVOKING | Status.REVOKED if request.revoked_by:
            return f" by {name(request.revoked_by)}", ""
        case Status.ENDED if request.closed_at is not None:
            return "", f" {when(request.closed_at, now)}"
        case Status.REJECTED if request.decided_by:
            return f" by {name(request.decided_by)}", ""
        case Status.CANCELLED:
            return f" by {name(request.requester_name)}", ""
        case Status.FAILED:
            ours, _ = sentences.failure(request.failure)
            return ":", f" {prose(ours)}"
        case _:
            return "", ""


def request_link(request: Request, url: str) -> str:
    return link(url, show_request_id(request.id))


def target(request: Request) -> str:
    """``PowerUserAccess in Payments Prod``."""
    return f"{bold(request.permission_set_name)} in {bold(request.account_name)}"


def asks(request: Request) -> str:
    """``Ada Lovelace asks for PowerUserAccess in Payments Prod``."""
    return f"{name(request.requester_name)} asks for {target(request)}"


def account(request: Request, path: Sequence[str] = ()) -> str:
    where = f" · {prose(' / '.join(path), 300)}" if path else ""
    now_called = without_id(request.account_name, request.target.account)
    was = request.account_was and without_id(request.account_was, request.target.account)
    before = f" · was {name(was)}" if was and was != now_called else ""
    return f"{name(now_called)} ({code(request.target.account)}){before}{where}"


def permission_set(request: Request) -> str:
    return f"{name(request.permission_set_name)} · sessions up to {show_duration(request.session_duration)}"


def person(named: str, users: Iterable[ChatUser]) -> str:
    """A name with the chat users that stand for it: the name comes from Identity Center, the mention proves it."""
    mentions = " ".join(filter(None, map(mention, users)))
    return f"{name(named)} {mentions}".strip()


def second_account(request: Request) -> str:
    """A warning for whoever decides, and for the person whose first account this is; empty for all others."""
    if not request.second_account:
        return ""
    account = f" {found}" if request.requester_chat and (found := mention(request.requester_chat)) else ""
    return f"⚠️ Asked for from a second Slack account{account}, which no admin had released."


def untold(request: Request) -> str:
    """That its requester does not read any of this; empty while messages arrive."""
    if not request.untold:
        return ""
    return f"⚠️ {prose(untold_words.untold(request.requester_name, request.untold), 600)}"


def window(request: Request, now: datetime | None = None) -> str:
    """What was asked for, and what is left of it; or once it has been active, what it was."""
    if request.window_start_at is not None and (ended := request.closed_at or request.end_at):
        return f"{when(request.window_start_at)} – {when(ended, request.window_start_at)}"
    length = f"{show_duration(request.duration)}{_of_what_was_asked(request)}"
    if request.start_at is None and request.is_over:
        return f"asked {when(request.created_at)}, for {length}"
    if request.start_at is None:
        return f"now, for {length}"
    left = time_left(request, now) if now and request.status in {Status.PENDING, Status.SCHEDULED} else None
    begun = f" · it has begun: {show_duration(left)} left" if left is not None else ""
    return f"from {when(request.start_at)}, for {length}{begun}"


def expiry(request: Request, now: datetime) -> str:
    """Until when it waits for a decision."""
    return f"expires {when(request.expires_at, now)}" if request.expires_at else "doesn't expire"


def _of_what_was_asked(request: Request) -> str:
    return f" (of {show_duration(request.asked_duration)} asked for)" if request.asked_duration else ""


def extension(prolonged: Request, now: datetime) -> str:
    """``Extension of R-1042, live until 14:32``."""
    number = show_request_id(prolonged.id)
    if prolonged.status is Status.ACTIVE and prolonged.end_at is not None:
        return f"Extension of *{number}*, live until {when(prolonged.end_at, now)}"
    return f"Extension of *{number}*, now {state(prolonged).word.lower()}"


def policies(request: Request, most: int) -> str:
    """By which policies it may be asked for, and decided."""
    allowed = ", ".join(map(code, request.eligibility_policies[:most])) or "none"
    deciding = ", ".join(map(code, request.approval_policies[:most])) or "none"
    return f"Allowed by: {allowed} · decided by: {deciding} · policies at revision {request.policy_revision}"


def vote_lines(
    request: Request, votes: Sequence[Vote], longest: int = 300, *, lapsed: Collection[PrincipalId] = ()
) -> list[str]:
    """Who decided, when and why (the last five of them); that nobody had to."""
    if not votes and request.quorum == 0 and request.decided_at is not None:
        return ["No approval was needed."]
    earlier = len(votes) - _MOST_VOTES
    begin = [f"… {earlier} earlier approvals"] if earlier > 0 else []
    return [*begin, *(_vote_line(vote, longest, vote.principal_id in lapsed) for vote in votes[-_MOST_VOTES:])]


def _vote_line(vote: Vote, longest: int, is_lapsed: bool) -> str:
    mark = "✅" if vote.verdict is Verdict.APPROVE else "⛔"
    if is_lapsed:
        return f"⚪ {name(vote.name)} approved {when(vote.at)} and may decide no longer: this approval does not count"
    why = f": {quote_short(vote.comment, longest)}" if vote.comment else ""
    length = f" for {show_duration(vote.allowed)}" if vote.allowed is not None else ""
    return f"{mark} {past(vote.verdict).capitalize()}{length} by {name(vote.name)} {when(vote.at)}{why}"


def progress(
    request: Request, votes: Sequence[Vote], longest: int = 500, *, lapsed: Collection[PrincipalId] = ()
) -> str:
    """``1 of 2: Bob · 1 more is needed`` while that is so, of the votes that count."""
    counting = [vote for vote in votes if vote.principal_id not in lapsed]
    approving = [vote.name for vote in counting if vote.verdict is Verdict.APPROVE]
    if not approving:
        return f"0 of {max(request.quorum, 1)}" if votes and lapsed else ""
    missing = max(request.quorum - len(approving), 0)
    more = f" · {missing} more {'is' if missing == 1 else 'are'} needed" if missing else ""
    return f"{len(approving)} of {max(request.quorum, 1)}: {prose(sentences.names(approving), longest)}{more}"


def ending_lines(request: Request) -> list[str]:
    """How it ended, what lives on, and what is left (rules 18 to 21)."""
    lines = []
    if request.revoked_by and request.revoke_reason:
        ended = "Being ended" if request.status is Status.REVOKING else "Ended"
        lines.append(f"{ended} early by {name(request.revoked_by)}: {quote_short(request.revoke_reason, 500)}")
    if request.status is Status.EXPIRED and request.failure:
        lines.append(f"{prose(sentences.failure(request.failure)[0])} Nothing was granted.")
    elif request.status is Status.FAILED or request.failure:
        lines += failure_lines(request)
    if request.continued_by is not None:
        lines.append(f"The access goes on under {show_request_id(request.continued_by)}.")
    elif request.left_behind is not None and request.status is not Status.FAILED:
        lines.append(prose(left_in_aws(request)))
    elif request.status in {Status.ENDED, Status.REVOKED} and request.window_start_at and request.closed_at:
        lines.append(session_tail(request))
    return lines


def too_late(request: Request, then: str) -> str:
    """``not decided in time and has expired.``, and why when that is not plain."""
    why = prose(sentences.failure(request.failure)[0]) if request.failure else ""
    return failed_words.expired(request, then, why)


def old_picture(facts: Mapping[str, str], now: datetime) -> str:
    since = f" since {when(datetime.fromisoformat(facts['since']), now)}" if facts.get("since") else " lately"
    return failed_words.OLD_PICTURE.format(since=since)


def session_tail(request: Request) -> str:
    """Rule 21, at the end."""
    if request.closed_at is None:
        return f"Sessions already open may go on for up to {show_duration(request.session_duration)}."
    latest = when(request.closed_at + request.session_duration)
    return f"No new sessions can be opened. Sessions already open may go on until {latest} at the latest."


def failure_lines(request: Request) -> list[str]:
    """What failed in our words and AWS's, and what was left behind."""
    ours, theirs = sentences.failure(request.failure)
    said = f" AWS says: {quote_short(theirs, 1000)}" if theirs else ""
    return [f"{prose(ours)}{said}", left_behind(request)]


def left_behind(request: Request) -> str:
    if request.status is not Status.FAILED:
        return "What may have been set up is being removed."
    if request.granting_at is None:
        return "Nothing was granted."
    if request.failure == Reason.ALREADY_ASSIGNED.value:
        return "Nothing was added. The assignment that others made is as it was."
    return "Nothing was left behind: the assignment is seen to be gone."
