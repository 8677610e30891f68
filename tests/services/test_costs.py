"""The cost of a grant, counted: calls to AWS and statements, from the click to the assignment. Never in seconds."""

from collections import Counter

from core.domain.request import Status
from tests.services.company import HOUR, MINUTE
from tests.services.traces import Traces
from tests.services.world import World

STATEMENTS_A_LIFE = 216
"""From the form until access is active, with all cards and messages."""
STATEMENTS = 112
"""From the click until access is active, where no message is sent meanwhile."""


def calls_of(traced: list[str]) -> Counter[str]:
    """Calls to AWS and the chat platform by name."""
    sides = ("principals.", "chat.", "cloud.")
    return Counter(line.split()[0] for line in traced if line.startswith(sides))


async def test_from_the_click_to_active_access_each_question_is_asked_once(world: World) -> None:
    request_id = await world.asked()
    traces = Traces(world)
    with traces.of() as traced:
        await world.decide(world.bob, request_id)
        await world.services.schedule.start()
        for _ in range(3):
            world.clock.move(MINUTE / 60)
            await world.services.reconciler.work()
    assert await world.status(request_id) is Status.ACTIVE
    asked = calls_of(traced)
    assert asked["cloud.is_assigned"] == 2, "at the click, and right before the assignment is made"
    assert asked["cloud.begin"] == 1
    assert asked["principals.principals_of_email"] == 1, "the approver"
    statements = [line for line in traced if line.partition(" ")[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}]
    assert len(statements) <= STATEMENTS, Counter(line[:60] for line in statements).most_common()


async def test_a_life_with_all_its_messages_takes_so_many_statements(world: World) -> None:
    """From the form until access is active, with every card and message, and no round that finds nothing."""
    traces = Traces(world)
    with traces.of() as traced:
        request_id = await world.asked()
        await world.services.dispatcher.deliver()
        await world.decide(world.bob, request_id)
        await world.services.schedule.start()
        for _ in range(3):
            await world.services.dispatcher.deliver()
            world.clock.move(MINUTE / 60)
            await world.services.reconciler.work()
        await world.services.dispatcher.deliver()
        assert await world.status(request_id) is Status.ACTIVE
    statements = Counter(line[:70] for line in traced if line.partition(" ")[0] in {"SELECT", "INSERT", "UPDATE"})
    assert statements.total() <= STATEMENTS_A_LIFE, statements.most_common()
    calls = calls_of(traced)
    assert (calls["cloud.is_assigned"], calls["cloud.begin"]) == (3, 1)


async def test_naming_who_decides_reads_little(world: World) -> None:
    """Somebody waits for it: of all that a card shows, nothing about other requests or accounts."""
    request = await world.request(await world.asked())
    with Traces(world).of() as traced:
        assert (await world.services.request_queries.deciders(request)).groups == ("group-Payments Leads",)
    read = [line for line in traced if line.startswith("SELECT")]
    assert not [line for line in read if "FROM request" in line or "FROM pin" in line], read


async def test_a_start_that_was_asked_for_looks_at_awss_list_itself(world: World) -> None:
    """It is judged long after its approval: what was read for that says nothing any more (rule 14)."""
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    traces = Traces(world)
    world.clock.move(HOUR)
    with traces.of() as traced:
        await world.services.schedule.start()
    assert await world.status(request_id) is Status.GRANTING
    assert calls_of(traced)["cloud.is_assigned"] == 1
