"""The acts of people: they ask, decide, end, and change their minds."""

from core.domain.approval import Verdict
from core.domain.commands import CancelRequest, CloseRequest, RevokeAccess
from core.domain.ids import RequestId
from tests.model.facts import Wish
from tests.model.outside import TARGETS
from tests.model.record import Known
from tests.model.run import Run
from tests.model.step import step
from tests.model.troubles import now
from tests.services.company import SECOND
from tests.services.world import Ending

REQUESTERS = ("ada", "ida", "dan")
ANYBODY = ("ada", "ida", "dan", "ada", "ida", "dan", "ada", "ida", "dan", "grace")
DECIDERS = ("bob", "bob", "carol", "carol", "dan", "ada", "frank", "grace")
LENGTHS = (30, 15, 15, 30, 60, 240)
AHEAD = (0, 0, 0, 0, 10, 20, 45)
YES = (True, True, True, False)
SELDOM = (False,) * 6 + (True,)
WHICH = (0, 0, 0, 1, 2)


@step(14)
async def ask(
    run: Run,
    who: str = step.of(ANYBODY),
    target: str = step.of(tuple(TARGETS)),
    minutes: int = step.of(LENGTHS),
    ahead: int = step.of(AHEAD),
    approved: bool = step.of(YES),
) -> None:
    await _send(run, who, target, minutes, _at(ahead))
    if approved:
        await _approve_newest(run, who)


@step(4)
async def ask_together(
    run: Run,
    who: str = step.of(ANYBODY),
    first: int = step.of(tuple(range(len(TARGETS)))),
    count: int = step.of((2, 2, 3)),
    minutes: int = step.of(LENGTHS),
    ahead: int = step.of(AHEAD),
    approved: bool = step.of(YES),
) -> None:
    """Several targets in one form: each request is judged as if it had come alone, all of them or none."""
    names = [list(TARGETS)[(first + each) % len(TARGETS)] for each in range(count)]
    start, before = _at(ahead), set(run.oracle.requests)
    await _send_together(run, who, names, minutes, start)
    made = [run.oracle.requests[number] for number in sorted(set(run.oracle.requests) - before)]
    for request in made if approved else ():
        if request.status == "pending" and _person(request) == who:
            await decide(run, "carol" if who == "dan" else "bob", request, yes=True)


@step(7)
async def extend(
    run: Run,
    which: int = step.of(WHICH),
    minutes: int = step.of(LENGTHS),
    approved: bool = step.of(YES),
) -> None:
    live = run.pick(which, "active", "granting")
    if live is None:
        return
    who, target = _person(live), _target(run, live)
    start = run.oracle.end_of(live) - 300
    await _send(run, who, target, minutes, start if start > now() else None)
    if approved:
        await _approve_newest(run, who)


@step(6)
async def approve(
    run: Run,
    who: str = step.of(DECIDERS),
    which: int = step.of(WHICH),
    minutes: int = step.of((0, 0, 0, 15)),
    old_card: bool = step.of(SELDOM),
    waits: bool = step.of(YES),
) -> None:
    request = run.pick(which, "pending")
    if request is not None:
        await decide(run, who, request, yes=True, minutes=minutes, old_card=old_card, waits=waits)


@step(1)
async def approve_late(run: Run, who: str = step.of(DECIDERS), which: int = step.of(WHICH)) -> None:
    request = run.pick(which, "scheduled", "granting", "active", "rejected", "cancelled", "expired", "failed")
    if request is not None:
        await decide(run, who, request, yes=True)


@step(2)
async def reject(
    run: Run, who: str = step.of(DECIDERS), which: int = step.of(WHICH), waits: bool = step.of(YES)
) -> None:
    request = run.pick(which, "pending")
    if request is not None:
        await decide(run, who, request, yes=False, waits=waits)


@step(2)
async def cancel(run: Run, which: int = step.of(WHICH), waits: bool = step.of(YES)) -> None:
    request = run.pick(which, "pending", "scheduled")
    if request is not None:
        await _end(run, CancelRequest, _person(request), request, waits=waits)


@step(6)
async def revoke(
    run: Run,
    who: str = step.of(("requester", "requester", "frank", "frank", "bob", "grace", "ada")),
    which: int = step.of(WHICH),
    waits: bool = step.of(YES),
) -> None:
    request = run.pick(which, "active", "granting", "scheduled")
    if request is not None:
        await _end(run, RevokeAccess, _person(request) if who == "requester" else who, request, waits=waits)


@step(3)
async def end_extended(run: Run, who: str = step.of(("frank", "bob", "requester")), waits: bool = step.of(YES)) -> None:
    """Somebody ends access that was to be extended."""
    known = run.oracle.requests.values()
    extended = {each.extends for each in known if each.status in {"scheduled", "granting", "active"}}
    request = next((each for each in known if each.id in extended and each.status in {"active", "granting"}), None)
    if request is not None:
        await _end(run, RevokeAccess, _person(request) if who == "requester" else who, request, waits=waits)


@step(2)
async def end_all(run: Run, waits: bool = step.of(YES)) -> None:
    """An admin ends everything that is live."""
    for request in list(run.oracle.requests.values()):
        if request.status in {"active", "granting"}:
            await _end(run, RevokeAccess, "frank", request, waits=waits)


@step(4)
async def ask_again(
    run: Run,
    count: int = step.of((2, 1, 3)),
    but: int = step.of((0, 0, 1)),
    minutes: int = step.of(LENGTHS),
    ahead: int = step.of((0, 0, 1, 1, 4)),
    approved: bool = step.of(YES),
) -> None:
    """People ask anew for what is being taken from them, or was just now, all from the same minute on.

    ``but``: so many of the last ones do not.
    """
    start = _at(ahead)
    ending = [each for each in run.oracle.requests.values() if each.status in {"revoking", "ended", "revoked"}]
    last = {each.held: each for each in sorted(ending, key=lambda each: each.last_change_at)}
    newest_first = sorted(last.values(), key=lambda each: -each.last_change_at)
    for request in newest_first[but : but + count]:
        await _send(run, _person(request), _target(run, request), minutes, start)
        if approved:
            await _approve_newest(run, _person(request))


@step(1)
async def close_by_hand(run: Run, which: int = step.of(WHICH)) -> None:
    request = run.pick(which, "revoking")
    if request is not None:
        await _end(run, CloseRequest, "frank", request)


# --- how it is done ------------------------------------------------------------------------------------


def _at(ahead: int) -> float | None:
    """So many minutes from now, at a full minute, as people ask for it: starts and ends of several meet. 0: now."""
    return (now() // 60 + ahead + 1) * 60 if ahead else None


async def _send(run: Run, who: str, target: str, minutes: int, start: float | None) -> None:
    member, wanted = run.outside.members[who], run.outside.targets[target]
    wish = Wish(member.id, wanted.account, wanted.permission_set, minutes)
    start = None if start is None else float(int(start))
    start_at = None if start is None else run.outside.clock.now() + (start - now()) * SECOND
    run.oracle.sent(wish, start)
    outcome = await run.command(
        lambda process: process.form(member, wanted, minutes=minutes, start_at=start_at, key=run.key())
    )
    run.say(f"{who} asks for {target} for {minutes} min{_from(start)}: {_told(outcome)}")


async def _send_together(run: Run, who: str, names: list[str], minutes: int, start: float | None) -> None:
    member, wanted = run.outside.members[who], [run.outside.targets[name] for name in names]
    for target in wanted:
        run.oracle.sent(Wish(member.id, target.account, target.permission_set, minutes), start)
    start_at = None if start is None else run.outside.clock.now() + (start - now()) * SECOND
    outcome = await run.command(
        lambda process: process.form_for(member, wanted, minutes=minutes, start_at=start_at, key=run.key())
    )
    made = len(outcome.together) if outcome else 0
    run.oracle.holds("6", made in {0, len(wanted)}, f"of {names} only {made} became requests")
    run.say(f"{who} asks for {', '.join(names)} for {minutes} min{_from(start)}: {_told(outcome)}")


async def _approve_newest(run: Run, who: str) -> None:
    request = run.pick(0, "pending")
    if request is not None and _person(request) == who:
        await decide(run, "carol" if who == "dan" else "bob", request, yes=True)
        if run.outside.facts.now.quorum(request.wish.account) > 1 and request.status == "pending":
            await decide(run, "carol", request, yes=True)


async def decide(
    run: Run, who: str, request: Known, *, yes: bool, minutes: int = 0, old_card: bool = False, waits: bool = True
) -> None:
    stored = await run.stored(request.id)
    if stored is None:
        return
    run.oracle.clicked(run.outside.members[who].id, request.id, yes=yes)
    verdict = Verdict.APPROVE if yes else Verdict.REJECT
    command = run.click(who, stored, verdict, minutes if yes else 0, old_card=old_card)
    outcome = await run.command(lambda _: command, waits=waits)
    shorter = f" for {minutes} min" if minutes and yes else ""
    run.say(f"{who} {'approves' if yes else 'rejects'} {request}{shorter}: {_told(outcome)}")


async def _end(run: Run, kind: type[Ending], who: str, request: Known, *, waits: bool = True) -> None:
    member = run.outside.members[who]
    run.oracle.ended(member.id, request.id)
    outcome = await run.command(
        lambda process: process.ending(kind, member, RequestId(request.id), "a reason", key=run.key()), waits=waits
    )
    run.say(f"{who} does {kind.kind.value} {request}: {_told(outcome)}")


def _told(outcome: object) -> str:
    result = getattr(outcome, "result", None)
    if result is None:
        return "no answer yet"
    reasons = ", ".join(refusal.reason.value for refusal in getattr(outcome, "refusals", ()))
    return f"{result.value} ({reasons})" if reasons else str(result.value)


def _from(start: float | None) -> str:
    return "" if start is None else f" from minute {start / 60:.0f} on"


def _person(request: Known) -> str:
    return request.wish.person.removeprefix("user-")


def _target(run: Run, request: Known) -> str:
    wanted = request.held[1:]
    return next(name for name, each in run.outside.targets.items() if (each.account, each.permission_set) == wanted)
