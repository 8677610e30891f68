"""From every state, once the outside is well again, everything due is done within minutes: what must be so then."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.domain.notice_content import AskedTogether
from core.domain.organization import MEMBERSHIP
from tests.fakes.chat import Said
from tests.model.access import unjustified
from tests.model.aws import held_of
from tests.model.oracle import A_MOMENT, ANSWERS_ARE_LOST, TIME_TO_OBJECT, Oracle
from tests.model.outside import Outside
from tests.model.patience import impatient
from tests.model.record import LEAST_LEFT, OVER, Known, Violation
from tests.model.run import Run
from tests.model.troubles import now

SOON = 150.0
"""Seconds for which something that has just become due may still be under way."""
REMOVED_WITHIN = TIME_TO_OBJECT + 2400.0
"""Seconds that the removal takes, from the first sweep on: two of them see it, and another one removes it."""
UNUSABLE_WITHIN = 400.0
"""Seconds that the two looks take which say that nobody can use an assignment any more."""
SAID_TO_REQUESTER = {
    ("", "pending"): "submitted",
    ("", "scheduled"): "submitted",
    ("pending", "scheduled"): "approved",
    ("pending", "rejected"): "rejected",
    ("pending", "expired"): "expired",
    ("scheduled", "expired"): "expired",
    ("pending", "failed"): "failed",
    ("scheduled", "failed"): "failed",
    ("granting", "failed"): "failed",
    ("scheduled", "revoked"): "revoked",
    ("granting", "active"): "active",
    ("revoking", "ended"): "ended",
    ("revoking", "revoked"): "revoked",
}
"""The message that the requester gets about each change."""


@dataclass(frozen=True)
class Stored:
    """The content of the database in the end."""

    statuses: Mapping[int, str]
    open_acts: int
    unsent: list[tuple[str, str, str, int, float]]
    """Audience, recipient, topic, tries and first moment of messages that are neither sent nor given up."""
    given_up: list[tuple[str, str, str, str, str]]
    """Audience, recipient, topic, error and request of messages that were given up."""
    anchor: tuple[int, str]


def judge(run: Run, stored: Stored) -> Iterator[Violation]:
    """Everything that must hold now that the outside has been well for a quarter of an hour."""
    oracle, at = run.oracle, now()
    oracle.reached += ["17" for _ in oracle.cloud.happened] + ["19" for _ in oracle.facts.foreign] + ["b", "27"]
    yield from unjustified(oracle, at)
    yield from impatient(oracle, at)
    for request in oracle.requests.values():
        status = stored.statuses.get(request.id)
        if status != request.status:
            yield Violation("23", f"{request} is {status}, and by the audit trail {request.status}", at)
        yield from _is_where_it_belongs(oracle, request, at)
    yield from _aws_is_as_it_should_be(oracle, at)
    yield from _others_keep_theirs(oracle, at, removes=run.setting.removes)
    if run.setting.removes:
        yield from _nothing_unknown_is_left(oracle, run.well_since, at)
    if stored.anchor[0] != oracle.seen:
        yield Violation("23", f"the audit trail is anchored at {stored.anchor[0]}, and ends at {oracle.seen}", at)
    if stored.open_acts:
        yield Violation("27", f"{stored.open_acts} forms or clicks are still in hand", at)
    if run.setting.tells:
        oracle.reached.append("told")
        yield from _everybody_was_told(oracle, run.outside, stored, at)


def _is_where_it_belongs(oracle: Oracle, request: Known, at: float) -> Iterator[Violation]:
    since = at - request.last_change_at
    match request.status:
        case "pending":
            book = min(book.expiry for book in oracle.facts.book.within(request.asked_at, request.asked_at)) * 60.0
            over = at >= request.asked_at + book + SOON
            lapsed = request.window_end is not None and request.window_end - at < LEAST_LEFT - SOON
            stuck = over or lapsed
        case "scheduled":
            stuck = at >= (request.start or 0.0) + SOON and since > SOON
        case "active":
            stuck = at >= oracle.end_of(request) + SOON
        case "revoking" if _nobody_can_use_it(oracle, request, at):
            stuck = since > SOON + UNUSABLE_WITHIN
        case "granting" | "revoking":
            stuck = since > SOON
        case _:
            stuck = False
    if stuck:
        yield Violation("b", f"{request} is still {request.status} after {since / 60:.0f} minutes", at)


def _nobody_can_use_it(oracle: Oracle, request: Known, at: float) -> bool:
    """Then two looks must agree on that, as far apart as lists lag (rule 17)."""
    person, account, _ = request.held
    people = oracle.facts.people.within(request.last_change_at, at)
    return any(person in each.deleted for each in people) or any(
        not tree.is_open(account) for tree in oracle.facts.tree.within(request.last_change_at, at)
    )


def _aws_is_as_it_should_be(oracle: Oracle, at: float) -> Iterator[Violation]:
    """Live access is there, and nothing of ours is there without live access."""
    live = {
        request.held for request in oracle.requests.values() if request.status in {"granting", "active", "revoking"}
    }
    named = {request.held for request in oracle.requests.values() if request.left_behind}
    for held in oracle.cloud.happened:
        is_ours = oracle.cloud.is_there(held) == "bot" and not oracle.is_beyond_knowing(held)
        if is_ours and held not in live | named:
            yield Violation("17", f"{held} is left in AWS", at)
    for request in oracle.requests.values():
        if request.status == "active" and not oracle.cloud.is_there(request.held):
            last = oracle.cloud.happened[request.held][-1]
            if last.by != "hand":
                yield Violation("18", f"{request} is active, and its assignment was taken away", at)
    for held in map(held_of, oracle.cloud.taken_from_others):
        if held[2] == MEMBERSHIP and not _is_of_no_known_name(oracle, held):
            yield Violation("19", f"{held} was made by hand in place of ours, and taken away", at)


def _others_keep_theirs(oracle: Oracle, at: float, *, removes: bool) -> Iterator[Violation]:
    for held, moments in oracle.facts.foreign.items():
        made_at, is_there = moments[-1]
        if not is_there or oracle.cloud.is_there(held) == "hand" or _may_be_taken_for_ours(oracle, held, made_at):
            continue
        if not (removes and _is_removed_as_unknown(oracle, held, made_at)):
            yield Violation("19", f"{held} was made by hand, and taken away", at)


def _is_removed_as_unknown(oracle: Oracle, held: tuple[str, str, str], made_at: float) -> bool:
    """Never a membership (rule 19). What a hand made anew meanwhile looks like what was there before."""
    return held[2] != MEMBERSHIP and oracle.removed.get(held, -1.0) >= made_at


def _nothing_unknown_is_left(oracle: Oracle, well_since: float, at: float) -> Iterator[Violation]:
    """Access under management without a request is removed, whoever made it (rule 19)."""
    for held, changes in oracle.cloud.happened.items():
        if held[2] == MEMBERSHIP or not oracle.cloud.is_there(held) or _is_out_of_reach(oracle, held):
            continue
        of_it = [request for request in oracle.requests.values() if request.held == held]
        if any(request.status in {"granting", "active", "revoking"} for request in of_it):
            continue
        since = max(well_since, changes[-1].at, *(request.last_change_at for request in of_it))
        if at - since > REMOVED_WITHIN:
            yield Violation("19", f"{held} is there without a request for {(at - since) / 60:.0f} minutes", at)


def _is_out_of_reach(oracle: Oracle, held: tuple[str, str, str]) -> bool:
    """True for a person or an account that is gone: nobody can use it."""
    person, account, _ = held
    return person in oracle.facts.people.current.deleted or not oracle.facts.tree.current.is_open(account)


def _is_of_no_known_name(oracle: Oracle, held: tuple[str, str, str]) -> bool:
    """True if AWS's answer to a creation of ours, which names what it made, may have been lost."""
    asked = (each for each in oracle.cloud.asked.values() if each.held == held and each.creates)
    return any(
        trouble.kind in ANSWERS_ARE_LOST
        for each in asked
        for trouble in oracle.troubles.in_force(each.begun_at, each.begun_at + A_MOMENT)
    )


def _may_be_taken_for_ours(oracle: Oracle, held: tuple[str, str, str], made_at: float) -> bool:
    """Made while ours was live, or so shortly before or after a change of ours that no list can tell."""
    lag = 300.0 + oracle.lag_of_lists
    ours = [each for each in oracle.cloud.asked.values() if each.held == held]
    near = any(abs(each.begun_at - made_at) < lag or abs((each.ended_at or 0.0) - made_at) < lag for each in ours)
    live = any(request.held == held and request.was_live(made_at) for request in oracle.requests.values())
    return near or live


def _everybody_was_told(oracle: Oracle, outside: Outside, stored: Stored, at: float) -> Iterator[Violation]:
    for audience, recipient, topic, tries, since in stored.unsent:
        if at - since > SOON:
            yield Violation("b", f"{topic} to {audience} {recipient} is not sent after {tries} tries", at)
    people = {str(member.id): member.chat.user for member in outside.members.values()}
    said = Counter(key for each in outside.messenger.said for key in _keys(each))
    unreachable = frozenset[str]().union(
        *(p.deleted | p.deactivated | p.suspended | p.disabled for p in oracle.facts.people.within(0, at))
    )
    for request in oracle.requests.values():
        wanted, latest = Counter(_topics(request, at - SOON)), Counter(_topics(request, at))
        for topic, times in latest.items():
            found = said[people[request.wish.person], topic, request.id]
            if request.wish.person in unreachable or _is_given_up(stored, request, topic):
                continue
            if found < wanted[topic]:
                yield Violation("told", f"{request.wish.person} was not told that {request} is {topic}", at)
            if found > times and not _may_be_said_twice(oracle, request):
                yield Violation("told", f"{request.wish.person} was told {found} times that {request} is {topic}", at)


def _keys(said: Said) -> Iterator[tuple[str, str, int]]:
    """One message tells of all requests of a form that asked for several targets."""
    if isinstance(said.notice.content, AskedTogether):
        yield from ((said.to, "submitted", int(one.id)) for one in said.notice.content.requests)
    else:
        yield said.to, said.notice.topic.value, int(said.notice.request_id or 0)


def _topics(request: Known, until: float) -> Iterator[str]:
    before = ""
    for status, at in request.path:
        topic = SAID_TO_REQUESTER.get((before, status)) if at <= until else None
        if topic is not None and not (topic == "submitted" and request.unjudged):
            yield topic
        before = status


def _is_given_up(stored: Stored, request: Known, topic: str) -> bool:
    is_of_all = topic == "submitted" and any(what == "asked_together" for _, _, what, _, _ in stored.given_up)
    return is_of_all or any((about, what) == (str(request.id), topic) for _, _, what, _, about in stored.given_up)


def _may_be_said_twice(oracle: Oracle, request: Known) -> bool:
    """A message whose answer was lost, or whose sender died or slept before it could note it, is sent again."""
    kinds = {"Slack loses answers", "Slack silent", "crash", "paused", "database away", "commits unsure", "no process"}
    return any(trouble.kind in kinds for trouble in oracle.troubles.in_force(request.asked_at - 1, now()))


def is_settled(oracle: Oracle) -> bool:
    """True if nothing will happen any more by time alone."""
    return all(request.status in OVER for request in oracle.requests.values())
