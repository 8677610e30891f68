"""The statements that must hold once everything outside is well again, read from AWS, the chats and the audit trail."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from tests.faults.people import ASKERS
from tests.faults.site import Site

WITHIN = timedelta(minutes=45)
"""Simulated time in which everything that is due has to be done: a grant is given up after 30 minutes (rule 16)."""
STEPS = (*(timedelta(seconds=15),) * 8, *(timedelta(minutes=1),) * 43)
CLEARED_WITHIN = 60
"""Seconds: the bot looks at its invariants every half minute by a clock that nobody moves."""
ANSWERED = 1.5
"""Seconds after a message was taken in which its process may have died before it could note that."""
WAS_ACTIVE = "was active and is no longer"
"""Said in the place of that it is active, and that it ends soon, when it comes too late for that."""
TOLD = {
    "request.submitted": ("was sent",),
    "request.submitted_without_approval": ("needs no approval",),
    "request.approved": ("was approved by",),
    "request.rejected": ("was rejected",),
    "request.granted": ("is active until", WAS_ACTIVE),
    "request.grant_failed": ("failed",),
    "request.disallowed": ("failed",),
    "request.ended": ("has ended", "continues under"),
    "request.ended_early": ("ended early",),
}
"""The words that the requester reads of each event of the trail."""
WORDS = tuple(words for each in TOLD.values() for words in each if words != WAS_ACTIVE)
WRONGLY_ASKED = {401, 412, 413, 429}
"""Without a token, two at once in one conversation, too much, too often."""
NEVER = ("drift.found", "drift.removed", "assignment.learnt")
"""Nobody else changes anything here, and no database is restored."""


async def settled(site: Site) -> list[str]:
    """Let time pass until nothing is in hand; what is left after ``WITHIN``."""
    left, late = dict[str, int](), 0
    for step in STEPS:
        await site.pass_time(step)
        left = await site.book.in_hand()
        late = await site.book.past_end(datetime.fromtimestamp(site.play.now(), UTC))
        if not left and not late and not site.play.aws.operations_in_flight():
            return []
    return [f"not done within {WITHIN}: {left}, {late} past their end"]


async def access(site: Site) -> list[str]:
    """AWS has what live requests are for, and nothing else."""
    live = [each for each in await site.book.requests() if each.status in {"granting", "active", "revoking"}]
    sets = {arn: found.name for arn, found in site.play.aws.world.permission_sets.by_arn.items()}
    users = {user.id: user.user_name for user in site.play.aws.world.directory.users.values()}
    wanted = {(each.target[0], sets[each.target[1]], users[each.requester]) for each in live}
    there = {tuple(held) for held in site.play.aws.assignments()}
    return [
        *(f"nobody's access: {held}" for held in there - wanted),
        *(f"access that is not there: {held}" for held in wanted - there),
    ]


async def told(site: Site, after: int) -> list[str]:
    """Requesters were told of everything. What has moved on before it could be said is told by what came of it."""
    unsaid = await site.book.undeliverable(after)
    requests = {each.id: each for each in await site.book.requests(after)}
    users = {user.id: user.user_name for user in site.play.aws.world.directory.users.values()}
    names = {user: name for name, user in ASKERS.items()}
    events: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for number, action in await site.book.events(after):
        if action in TOLD:
            events[number].append(TOLD[action])
    wrong = []
    for number, happened in events.items():
        request = requests[number]
        direct = site.direct(names[users[request.requester]])
        texts = [text for where, text in site.said if where in direct and request.number in text]
        for place, words in enumerate(happened):
            enough = [each for told in happened[place:] for each in told]
            if number not in unsaid and not any(each in text for each in enough for text in texts):
                wrong.append(f"{request.number}: nobody said {words[0]!r}, or more: {texts}")
    return wrong


def said_twice(site: Site) -> tuple[int, list[str]]:
    """The messages sent twice: a count of those whose answer may have been lost, and those with no such reason."""
    seen: dict[tuple[str, str, str], float] = {}
    excused, wrong = 0, []
    for post in site.posts:
        is_notice = post.in_channel or any(words in post.text for words in WORDS)
        if not is_notice or "R-" not in post.shown or "still waiting" in post.text:
            continue  # an answer to a click comes as often as somebody clicks, and a reminder again and again
        key = (post.place, post.thread, post.shown)
        first = seen.get(key)
        seen[key] = post.at
        if first is None:
            continue
        if any(begun <= first + ANSWERED and ended >= first for begun, ended in site.upheavals):
            excused += 1
        else:
            wrong.append(f"said twice, {post.at - first:.2f} s apart, in {post.place}: {post.text}")
    site.posts.clear()
    return excused, wrong


def teams(site: Site) -> list[str]:
    """Teams could use every answer that reached it, and was written to by one at a time in each conversation."""
    there = site.play.stage.teams
    of_no_use = [each for delivery in there.deliveries if delivery.ok for each in delivery.complaints]
    refused = [
        f"{each.operation} was answered {each.status} {each.code}"
        for each in there.calls.refused()
        if each.status in WRONGLY_ASKED
    ]
    late = [f"{each.name} was not answered in time" for each in there.deliveries if each.problem == "timeout"]
    there.deliveries.clear()
    there.calls.clear()
    return [*of_no_use, *refused, *late]


async def trail(site: Site) -> list[str]:
    """The chain holds, and nothing was found that nobody did."""
    code, out, err = await site.play.run("audit", "verify")
    wrong = [] if (code, err) == (0, "") else [f"the trail does not verify: {out}{err}"]
    found = await site.book.rows("SELECT body FROM audit_event")
    wrong += [f"in the trail: {body}" for (body,) in found if any(f'"{name}"' in body for name in NEVER)]
    return wrong


async def alarms(site: Site) -> list[str]:
    """Those that still stand a while after everything was well again."""
    for _ in range(CLEARED_WITHIN):
        if not await site.book.alarms():
            return []
        await site.pass_time(timedelta(minutes=1))
        await asyncio.sleep(1)
    return [f"an alarm stands: {alarm}" for alarm in await site.book.alarms()]


def logged(site: Site) -> list[str]:
    """Faults of the bot's own, by their incidents, since this was last asked."""
    found = []
    for replica in site.replicas:
        text = replica.log.read_text(errors="replace")
        new, site.read[replica] = text[site.read.get(replica, 0) :], len(text)
        found += [f"{replica.log.name}: {line}" for line in new.splitlines() if "incident=" in line]
    return found
