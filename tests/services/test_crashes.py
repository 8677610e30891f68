"""Whatever dies or fails at whatever point: what is stored, done in AWS and said in the end is the same."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from core.adapters.storage.tables import AssignmentRow, CommandRow, OutgoingRow, VoteRow
from core.domain.assignment import LISTS_LAG
from core.domain.commands import CancelRequest, Command, RevokeAccess
from core.domain.errors import Upstream, UpstreamRefused
from core.domain.organization import Target
from core.domain.request import extension_start
from tests.services.company import MINUTE, POWER, PROD, READ, REJECT, SANDBOX, TARGET
from tests.services.quick import QuickSqlite
from tests.services.trouble import Killed, Kind, Trouble
from tests.services.world import Memory, World, opened

MOST_POINTS = 100
SAMPLE = 5
"""Points of each scenario that trouble is tried at in every run, drawn at random; at night it is all of them."""


@dataclass(frozen=True)
class Scenario:
    """``prepare`` happens undisturbed and says what somebody then does; None: time does it."""

    name: str
    prepare: Callable[[World], Awaitable[Command | None]]
    fewest_points: int


async def submit(world: World) -> Command:
    return world.form(world.ada, key="one")


async def submit_without_approval(world: World) -> Command:
    return world.form(world.ada, Target(SANDBOX, POWER), key="one")


async def submit_what_is_refused(world: World) -> Command:
    return world.form(world.ada, minutes=5, key="one")


async def submit_together(world: World) -> Command:
    """Two wait on one card, and one needs nobody."""
    return world.form_for(world.ada, (Target(PROD, POWER), Target(PROD, READ), Target(SANDBOX, POWER)), key="one")


async def approve_one_of_a_card(world: World) -> Command:
    _, second = await world.asked_together(Target(PROD, POWER), Target(PROD, READ))
    return world.click(world.bob, await world.request(second), key="one")


async def approve(world: World) -> Command:
    return world.click(world.bob, await world.request(await world.asked()), key="one")


async def count(world: World) -> Command:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    return world.click(world.bob, await world.request(await world.asked()), key="one")


async def reject(world: World) -> Command:
    request = await world.request(await world.asked())
    return world.click(world.bob, request, REJECT, key="one")


async def cancel(world: World) -> Command:
    return world.ending(CancelRequest, world.ada, await world.asked(), key="one")


async def revoke(world: World) -> Command:
    return world.ending(RevokeAccess, world.bob, await world.active(), key="one")


async def call_off(world: World) -> Command:
    """An extension is called off with the access that it was to prolong."""
    first = await world.request(await world.active())
    await world.approved(start_at=extension_start(first, world.clock.now()))
    return world.ending(RevokeAccess, world.bob, first.id, key="one")


async def lose(world: World) -> None:
    """Somebody has taken the access away, and a look finds that."""
    await world.active(minutes=240)
    world.clock.move(LISTS_LAG)
    world.cloud.remove(world.ada.id, TARGET)
    world.clock.move(MINUTE)
    await world.services.drift.look_again()


async def grant(world: World) -> None:
    await world.approved()


async def end(world: World) -> None:
    request = await world.request(await world.active())
    world.clock.move(request.duration)


async def share(world: World) -> None:
    """The first of two overlapping requests ends."""
    request = await world.request(await world.active())
    await world.active(minutes=120)
    world.clock.move(request.duration)


async def give_up(world: World) -> None:
    """AWS refuses the grant."""
    await world.approved()
    world.cloud.begin_fails.extend([UpstreamRefused("denied", code="AccessDeniedException")] * 20)


SCENARIOS = (
    Scenario("submit", submit, 6),
    Scenario("submit without approval", submit_without_approval, 6),
    Scenario("submit what is refused", submit_what_is_refused, 6),
    Scenario("submit together", submit_together, 6),
    Scenario("approve", approve, 6),
    Scenario("approve one of a card", approve_one_of_a_card, 6),
    Scenario("count", count, 6),
    Scenario("reject", reject, 4),
    Scenario("cancel", cancel, 4),
    Scenario("revoke", revoke, 4),
    Scenario("call off", call_off, 4),
    Scenario("lose", lose, 6),
    Scenario("grant", grant, 15),
    Scenario("end", end, 15),
    Scenario("share", share, 6),
    Scenario("give up", give_up, 12),
)


@dataclass(frozen=True)
class Stage:
    """Everything as it stands when trouble begins."""

    content: bytes
    memory: Memory
    command: Command | None

    @classmethod
    async def of(cls, scenario: Scenario, quick_sqlite: QuickSqlite) -> "Stage":
        async with opened(quick_sqlite.fresh()) as world:
            world.cloud.lists_behind = timedelta(seconds=3)
            world.says_nothing = True
            command = await scenario.prepare(world)
            memory = world.remembered()
        return cls(quick_sqlite.content(), memory, command)


async def run(quick_sqlite: QuickSqlite, stage: Stage, trouble: Trouble) -> dict[str, Any]:
    """Let trouble strike, start the process anew, let it finish, and take the picture."""
    async with opened(quick_sqlite.fresh(stage.content), stage.memory) as world:
        world.says_nothing = True
        command = stage.command
        undisturbed = world.open_unit, world.cloud
        world.open_unit, world.cloud = trouble.units(world.open_unit), trouble.calls(world.cloud, "begin")
        world.start()
        world.has_begun = True  # the first look at what AWS did meanwhile is long over
        told = await until_it_strikes(world, command)
        await world.background.killed()
        world.open_unit, world.cloud = undisturbed
        world.start()
        await finish(world, command)
        await check_answers(world, told)
        return await picture(world)


async def until_it_strikes(world: World, command: Command | None) -> object:
    """The answer to the screen; None: that the work goes on."""
    try:
        if command is not None:
            return await world.do(command)
        await world.settle()
    except (Killed, Upstream):
        pass
    return "nothing"


async def finish(world: World, command: Command | None) -> None:
    """The process works on; what it never came to know of is done once more."""
    if command is None:
        await world.settle()
        return
    while "acts" in (due := await world.due()):
        world.go_to(due["acts"])
        await world.services.commands.resume()
    async with world.database.engine.connect() as connection:
        known = (await connection.execute(select(col(CommandRow.key)))).scalars().all()
    if not any(key.endswith(f"/{command.key}") for key in known):
        await world.done(command)


async def check_answers(world: World, told: object) -> None:
    """The person who was told that it is in hand is told the result once, and nobody else is."""
    answers = await answers_of(world)
    assert answers <= 1
    assert told == "nothing" or answers == (told is None)


async def answers_of(world: World) -> int:
    """The number of messages that told somebody the outcome of the act."""
    wanted = select(func.count()).select_from(OutgoingRow).where(col(OutgoingRow.topic) == "answer")
    async with world.database.engine.connect() as connection:
        return (await connection.execute(wanted)).scalar_one()


HELD = select(*(col(getattr(AssignmentRow, name)) for name in ("principal_id", "account_id", "ours", "operation_kind")))
SAID = (
    select(*(col(getattr(OutgoingRow, name)) for name in ("form", "topic", "audience", "recipient")))
    .where(col(OutgoingRow.topic) != "answer")
    .order_by(col(OutgoingRow.id))
)


async def picture(world: World) -> dict[str, Any]:
    """Everything that is so in the end, without the times at which it came about."""
    assert not world.cloud.taken_from_others
    async with world.database.engine.connect() as connection:
        votes = (await connection.execute(select(col(VoteRow.principal_id), col(VoteRow.verdict)))).all()
        acts = (await connection.execute(select(col(CommandRow.key), col(CommandRow.outcome)))).all()
        messages = (await connection.execute(SAID)).all()
        held = (await connection.execute(HELD)).all()
    requests = [
        (r.status, r.quorum, r.failure, r.decided_by, r.revoked_by, r.continued_by, r.end_at is None)
        for r in await world.requests()
    ]
    return {
        "requests": requests,
        "votes": votes,
        "acts": acts,
        "messages": messages,
        "audit": [action for action, _ in groupby(await world.actions())],  # a refusal may be noted once more
        "aws": set(world.cloud.assigned),
        "held": held,
    }


@pytest.mark.parametrize("most", [SAMPLE, pytest.param(MOST_POINTS, marks=pytest.mark.nightly)], ids=["some", "all"])
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_trouble_at_any_point_changes_nothing_in_the_end(
    scenario: Scenario, kind: Kind, most: int, quick_sqlite: QuickSqlite
) -> None:
    stage, counting = await Stage.of(scenario, quick_sqlite), Trouble(0, kind)
    expected = await run(quick_sqlite, stage, counting)
    assert scenario.fewest_points <= counting.points <= MOST_POINTS

    differences = {}
    points = range(1, counting.points + 1)
    for at in random.sample(points, min(most, counting.points)):  # pytest-randomly's seed draws the same ones again
        trouble = Trouble(at, kind)
        found = await run(quick_sqlite, stage, trouble)
        wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
        if wrong:
            differences[f"{at} {trouble.where}"] = wrong
    assert differences == {}
