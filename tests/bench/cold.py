"""The form of somebody whom a process that has just started sees for the first time, while AWS takes 300 ms a call.

The floor is the same form once it is warm, and one look-up: questions about a person go out together, not one after
the other. The process has listed nobody yet, and takes over what the one before it listed.
"""

from tests.bench import lives
from tests.bench.rows import Results, over
from tests.bench.stage import LOCAL, SLOW_AWS, BenchStage, started_anew


async def measure(stage: BenchStage, results: Results, count: int) -> None:
    """The first one is new in a process without a cache; the others are new in one that has answered before."""
    await _opened(stage, stage.names[49])  # waits until everybody has been listed, and stored for the next process
    await started_anew(stage.play)
    stage.set_network(SLOW_AWS)
    cold = await _opened(stage, stage.names[50])
    new = [await _opened(stage, name) for name in stage.names[51 : 51 + count]]
    warm = [await _opened(stage, name) for name in stage.names[51 : 51 + count]]
    stage.set_network(LOCAL)
    floor = [each + SLOW_AWS.aws * 1000 for each in warm]
    for who, took in (("cold caches", [cold]), ("new person", new)):
        results.add(f"form complete, {who}, {SLOW_AWS.name}", took, floor=floor, bound=over(60))


async def _opened(stage: BenchStage, name: str) -> float:
    """Milliseconds from the command until the form offers everything."""
    opened = lives.Lives()
    form = await lives.opened(stage, opened, name)
    await form.close()
    return opened.took[lives.OPENED][-1]
