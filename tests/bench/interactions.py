"""Acts by the dozen: keystrokes, commands and looks at Home, alone and many at once, beside the floor."""

import random

from infra.sandbox.slack.delivery.app_call import AppCall
from infra.sandbox.slack.model import Json, User, View
from infra.sandbox.slack.screen import Modal
from tests.bench.load import Posted
from tests.bench.rows import Results, most, times
from tests.bench.stage import LOCAL, SLOW_AWS, BenchStage

IN_FLIGHT = 50
WARM = 50
"""The people who act; the others of the crowd are new to the bot."""
LONGEST = 1000.0
"""Milliseconds that nothing may take with 50 in flight."""


class Hands:
    """Makes what Slack would deliver, for whoever and however often, from one open form."""

    def __init__(self, stage: BenchStage, form: Modal) -> None:
        self._stage = stage
        self._workspace = stage.play.stage.slack.workspace
        self._view: View = form.view
        self._random = random.Random(1)  # noqa: S311 - the same mixture each time

    def keystroke(self, name: str, typed: str, label: str = "account") -> AppCall:
        block, element = _field(self._view, label)
        payload = self._stage.payloads.in_view("block_suggestion", self._stage.app, self._user(name), self._view)
        payload |= {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
        return AppCall("interactive", payload)

    def command(self, name: str, text: str) -> AppCall:
        user, slack = self._user(name), self._stage.play.stage.slack
        channel = self._workspace.channel("general")
        payload = self._stage.payloads.command(self._stage.app, user, channel, "/team", text)
        tickets, app = self._workspace.tickets, self._stage.app
        secret = tickets.response(app.app_id, user.id, channel.id).secret
        payload["response_url"] = f"{slack.url}/commands/{self._workspace.team_id}/{secret}"
        payload["trigger_id"] = tickets.trigger(app.app_id, user.id).id
        return AppCall("slash_commands", payload)

    def mixture(self, names: list[str], count: int) -> list[AppCall]:
        """Eight of ten are keystrokes, two are commands."""
        return [self._any(names[n % len(names)]) for n in range(count)]

    def _any(self, name: str) -> AppCall:
        chosen = self._random.random()
        if chosen < 0.7:
            return self.keystroke(name, f"Team {self._random.randrange(300):03}")
        return self.command(name, "help") if chosen < 0.9 else self.keystroke(name, "Read", "permission_set")

    def _user(self, name: str) -> User:
        return self._workspace.user(name)


def _field(view: View, name: str) -> tuple[Json, Json]:
    """Block and element of an input, by a word of its action's id."""
    for block in view.blocks:
        element = block.get("element") or block.get("accessory") or {}
        if name in element.get("action_id", ""):
            return block, element
    raise LookupError(name)


def posted(app_calls: list[AppCall]) -> list[Posted]:
    return [(app_call.content_type, app_call.body) for app_call in app_calls]


async def measure(stage: BenchStage, results: Results, form: Modal, *, count: int) -> None:
    """Rows of one company: ``count`` interactions of each kind."""
    hands, warm = Hands(stage, form), stage.names[:WARM]
    where = f"{len(stage.play.stage.company.accounts):,} accounts"
    alone = [hands.keystroke(warm[0], f"Team {n:03}") for n in range(count // 5)]
    await _both(stage, results, f"a keystroke, {where}", alone, 1)
    await _new_people(stage, results, hands, where)
    await stage.load(posted([hands.keystroke(name, "Team 1") for name in warm]), 5)
    flood = [hands.keystroke(warm[n % WARM], f"Team {n % 300:03}") for n in range(count // 2)]
    await _both(stage, results, f"a keystroke, {where}, {IN_FLIGHT} in flight", flood, IN_FLIGHT)
    mixed = hands.mixture(warm, count)
    took, floor = await _both(stage, results, f"{count:,} interactions, {IN_FLIGHT} in flight", mixed, IN_FLIGHT)
    results.add(f"{count:,} interactions", took, floor=floor, bound=times(2), judged="p99")
    results.add(f"{count:,} interactions", took, bound=most(LONGEST), judged="longest")


async def _new_people(stage: BenchStage, results: Results, hands: "Hands", where: str) -> None:
    """People whom the bot has not seen for a minute: one look-up each, whatever AWS takes for it."""
    new = iter(stage.names[100:])
    for network in (LOCAL, SLOW_AWS):
        stage.set_network(network)
        app_calls = [hands.keystroke(next(new), "Team 1") for _ in range(20)]
        took = _answered(await stage.load(posted(app_calls), 1))
        floor = await stage.floor(app_calls[0])
        ahead = [each + network.aws * 1000 for each in floor]
        results.add(f"a keystroke, {where}, new person, {network.name}", took, floor=ahead, bound=times(2))
    stage.set_network(LOCAL)


async def _both(
    stage: BenchStage, results: Results, name: str, app_calls: list[AppCall], in_flight: int
) -> tuple[list[float], list[float]]:
    """The floor, ours, and the floor once more: a minute of a busy machine is not like the next."""
    posts = posted(app_calls)
    floor = _answered(await stage.load(posts, in_flight, url=stage.floor_url))
    took = _answered(await stage.load(posts, in_flight))
    floor += _answered(await stage.load(posts, in_flight, url=stage.floor_url))
    results.add(name, took, floor=floor, bound=times(2))
    return took, floor


def _answered(took: list[float | None]) -> list[float]:
    answered = [each for each in took if each is not None]
    assert len(answered) == len(took), f"{len(took) - len(answered)} of {len(took)} were not answered"
    return answered
