"""Events around the people: time passes, the company changes, AWS is changed by hand, troubles come, processes end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.domain.assignment import LISTS_LAG, OperationKind
from core.domain.errors import Conflict, Upstream
from core.domain.request import Actor
from tests.fakes.cloud import Failure, FakeOperation
from tests.model.aws import held_of
from tests.model.facts import Book, Deciders, Eligible
from tests.model.outside import BOOK, GROUPS, TARGETS
from tests.model.run import Run
from tests.model.step import step
from tests.model.troubles import FOR_EVER, now
from tests.services.company import PAYMENTS, PROD, SANDBOX, STAGING, WORKLOADS

MINUTE, HOUR = 60, 3600
WAITS = (60, 10, 20, 60, 120, 180, 360, 600, 960, 1860, 3600)
BRIEF = (60, 20, 60, 120, 240, 420, 1200)
ANYBODY = ("ada", "ida", "dan", "bob", "carol")
ACCOUNTS = (PROD, STAGING, SANDBOX)
REVISION = "SELECT max(revision) FROM policy_revision"
WHICH = (0, 0, 0, 1, 2)

# --- time ----------------------------------------------------------------------------------------------


@step(16)
async def wait(run: Run, seconds: int = step.of(WAITS)) -> None:
    run.say(f"{_length(seconds)} pass")
    await asyncio.sleep(seconds)


@step(8)
async def wait_for_change(run: Run, off: int = step.of((1, -1, -20, -320, 20))) -> None:
    """Until the next end or start of access, or so much before or after it."""
    ahead = [run.oracle.end_of(each) for each in run.oracle.requests.values() if each.status in {"active", "granting"}]
    ahead += [each.start or 0.0 for each in run.oracle.requests.values() if each.status == "scheduled"]
    soon = min((at + off - now() for at in ahead if at + off > now()), default=None)
    if soon is not None and soon < 5 * HOUR:
        run.say(f"until {abs(off)} s {'before' if off < 0 else 'after'} the next start or end")
        await asyncio.sleep(soon)


# --- the company ---------------------------------------------------------------------------------------


@step(3)
async def change_policies(
    run: Run,
    how: str = step.of(("two approvals", "one approval", "no approval", "prod protected", "staging out", "short")),
    back_after: int = step.of((600, 60, 1800, 7200)),
) -> None:
    """An operator applies another book, and the first one again after a while."""
    changed = {
        "two approvals": replace(BOOK, deciders=(Deciders(frozenset({"Payments Leads"}), frozenset({PAYMENTS}), 2),)),
        "one approval": BOOK,
        "no approval": replace(BOOK, approval_required=False),
        "prod protected": replace(BOOK, protected=frozenset({PROD})),
        "staging out": replace(BOOK, eligible=(_only_prod(BOOK.eligible[0]), BOOK.eligible[1])),
        "short": replace(BOOK, longest=20),
    }[how]
    if changed is not BOOK:
        run.later(back_after, lambda: apply(run, BOOK, "as before"))
    await apply(run, changed, how)


def _only_prod(eligible: Eligible) -> Eligible:
    return replace(eligible, where=frozenset({PROD}))


async def apply(run: Run, book: Book, how: str) -> None:
    """It holds when it is stored, whatever the operator is told: the command may die with its process."""
    async with run.operator:
        await _apply_alone(run, book, how)


async def _apply_alone(run: Run, book: Book, how: str) -> None:
    process = run.any_process()
    if process is None:
        return
    ((before,),) = await run.storage.rows(REVISION)
    try:
        current = await process.services.policies.current()
        wanted = run.outside.policy_book(book)
        await process.services.policies.apply(wanted, based_on=current.revision, author=Actor("operator"))
    except (Upstream, Conflict) as error:
        run.say(f"the policies cannot be changed: {error}")
    finally:
        ((after,),) = await run.storage.rows(REVISION)
        if after != before:
            run.outside.facts.book.change(now(), book)
            run.say(f"policies: {how}")


@step(4)
async def change_person(
    run: Run,
    who: str = step.of(ANYBODY),
    how: str = step.of(("disabled", "deactivated", "suspended", "deleted", "leaves", "disabled", "leaves")),
    back_after: int = step.of((600, 60, 1800, 7200)),
) -> None:
    """Somebody is disabled, loses the chat account or the groups for a while; who is deleted does not come back."""
    person, people = run.outside.members[who].id, run.outside.facts.people.current
    if person in people.deleted:
        return
    run.say(f"{who} is {how}" if how != "leaves" else f"{who} leaves all groups")
    if how == "leaves":
        gone = {group: found - {person} for group, found in people.members.items()}
        run.outside.change_people(members=gone)
        groups = [group for group, found in people.members.items() if person in found]
        run.later(back_after, lambda: _back_into(run, person, groups))
        return
    run.outside.change_people(**{how: getattr(people, how) | {person}})
    if how == "deleted":
        run.troubles.begin("user deleted", FOR_EVER, person)
    else:
        run.later(back_after, lambda: _is_back(run, who, how))


async def _is_back(run: Run, who: str, how: str) -> None:
    """A pair that was seen to lead elsewhere stays suspended: no admin releases it here (rule 1)."""
    member, people = run.outside.members[who], run.outside.facts.people.current
    run.outside.change_people(**{how: getattr(people, how) - {member.id}})


async def _back_into(run: Run, person: str, groups: list[str]) -> None:
    members = dict(run.outside.facts.people.current.members)
    run.outside.change_people(members={**members, **{group: members[group] | {person} for group in groups}})


@step(3)
async def change_account(
    run: Run,
    account: str = step.of(ACCOUNTS),
    how: str = step.of(("moved", "closed", "left")),
    back_after: int = step.of((600, 1800, 7200)),
) -> None:
    """An account is moved out of its unit, closed, or leaves the organization; after a while it is as before."""
    if run.setting.groups and account in GROUPS:
        await _synchronize(run, GROUPS[account], back_after)
        return
    tree = run.outside.facts.tree.current
    was = tree.parent.get(account)
    if was is None:
        return
    if how == "moved":
        run.outside.change_tree(parent={**tree.parent, account: WORKLOADS})
    elif how == "closed":
        run.outside.change_tree(closed=tree.closed | {account})
        run.troubles.begin("account gone", back_after, account)
    else:
        run.outside.change_tree(parent={known: unit for known, unit in tree.parent.items() if known != account})
        run.troubles.begin("account gone", back_after, account)
    run.say(f"account {account} is {how}")

    async def back() -> None:
        tree = run.outside.facts.tree.current
        run.outside.change_tree(parent={**tree.parent, account: was}, closed=tree.closed - {account})

    run.later(back_after, back)


async def _synchronize(run: Run, group: str, back_after: int) -> None:
    """Another system looks after a group for a while: AWS lets nobody else change who is in it."""
    run.outside.change_tree(closed=run.outside.facts.tree.current.closed | {group})
    run.troubles.begin("group synchronized", back_after, group)
    run.say(f"{group} is synchronized")

    async def back() -> None:
        run.outside.change_tree(closed=run.outside.facts.tree.current.closed - {group})

    run.later(back_after, back)


# --- hands in AWS --------------------------------------------------------------------------------------


@step(3)
async def make_by_hand(
    run: Run, who: str = step.of(("ada", "ida", "dan")), target: str = step.of(tuple(TARGETS))
) -> None:
    """Somebody assigns the same by hand, where nothing of ours is there or on its way."""
    member, wanted = run.outside.members[who], run.outside.targets[target]
    holding = (member.id, wanted)
    if holding in run.outside.cloud.assigned or any(one.holding == holding for one in run.outside.cloud.in_flight()):
        return
    run.say(f"a hand gives {who} {target}")
    run.outside.cloud.make(*holding)
    run.outside.facts.foreign.setdefault(held_of(holding), []).append((now(), True))


@step(2)
async def remove_by_hand(run: Run, which: int = step.of(WHICH)) -> None:
    """Somebody takes away what is there, ours or not; the newest membership they make anew, in its place."""
    there = list(run.outside.cloud.assigned)
    if not there:
        return
    holding = there[which % len(there)]
    run.say(f"a hand takes away {holding[0].removeprefix('user-')}'s access in {holding[1].account}")
    run.outside.cloud.remove(*holding)
    if held_of(holding) in run.outside.facts.foreign:
        run.outside.facts.foreign[held_of(holding)].append((now(), False))
    if holding[1].group is not None and which == 0:
        run.say("and makes it anew")
        run.outside.cloud.make(*holding)
        run.outside.facts.foreign.setdefault(held_of(holding), []).append((now(), True))


# --- troubles ------------------------------------------------------------------------------------------


@step(9)
async def trouble_at_aws(
    run: Run,
    what: str = step.of(
        ("AWS away", "AWS silent", "AWS throttles", "AWS loses answers", "reads denied", "writes denied")
    ),
    seconds: int = step.of((*BRIEF, 2400)),
) -> None:
    _begin(run, what, seconds)


@step(9)
async def trouble_with_operations(
    run: Run,
    what: str = step.of(("hang", "slow", "fail", "half fail", "unlisted", "forgotten")),
    seconds: int = step.of((*BRIEF, 2400)),
) -> None:
    """Operations hang, are slow, end as FAILED, or are not found among those that AWS was asked for."""
    cloud = run.outside.cloud
    if what == "forgotten":
        run.say("AWS forgets its operations")
        run.troubles.note("operations forgotten")
        cloud.forget()
    elif what == "hang":
        cloud.held = True
        _begin(run, "operations hang", seconds, cloud.release)
    elif what == "slow":
        cloud.takes = timedelta(seconds=40)
        _begin(run, "operations slow", seconds, lambda: setattr(cloud, "takes", timedelta(seconds=2)))
    elif what == "unlisted":
        cloud.listed_after = timedelta(seconds=20)
        _begin(run, "operations unlisted", seconds, lambda: setattr(cloud, "listed_after", timedelta()))
    else:
        cloud.fail_with.extend([Failure("it failed", does_the_work=what == "half fail")] * 20)
        _begin(run, f"operations {what}", seconds, cloud.fail_with.clear)


@step(3)
async def operation_hangs(run: Run, seconds: int = step.of((2400, 420, 1200, 7200))) -> None:
    """The next operation has no outcome for so long. AWS does the others meanwhile, in its account as well."""
    cloud = run.outside.cloud

    def hangs(operation: FakeOperation) -> None:
        run.say(f"this operation alone hangs: {operation.kind.value} for {operation.holding[0].removeprefix('user-')}")
        account = operation.holding[1].account
        run.troubles.begin("operation hangs", seconds, account, ends=lambda: cloud.end(operation))

    run.say(f"the next operation is to hang for {_length(seconds)}")
    cloud.next_hangs = hangs


@step(7)
async def lists_behind(
    run: Run,
    by: int = step.of((10, 3, 60, round(LISTS_LAG.total_seconds()) - 10)),
    which: str = step.of(("all", "creations", "deletions")),
    seconds: int = step.of((600, 60, 1800, 7200)),
) -> None:
    """AWS's lists show what was so a while ago; with creations, deletions or both."""
    cloud = run.outside.cloud
    kinds = {"all": frozenset(OperationKind), "creations": {OperationKind.CREATE}, "deletions": {OperationKind.DELETE}}
    cloud.lists_behind, cloud.lists_miss = timedelta(seconds=by), frozenset(kinds[which])

    def right() -> None:
        cloud.lists_behind, cloud.lists_miss = run.usual_lag, frozenset(OperationKind)

    _begin(run, "lists behind", seconds, right, f" by {by} s, with {which}")


@step(0)
async def finds_late(
    run: Run,
    by: int = step.of((10, 3, 60, 120, round(LISTS_LAG.total_seconds()) - 10)),
    what: str = step.of(("changes", "changes", "both", "operations")),
    seconds: int = step.of((600, 60, 1800, 7200)),
) -> None:
    """AWS does not find yet what it did just now.

    Deletions find nothing, creations what is gone, and an operation is unknown when it is asked after.
    """
    cloud = run.outside.cloud
    if what != "operations":
        cloud.finds_after = timedelta(seconds=by)
    if what != "changes":
        cloud.names_after = timedelta(seconds=by)

    def right() -> None:
        cloud.finds_after = cloud.names_after = timedelta()

    _begin(run, "AWS finds late", seconds, right, f" what is younger than {by} s ({what})")


@step(0)
async def trouble_with_lists(
    run: Run,
    what: str = step.of(("lists denied", "lists fail at times", "lists silent")),
    seconds: int = step.of((600, 60, 240, 1800, 7200)),
) -> None:
    """AWS lists no assignments, never or at times, and does everything else."""
    _begin(run, what, seconds)


@step(2)
async def odd_answers(run: Run, account: str = step.of(ACCOUNTS), seconds: int = step.of(BRIEF)) -> None:
    """AWS answers something unreadable about one account."""
    _begin(run, "odd answers", seconds, about=GROUPS[account] if run.setting.groups and account in GROUPS else account)


@step(3)
async def trouble_elsewhere(
    run: Run,
    what: str = step.of(("directory away", "organization away", "database away", "commits unsure")),
    seconds: int = step.of((20, 60, 240, 1200)),
) -> None:
    _begin(run, what, seconds)


@step(2)
async def row_locked(run: Run, which: int = step.of(WHICH), seconds: int = step.of((*BRIEF, 7200))) -> None:
    """Somebody else holds the row of one request locked."""
    request = run.pick(which, "pending", "scheduled", "granting", "active", "revoking")
    if request is not None:
        run.troubles.begin("row locked", seconds, str(request.id))
        run.say(f"the row of {request} is locked for {_length(seconds)}")


@step(5)
async def trouble_at_slack(
    run: Run,
    what: str = step.of(("Slack away", "Slack silent", "Slack limits", "Slack loses answers", "Slack refuses")),
    seconds: int = step.of((60, 240, 1200)),
    which: int = step.of(WHICH),
) -> None:
    request = run.pick(which, "pending", "scheduled", "granting", "active", "revoking", "ended")
    about = str(request.id) if what == "Slack refuses" and request is not None else ""
    if what != "Slack refuses" or about:
        _begin(run, what, seconds, about=about)


def _begin(
    run: Run, kind: str, seconds: float, ends: Callable[[], None] | None = None, detail: str = "", *, about: str = ""
) -> None:
    run.troubles.begin(kind, seconds, about, ends=ends)
    run.say(f"{kind}{detail}{' about ' + about if about else ''} for {_length(seconds)}")


# --- processes -----------------------------------------------------------------------------------------


@step(6)
async def crash(
    run: Run, after: int = step.of((1, 2, 3, 5, 8, 13, 21, 34)), back_after: int = step.of((1, 30, 600, 3600, 28800))
) -> None:
    """One process dies at so many points of what it does from now on, or within a minute."""
    process = run.any_process()
    if process is None:
        return
    run.say(f"a process dies after {after} calls or commits, and is back {_length(back_after)} later")
    process.gate.dies_after = after
    process.gate.back_after = back_after


@step(3)
async def stop_everything(run: Run, back_after: int = step.of((60, 600, 3600, 28800))) -> None:
    """No process runs for a while."""
    run.say(f"no process runs for {_length(back_after)}")
    run.kill(back_after)


@step(4)
async def pause(
    run: Run, after: int = step.of((1, 2, 3, 5, 8, 13, 21)), seconds: float = step.of((45, 10, 120, 600))
) -> None:
    """One process stands still, for longer than its leases last, at so many points of what it does from now on."""
    process = run.any_process()
    if process is not None:
        run.say(f"a process stands still for {_length(seconds)} after {after} calls or commits")
        process.gate.stops_after = (after, seconds)


@step(1)
async def other_instance(run: Run, seconds: int = step.of((240, 60, 900))) -> None:
    """The program is started against another instance of Identity Center, and set right after a while."""
    run.troubles.begin("other instance", seconds)
    run.say(f"it is started against another instance, for {_length(seconds)}")
    run.kill(0.0)
    run.later(seconds + 1, lambda: _right_instance(run))


async def _right_instance(run: Run) -> None:
    run.kill(1.0)


def _length(seconds: float) -> str:
    if seconds < 2 * MINUTE:
        return f"{seconds:g} s"
    return f"{seconds / MINUTE:g} min" if seconds < 2 * HOUR else f"{seconds / HOUR:g} h"
