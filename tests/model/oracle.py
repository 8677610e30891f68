"""Judges every change as it is committed, from the rules alone, against its own record of acts, facts and AWS."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.domain.errors import Reason
from tests.model.aws import Held, RecordingCloud, moment
from tests.model.facts import Facts, Moment, Wish
from tests.model.record import LEAST_LEFT, LIVE, NEW, OVER, PATIENCE, TABLE, Form, Known, Violation
from tests.model.troubles import Troubles, now

A_MOMENT = 90.0
"""Seconds that something which the program notices by itself may take, beyond what the rules allow."""

LISTS_LAG = 300.0
"""Seconds that AWS's lists may be behind (rule 20)."""
SIGNED_FOR = 900.0
"""Seconds for which AWS takes a signed call (SigV4): for as long a creation without an answer may have been the one."""
TIME_TO_OBJECT = 1800.0
"""Seconds between the report of an unknown assignment and its removal (rule 19)."""
TO_THE_SECOND = 1.0
"""Seconds: AWS's dates and ours are not compared to the microsecond."""
JUDGED_WITHIN = 5.0
"""Seconds between a request's own date and its commit: what is judged for it takes calls."""
OUTCOME_WITHIN = 300.0
"""Seconds after which an operation without an outcome loses its slot (rule 16)."""
INTENT = 21.0
"""Seconds for which an intent to ask AWS may be older than AWS's date of it: a lease."""


ANSWERS_ARE_LOST = frozenset({"AWS loses answers", "AWS silent", "crash", "paused"})


class Oracle:
    def __init__(self, facts: Facts, cloud: RecordingCloud, troubles: Troubles) -> None:
        self.facts, self.cloud, self.troubles = facts, cloud, troubles
        self.requests: dict[int, Known] = {}
        self.forms: list[Form] = []
        self.clicks: list[tuple[str, int, bool, float]] = []
        """The person who decided about each request, whether it was a yes, and when it was sent."""
        self.endings: list[tuple[str, int, float]] = []
        """The person who ended, withdrew or closed each request, and when it was sent."""
        self.unjudged: list[Known] = []
        """Requests that may still be judged by what is so, as far as it has heard."""
        self.reported: dict[Held, float] = {}
        """Since when admins have known of each unknown assignment."""
        self.removed: dict[Held, float] = {}
        """The last time that each was entered to be removed because it was unknown."""
        self.violations: list[Violation] = []
        self.seen = 0
        self._end_of_chain = "0" * 64
        self.reached: list[str] = []
        """Rules that a verdict rested on."""

    # --- what it is told ---------------------------------------------------------------------------

    def sent(self, wish: Wish, start: float | None) -> None:
        self.forms.append(Form(wish, start, now()))

    def clicked(self, person: str, request_id: int, *, yes: bool) -> None:
        self.clicks.append((person, request_id, yes, now()))

    def ended(self, person: str, request_id: int) -> None:
        self.endings.append((person, request_id, now()))

    def blame(self, rule: str, words: str) -> None:
        self.violations.append(Violation(rule, words, now()))

    def holds(self, rule: str, condition: object, words: str) -> None:
        """Count that the rule was reached, and blame where it does not hold."""
        self.reached.append(rule)
        if not condition:
            self.blame(rule, words)

    # --- the audit trail ---------------------------------------------------------------------------

    def hear(self, events: list[Any]) -> None:
        """Rows of the audit trail that are new: number, predecessor, hash, text."""
        for seq, prev_hash, sealed, body in events:
            follows = seq == self.seen + 1 and prev_hash == self._end_of_chain
            is_whole = sealed == hashlib.sha256(f"{seq}\n{prev_hash}\n{body}".encode()).hexdigest()
            self.holds("23", follows and is_whole, f"event {seq} does not continue the audit trail")
            self.seen, self._end_of_chain = seq, sealed
            event = json.loads(body)
            if event["request_id"] is not None and event["action"].startswith("request."):
                self._hear(event, int(str(event["request_id"]).removeprefix("R-")))
            elif event["action"] == "identity.suspended":
                self._suspended(event["facts"]["pinned"])
            elif event["action"] in {"drift.found", "drift.removed"}:
                self._unknown(event["facts"], is_removed=event["action"] == "drift.removed")

    def _unknown(self, facts: dict[str, Any], *, is_removed: bool) -> None:
        """Removed is what admins were told of, had time to object to, and no request rests on (rule 19)."""
        held = facts["principal"], facts["account"], facts["permission_set"]
        used = [each for each in self.requests.values() if each.held == held and each.status in {"granting", "active"}]
        rests = [request for request in used if now() - request.last_change_at > A_MOMENT]
        self.holds("19", not rests, f"{held} is called unknown, and is of {', '.join(map(str, rests))}")
        if is_removed:
            self.removed[held] = now()
            waited = now() - self.reported.pop(held, now())
            self.holds(
                "19",
                waited >= TIME_TO_OBJECT - TO_THE_SECOND - self.skew,
                f"{held} is removed {waited:.0f} s after the report",
            )
        else:
            self.reported[held] = now()

    def _suspended(self, person: str) -> None:
        """The program has seen that somebody's account leads elsewhere, and knows it until an admin releases them."""
        lately = self.facts.people.within(now() - A_MOMENT, now())
        self.holds("1", any(person in people.suspended for people in lately), f"{person} is suspended for nothing")
        people = self.facts.people.current
        self.facts.people.change(now(), replace(people, seen_suspended=people.seen_suspended | {person}))

    def _hear(self, event: dict[str, Any], request_id: int) -> None:
        facts, by = event["facts"], event["actor"]["principal_id"] or ""
        if event["action"] == "request.approval_counted":
            self._vote(self.requests[request_id], by, yes=True)
        if facts.get("to") is None:
            return
        before, after = facts.get("from") or NEW, facts["to"]
        if before == NEW:
            self._asked(request_id, facts, by)
        request = self.requests[request_id]
        self.holds("15", (before, after) in TABLE, f"{request} went from {before or 'nothing'} to {after}")
        self.holds("15", request.status == before, f"{request} was {request.status}, and is said to have been {before}")
        request.path.append((after, now()))
        request.unjudged = bool(facts.get("unjudged"))
        self._policy_context(request, before, after, facts, by)

    def _asked(self, request_id: int, facts: dict[str, Any], by: str) -> None:
        wish = Wish(facts["requester"], facts["account"], facts["permission_set"], facts["minutes"])
        start = moment(datetime.fromisoformat(facts["start_at"])) if facts["start_at"] else None
        extends = facts["extends"]
        known = Known(request_id, wish, start, now(), int(extends.removeprefix("R-")) if extends else None)
        self.requests[request_id] = known
        self.unjudged.append(known)
        form = next((each for each in self.forms if not each.is_used and self._fits(each, known)), None)
        self.holds("6", form is not None and by == wish.person, f"{known} is a request that nobody sent")
        if form is not None:
            form.is_used = True

    def _fits(self, form: Form, known: Known) -> bool:
        """A start that has passed by now means now; the window of another one never moves."""
        same_start = form.start == known.start or (
            known.start is None and form.start is not None and form.start <= now()
        )
        return form.wish == known.wish and same_start

    # --- each change -------------------------------------------------------------------------------

    def _policy_context(self, request: Known, before: str, after: str, facts: dict[str, Any], by: str) -> None:
        if before == NEW:
            self._submitted(request, after)
        judges: dict[str, Callable[[Known, str, dict[str, Any], str], None]] = {
            "scheduled": self._approved,
            "rejected": self._rejected,
            "cancelled": self._cancelled,
            "granting": self._started,
            "active": self._active,
            "revoking": self._revoking,
            "expired": self._expired,
            "failed": self._failed,
            "ended": self._gone,
            "revoked": self._gone,
        }
        if after in judges and not (before == NEW and after == "pending"):
            judges[after](request, before, facts, by)

    def _may(self, judge: Callable[[Moment], bool]) -> bool:
        """True if somebody who judged lately may have found it so."""
        return True in self.facts.verdicts(judge, now())

    def _submitted(self, request: Known, after: str) -> None:
        wish = request.wish
        self.holds("1", self._may(lambda it: it.is_known(wish)), f"{wish.person} is nobody who may ask, and did")
        self.holds("3", self._may(lambda it: it.may_ask(wish)), f"{request} was not {wish.person}'s to ask for")
        self.holds("4", self._may(lambda it: it.is_short_enough(wish)), f"{request} is too long")
        self.holds("9", self._may(lambda it: it.is_free(wish)), f"{request} is about an account that is barred")
        needed = self.facts.verdicts(lambda it: it.needs_approval(wish), now())
        self.holds("5", (after == "pending") in needed, f"{request} is {after}, and approval is needed: {needed}")
        if after == "pending":
            decidable = self._may(lambda it: it.is_decidable(wish))
            self.holds("7", decidable, f"{request} waits, and too few could approve it")
        if request.window_end is not None:
            self.holds(
                "6",
                request.window_end - now() >= LEAST_LEFT - 1,
                f"{request} was taken when its window was nearly over",
            )

    def judged(self, waiting: set[int]) -> None:
        """Everything but these is judged by what is so: AWS's list may be older when a form is only stored (rule 8)."""
        found = [request for request in self.unjudged if request.id not in waiting]
        self.unjudged = [request for request in self.unjudged if request.id in waiting]
        for request in found:
            foreign = self.cloud.is_there(request.held) == "hand" and not self._may_have_been_seen_otherwise(request)
            is_told = not request.unjudged
            self.holds(
                "8", not (is_told and foreign), f"{request} was taken, though {request.wish.person} holds that already"
            )

    def _may_have_been_seen_otherwise(self, request: Known) -> bool:
        """True if AWS's lists may not have shown yet that it was made by hand, or those listed may have been ours.

        So they may where AWS said SUCCEEDED to a creation of ours of what a hand had made, and no list had shown yet;
        and where it is being removed as unknown.
        """
        changes = self.cloud.happened[request.held]
        is_new = now() - changes[-1].at < self.lag_of_lists + A_MOMENT
        lately_ours = any(change.by == "bot" and now() - change.at < 600 for change in changes)
        made_at = changes[-1].at
        asked = (each for each in self.cloud.asked.values() if each.held == request.held and each.creates)
        is_taken_over = any((each.ended_at or 0.0) >= made_at for each in asked)
        is_being_removed = self.removed.get(request.held, -1.0) >= made_at
        return is_new or lately_ours or is_taken_over or is_being_removed or self._rests_on_ours(request)

    def _rests_on_ours(self, request: Known) -> bool:
        """True if it was made by hand while we were at it, so that nobody can tell whose it is (rule 20)."""
        changes = self.cloud.happened[request.held]
        made_at = next((change.at for change in reversed(changes) if change.is_there), 0.0)
        return any(other.held == request.held and other.was_live(made_at) for other in self.requests.values())

    def _was_asked_for(self, request: Known) -> bool:
        """True if AWS did anything for it: of what was never ours nothing is said."""
        since = request.since("granting") or 0.0
        return any(each.held == request.held and each.begun_at >= since for each in self.cloud.asked.values())

    @property
    def lag_of_lists(self) -> float:
        return self.cloud.lists_behind.total_seconds()

    def _vote(self, request: Known, by: str, *, yes: bool, again: bool = False) -> None:
        self.holds("12", again or by not in request.votes, f"{by} decided about {request} twice")
        self.holds("11", by != request.wish.person, f"{by} decided about the own {request}")
        sent = [at for who, about, verdict, at in self.clicks if (who, about, verdict) == (by, request.id, yes)]
        self.holds("13", sent, f"{by} never clicked on {request}")
        able = self._may(lambda it: it.may_click(by, request.wish.account))
        if yes:
            self.holds("10", able, f"{by} may not decide about {request}, and did")
        request.votes[by] = (yes, now())

    def _approved(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:
        if before != "pending":
            return
        approved_before, _ = request.votes.get(by, (False, 0.0))  # a vote may count again that did not in between
        self._vote(request, by, yes=True, again=approved_before)
        yes = [person for person, (verdict, _) in request.votes.items() if verdict]
        self.holds("12", all(verdict for verdict, _ in request.votes.values()), f"{request} was rejected, and approved")

        def enough(it: Moment) -> bool:
            able = {person for person in yes if it.may_decide(person, request.wish.account)}
            return len(able - {request.wish.person}) >= it.quorum(request.wish.account)

        self.holds("11", self._may(enough), f"{request} was approved by too few: {', '.join(yes)}")
        self.holds(
            "14",
            self._may(lambda it: it.may_have(request.wish)),
            f"{request} was approved, and is not allowed",
        )
        if "minutes" in facts:
            request.wish = Wish(request.wish.person, *request.held[1:], facts["minutes"])

    def _rejected(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:  # noqa: ARG002
        self._vote(request, by, yes=False)

    def _cancelled(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:  # noqa: ARG002
        self.holds("15", by == request.wish.person, f"{by} withdrew {request}, which is not theirs")
        self.holds("15", (by, request.id) in {each[:2] for each in self.endings}, f"{by} never withdrew {request}")

    def _started(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:  # noqa: ARG002
        due = max(request.start or 0.0, request.since("scheduled") or 0.0)
        ahead = self.skew
        self.holds("6", now() >= due - TO_THE_SECOND - ahead, f"{request} was started before its time")
        self.holds(
            "6",
            now() - due <= PATIENCE + A_MOMENT + ahead,
            f"{request} was started though it was missed by half an hour",
        )
        if request.window_end is not None:
            left = request.window_end - now()
            self.holds("6", left >= LEAST_LEFT - A_MOMENT - ahead, f"{request} was started with {left:.0f} s left")
        self._allowed_still(request)

    def _allowed_still(self, request: Known) -> None:
        self.holds(
            "14",
            self._may(lambda it: it.may_have(request.wish)),
            f"{request} is granted, and is not allowed any more",
        )
        yes = {person for person, (verdict, _) in request.votes.items() if verdict} - {request.wish.person}

        def approved(it: Moment) -> bool:
            able = {person for person in yes if it.may_decide(person, request.wish.account)}
            return not it.needs_approval(request.wish) or len(able) >= it.quorum(request.wish.account)

        self.holds("14", self._may(approved), f"{request} is granted with too few approvals")

    def _active(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:  # noqa: ARG002
        there = self.cloud.is_there(request.held)
        asked = reversed(self.cloud.asked.values())  # of two that ended at once the later one counts
        made = [each for each in asked if each.held == request.held and each.ended_at is not None]
        last = max(made, key=lambda each: each.ended_at or 0.0, default=None)
        self.holds(
            "20",
            last is not None and last.creates,
            f"{request} is called active, and AWS said SUCCEEDED to no creation",
        )
        gone_by_hand = not there and self.cloud.happened.get(request.held, [])[-1:][0].by == "hand" if made else False
        self.holds("20", there or gone_by_hand, f"{request} is called active, and AWS has no such assignment")
        since = request.since("granting") or 0.0
        self.holds(
            "16",
            now() - since <= PATIENCE + A_MOMENT,
            f"{request} became active {(now() - since) / 60:.0f} minutes after its start",
        )
        end = self.end_of(request)
        self.holds("16", now() <= end + A_MOMENT + self.skew, f"{request} is called active after its end")

    def end_of(self, request: Known, *, by_failed: bool = False) -> float:
        """The moment when access ends by time alone (rules 6 and 16).

        A window without an asked start begins when AWS made the assignment, by the date of the operation; when it was
        there, or was being made, before, with the request. What AWS called FAILED and did all the same began when it
        was done, or ``by_failed`` with the date of that operation: nobody knows which of several it was. What a hand
        took away before it became active has begun nothing: what exists then was made after that.
        """
        if request.window_end is not None:
            return request.window_end
        since = request.since("granting") or 0.0
        until = request.since("active") or now()
        if self._stayed(request.held, since, until):
            return since + request.seconds
        first = max((at for at in self._taken_by_hand(request.held) if since <= at <= until), default=since)
        made = [
            each.at
            for each in self.cloud.happened.get(request.held, [])
            if each.is_there and first <= each.at and (by_failed or each.by != "hand")
        ]
        asked = [
            max(each.begun_at, since)
            for each in self.cloud.asked.values()
            if each.held == request.held
            and each.creates
            and first <= ((each.done_at if by_failed else each.ended_at) or 0.0) <= until
        ]
        began = min((at for at in (*made, *asked) if since <= at <= until), default=since)
        return began + request.seconds

    def is_beyond_knowing(self, held: Held) -> bool:
        """True if AWS was so late with a creation that nobody could look for it any more (rule 20).

        Its answer was lost, and AWS did not list it among its operations for as long as one may come.
        """
        lost, unlisted = ANSWERS_ARE_LOST, {"operations unlisted"}
        return any(
            asked.creates
            and asked.held == held
            and (asked.done_at or 0.0) - asked.begun_at > SIGNED_FOR
            and all(
                any(
                    trouble.kind in kinds
                    for trouble in self.troubles.in_force(asked.begun_at, asked.begun_at + A_MOMENT)
                )
                for kinds in (lost, unlisted)
            )
            for asked in self.cloud.asked.values()
        )

    def _stayed(self, held: Held, since: float, until: float) -> bool:
        """True if it was there then, and all the time until."""
        changes = self.cloud.happened.get(held, [])
        before = next((change.is_there for change in reversed(changes) if change.at <= since), False)
        return before and not any(since < change.at <= until for change in changes)

    def _revoking(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:
        if by:
            self._ended_early(request, by, facts)
        else:
            end = self.end_of(request, by_failed=True)
            if before == "granting" or self._was_taken_by_hand(request) or self._was_taken_unsaid(request):
                # The end that was stored before AWS was asked (rule 16). Where a hand took away what was there, a list
                # that is behind does not tell, and it counts as well (rule 20): until it is active.
                end = min(end, (request.since("granting") or 0.0) + request.seconds)
            early = SIGNED_FOR + INTENT if self._asks_may_be_lost(request) else INTENT
            if self._failed_late(request):
                early += LISTS_LAG
            self.holds(
                "17", now() >= end - self.skew - early, f"{request} was ended {end - now():.0f} s before its time"
            )

    def _was_taken_by_hand(self, request: Known) -> bool:
        """True if nobody need have seen it when the grant began (rule 20): no list may have shown it yet.

        Of access that another request rested on then, it is noticed when somebody next looks.
        """
        granting, until = request.since("granting") or 0.0, request.since("active") or now()
        others = (each for each in self.requests.values() if each.held == request.held and each is not request)
        begun = (other.since("granting") or granting for other in others if other.was_live(granting))
        since = min((granting - LISTS_LAG, *begun))
        return any(since <= at <= until for at in self._taken_by_hand(request.held))

    def _was_taken_unsaid(self, request: Known) -> bool:
        """True if a deletion that AWS called FAILED took away, while it was being granted, what was there before."""
        since, until = request.since("granting") or 0.0, request.since("active") or now()
        deletions = (each for each in self.cloud.asked.values() if each.held == request.held and not each.creates)
        return any(each.ended_at is None and since <= (each.done_at or -1.0) <= until for each in deletions)

    def _failed_late(self, request: Known) -> bool:
        """True if AWS called a creation FAILED that had hung: it may have been done, and no list shows that yet.

        The window is then taken to have begun as early as the list's lag allows (rules 16 and 20).
        """
        since, until = request.since("granting") or 0.0, request.since("active") or now()
        mine = (each for each in self.cloud.asked.values() if each.held == request.held and each.creates)
        failed = (
            (each, self.cloud.outcome_at(each)) for each in mine if each.ended_at is None and each.begun_at >= since
        )
        return any(end is not None and each.begun_at + OUTCOME_WITHIN <= end <= until for each, end in failed)

    def _taken_by_hand(self, held: Held) -> list[float]:
        """Each time that a hand took it away."""
        return [each.at for each in self.cloud.happened.get(held, []) if not each.is_there and each.by == "hand"]

    def _asks_may_be_lost(self, request: Known) -> bool:
        """True if a creation that AWS never got may count as the one that made it."""
        kinds = {"AWS loses answers", "AWS silent", "paused", "crash", "commits unsure", "database away"}
        # Another one is asked for beside it, and either may have made it.
        kinds |= {"odd answers", "operation hangs", "AWS finds late"}
        since = request.since("granting") or 0.0
        return any(trouble.kind in kinds for trouble in self.troubles.in_force(since - A_MOMENT, now()))

    def _ended_early(self, request: Known, by: str, facts: dict[str, Any]) -> None:
        request.ended_early_by = by
        request.called_off = "called_off_with" in facts
        may = self._may(
            lambda it: by == request.wish.person or it.is_admin(by) or by in it.approvers(request.wish.account),
        )
        self.holds("17", may, f"{by} ended {request}, which is not theirs to end")
        about = facts.get("called_off_with")
        asked_for = request.id if about is None else int(str(about).removeprefix("R-"))
        self.holds("15", (by, asked_for) in {each[:2] for each in self.endings}, f"{by} never ended {request}")
        if by != request.wish.person and not request.called_off:
            self._extensions_are_called_off(request)

    def _extensions_are_called_off(self, ended: Known) -> None:
        """Rule 18. What was approved at the same moment may have come too late to be seen."""
        chain = {ended.id}
        for request in sorted(self.requests.values(), key=lambda each: each.id):
            if request.extends not in chain or request.status == "pending":
                continue
            chain.add(request.id)
            approved_at = request.since("scheduled") or now()
            if now() - approved_at < A_MOMENT:
                continue
            stays = request.status in {"scheduled", "granting", "active"}
            self.holds(
                "18",
                not stays,
                f"{ended} was ended by somebody else, and its extension {request} stays {request.status}",
            )

    def _expired(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:  # noqa: ARG002
        at = now() + self.skew + JUDGED_WITHIN + self._stood_still_before(request.asked_at)
        books = self.facts.book.within(request.asked_at, request.asked_at)
        expiry = min(book.expiry for book in books) * 60.0
        due = max(request.start or 0.0, request.since("scheduled") or 0.0)
        why = {
            "its time to be decided was over": before == "pending" and at >= request.asked_at + expiry,
            "its window was nearly over": request.window_end is not None and request.window_end - at <= LEAST_LEFT,
            "its start was missed": before == "scheduled" and at - due >= PATIENCE,
        }
        self.holds("6", any(why.values()), f"{request} expired for none of the reasons that there are")

    def _stood_still_before(self, asked_at: float) -> float:
        """Seconds that a process may have stood still between a request's own date and its commit."""
        pauses = (each for each in self.troubles.in_force(asked_at - JUDGED_WITHIN, asked_at) if each.kind == "paused")
        return max((min(each.until, asked_at) - each.since for each in pauses), default=0.0)

    def _failed(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:
        request.why = str(facts.get("failure") or facts.get("reasons"))
        since = request.since("granting") or request.last_change_at
        wish = request.wish
        yes = {person for person, (verdict, _) in request.votes.items() if verdict} | ({by} if by else set())

        if request.unjudged and Reason.IDENTITY_SUSPENDED.value in facts["reasons"]:
            people = self.facts.people.current
            self.facts.people.change(now(), replace(people, seen_suspended=people.seen_suspended | {wish.person}))

        def is_allowed(it: Moment) -> bool:
            if request.unjudged:  # nothing was posted: it is judged as a form is
                decidable = before == "pending" and it.is_decidable(wish)
                return it.may_ask(wish) and (decidable or not it.needs_approval(wish))
            able = {person for person in yes if it.may_decide(person, wish.account)} - {wish.person}
            enough = not it.needs_approval(wish) or before == "pending" or len(able) >= it.quorum(wish.account)
            return it.may_have(wish) and enough and not it.people.deactivated & {wish.person, *yes}

        disallowed = False in self.facts.verdicts(is_allowed, since, now())
        changes = self.cloud.happened.get(request.held, [])
        foreign = any(change.is_there and change.by == "hand" for change in changes)
        troubled = any(True for _ in self.troubles.in_force(since - A_MOMENT, now()))
        self.holds("16", disallowed or foreign or troubled, f"{request} failed without a reason: {request.why}")
        if before == "granting":
            self._gone(request, before, facts, by)

    def _gone(self, request: Known, before: str, facts: dict[str, Any], by: str) -> None:
        """Said to be over: AWS has nothing of ours for it, or another request holds it, or it is named (rule 20)."""
        if before not in LIVE:
            if by and request.status == "revoked":
                self._ended_early(request, by, facts)
            return
        request.left_behind = str(facts.get("left_behind") or "")
        others = [other for other in self.requests.values() if other is not request and other.held == request.held]
        heir = str(facts.get("continued_by", "")).removeprefix("R-")
        goes_on = any(other.status in {"granting", "active"} or _was_just_so(other, heir) for other in others)
        there = self.cloud.is_there(request.held)
        is_named = bool(request.left_behind)
        said_gone = not goes_on and not is_named
        self.holds(
            "20",
            not (said_gone and there == "bot"),
            f"{request} is called {request.status}, and AWS still has the assignment",
        )
        if said_gone and there == "hand":
            is_new = now() - self.cloud.happened[request.held][-1].at < self.lag_of_lists + A_MOMENT
            self.holds(
                "20",
                is_new or self._rests_on_ours(request) or not self._was_asked_for(request),
                f"{request} is called gone, and AWS lists it: somebody else's",
            )

    @property
    def skew(self) -> float:
        """By how much the clock of any process may be ahead or behind."""
        return max((float(one.about or 0) for one in self.troubles.all if one.kind == "clock wrong"), default=0.0)


def _was_just_so(other: Known, heir: str) -> bool:
    """Access is said to go on under it, and it was ended by a commit at the same moment."""
    return str(other.id) == heir and other.status == "revoking" and now() - other.last_change_at < TO_THE_SECOND


def is_over(request: Known) -> bool:
    return request.status in OVER
