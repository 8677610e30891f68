"""One request's life, from the command to the end, as people go through it: how long it takes, and what it costs."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.sandbox.aws.calls import CallRecord
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.screen import Answer, Modal
from infra.sandbox.slack.seen import SeenMessage
from tests.bench.rows import Bound, Results, most, over, times
from tests.bench.stage import LOCAL, WAN, BenchStage, Network
from tests.e2e.play import NUMBER, PAYMENTS

APPROVER = "carol"
PERMISSION_SET = "ReadOnlyAccess"
TOGETHER = 8

OPENED, SENT, CARD = "form complete", "submit: acknowledged", "submit: card posted"
SAID, ASKED, ACTIVE, ENDED = "approve: card says so", "approve: AWS asked", "approve: active told", "end: told"

BOUNDS: dict[str, dict[str, Bound]] = {
    LOCAL.name: {OPENED: over(60), SENT: times(2), CARD: over(27), SAID: over(11), ASKED: over(100), ACTIVE: over(207)},
    WAN.name: {OPENED: over(160), SENT: times(2), CARD: over(318), SAID: over(418), ASKED: over(320)},
}
"""On the way there are calls to Slack and AWS that nobody can spare: those of a distant Slack and AWS are in these."""
CALLS_A_LIFE, CPU_A_LIFE = 12, 150
"""Calls until access is active, named in docs/performance.md. CPU in milliseconds."""


@dataclass(slots=True)
class Lives:
    """The lives of one run: milliseconds by step, and the calls to AWS of each."""

    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: list[Counter[str]] = field(default_factory=list)
    """Until access is active."""
    ending: list[Counter[str]] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """Milliseconds of a life."""

    def note(self, step: str, began: float, ended: float | None = None) -> None:
        self.took[step].append(((ended or time.time()) - began) * 1000)


async def measure(
    stage: BenchStage, results: Results, network: Network, count: int, first: int, at_rest: float = 0.0
) -> None:
    """So many lives, one after the other, each of another person and on another account.

    ``at_rest``: seconds of CPU that the bot uses in a second without them.
    """
    lives = await live_through(stage, network, count, first, at_rest)
    for step in (OPENED, SENT, CARD, SAID, ASKED, ACTIVE, ENDED):
        bound = BOUNDS[network.name].get(step)
        results.add(f"{step}, {network.name}", lives.took[step], floor=lives.floor, bound=bound)
    if network is LOCAL:
        results.add("CPU a life", [lives.cpu], bound=most(CPU_A_LIFE))
        results.add("AWS calls until active", _totals(lives.calls), unit="", bound=most(CALLS_A_LIFE))
        results.add("AWS calls to end it by hand", _totals(lives.ending), unit="")
        counted = sum(lives.calls, Counter[str]())
        results.calls = {name: number / count for name, number in counted.items()}


def _totals(lives: Sequence[Counter[str]]) -> list[float]:
    return [float(calls.total()) for calls in lives]


async def live_through(stage: BenchStage, network: Network, count: int, first: int, at_rest: float) -> Lives:
    lives = Lives()
    await one_life(stage, Lives(), first)  # what a first time costs is no part of it
    stage.set_network(network)
    for number in range(first + 1, first + 1 + count):
        stage.play.aws.forget()
        before, began = stage.cpu(), time.monotonic()
        submitted = await one_life(stage, lives, number)
        lives.cpu += (stage.cpu() - before - at_rest * (time.monotonic() - began)) * 1000 / count
        lives.ending.append(calls_of(stage, number, ended=True) - lives.calls[-1])
        lives.floor += await stage.floor(submitted.app_call, 5)
    stage.set_network(LOCAL)
    return lives


async def one_life(stage: BenchStage, lives: Lives, number: int) -> Delivery:
    """Ask, approve, wait until it is active, end it; gives what was delivered when the form was sent."""
    asker, account = stage.names[number], stage.account(number)
    form = await opened(stage, lives, asker)
    await fill(stage, form, account)
    began, known = time.time(), seen_cards(stage)
    answer = await form.submit()
    delivery = delivered(answer)
    lives.took[SENT].append(delivery.seconds * 1000)
    card = await until_card(stage, known)
    lives.note(CARD, began, float(stage.play.stage.slack.calls.named("chat.postMessage")[-1].at))
    close_all(stage, asker)
    request = NUMBER.search(card.text())
    assert request, card.text()
    told = await approved(stage, lives, card, asker, request.group())
    lives.calls.append(calls_of(stage, number))
    await ended(stage, lives, told, asker, request.group())
    return delivery


async def opened(stage: BenchStage, lives: Lives, asker: str) -> Modal:
    person = stage.play.person(asker)
    began = time.time()
    await person.types("/team request")
    form = await person.modal("Request access")
    await form.shows("Choose both")
    lives.note(OPENED, began)
    return form


async def fill(stage: BenchStage, form: Modal, account: str) -> None:
    await stage.play.choose(form, "Account", account)
    await stage.play.choose(form, "Permission set", PERMISSION_SET)
    await form.shows("Up to")
    await form.choose("Duration", "1 h", query="1h")
    await form.fill("Justification", "look into the stuck queue")


async def approved(stage: BenchStage, lives: Lives, card: SeenMessage, asker: str, request: str) -> SeenMessage:
    """Press Approve; gives the message by which the asker is told that it is active."""
    play, aws = stage.play, stage.play.aws
    before, began = len(aws.calls("CreateAccountAssignment")), time.time()
    said = asyncio.create_task(play.until(lambda: "Approved by" in card.refreshed().text() or None, card.text))
    said.add_done_callback(lambda _: lives.note(SAID, began))
    await card.press("Approve")
    told = await play.told(asker, request, "is active until")
    lives.note(ACTIVE, began)
    await said
    lives.note(ASKED, began, aws.calls("CreateAccountAssignment")[before].at)
    return told


async def ended(stage: BenchStage, lives: Lives, active: SeenMessage, asker: str, request: str) -> None:
    """The asker ends it by hand, and is told that it is gone."""
    began = time.time()
    await stage.play.revoke(asker, active, button="End now")
    await stage.play.told(asker, request, "ended")
    lives.note(ENDED, began)
    close_all(stage, asker)


async def measure_together(stage: BenchStage, results: Results, first: int) -> None:
    """Eight forms sent at once, and eight approvals by one person at once."""
    lives, names = Lives(), stage.names[first : first + TOGETHER]
    forms = []
    for number, name in enumerate(names, first):
        form = await opened(stage, lives, name)
        await fill(stage, form, stage.account(number))
        forms.append(form)
    known = seen_cards(stage)
    answers = [delivered(answer) for answer in await asyncio.gather(*(form.submit() for form in forms))]
    floor = await stage.floor(answers[0].app_call)
    took = [answer.seconds * 1000 for answer in answers]
    results.add(f"submit: acknowledged, {TOGETHER} at once", took, floor=floor, bound=times(2), judged="longest")
    cards = await until_cards(stage, known, TOGETHER)
    aws, before = stage.play.aws, len(stage.play.aws.calls("CreateAccountAssignment"))
    began = time.time()
    await asyncio.gather(*(card.press("Approve") for card in cards))
    await aws.changes.until(lambda: len(aws.calls("CreateAccountAssignment")) >= before + TOGETHER, 120)
    last = max(call.at for call in aws.calls("CreateAccountAssignment")[before:])
    results.add(f"{TOGETHER} approvals at once: all asked for", [(last - began) * 1000], bound=most(1500))
    for name in names:
        close_all(stage, name)


def calls_of(stage: BenchStage, number: int, *, ended: bool = False) -> Counter[str]:
    """Calls to AWS that name this life's people or account, or an operation; what the bot scans anyhow names none."""
    company, asker = stage.play.stage.company, f"person{number:04}@example.com"
    users = {user.user_name: user for user in company.users}
    people = [users[asker], users[f"{APPROVER}@example.com"]]
    named = [
        company.account(stage.account(number)).id,
        *(user.id for user in people),
        *(user.user_name for user in people),
    ]

    def is_ours(call: CallRecord) -> bool:
        if call.operation == "DescribeAccountAssignmentDeletionStatus" and not ended:
            return False  # of the life before
        said = json.dumps(call.arguments, default=str)
        return ("Describe" in call.operation and "Status" in call.operation) or any(name in said for name in named)

    return Counter(call.operation for call in stage.play.aws.calls() if is_ours(call))


def delivered(answer: Answer) -> Delivery:
    assert answer.delivery is not None
    assert answer.delivery.ack.ok, answer.trouble
    assert not answer.errors, answer.errors
    return answer.delivery


def close_all(stage: BenchStage, name: str) -> None:
    """Every modal of this person is closed, without a word to the bot."""
    workspace = stage.play.stage.slack.workspace
    workspace.views.clear(workspace.user(name).id)


def seen_cards(stage: BenchStage) -> set[str]:
    return {card.message.ts for card in _cards(stage)}


async def until_card(stage: BenchStage, known: set[str]) -> SeenMessage:
    return (await until_cards(stage, known, 1))[0]


async def until_cards(stage: BenchStage, known: set[str], count: int) -> Sequence[SeenMessage]:
    """The cards that approvers see and saw not before, once there are so many."""

    def look() -> list[SeenMessage] | None:
        new = [card for card in _cards(stage) if card.message.ts not in known]
        return new if len(new) >= count else None

    return await stage.play.until(look, lambda: "the card was never posted")


def _cards(stage: BenchStage) -> list[SeenMessage]:
    messages = stage.play.person(APPROVER).reads(PAYMENTS)
    return [m for m in messages if m.channel == PAYMENTS and m.message.thread_ts is None and not m.is_ephemeral]
