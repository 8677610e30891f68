"""A process whose machine has a wrong clock: a little off is told, far off does no work, and right again works on."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.play import PROD_POWER, MakePlay, Play
from tests.e2e.replicas import Replica, replicas

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

UrlOn = Callable[[str], str]


class Machine:
    """The clock of one machine, beside the one of the stage."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "machine"
        self.is_ahead(0)

    @property
    def variables(self) -> dict[str, str]:
        return {"TEAMBOT_SANDBOX_CLOCK": str(self.file)}

    def is_ahead(self, seconds: float) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_text(f"0 {seconds}", encoding="utf-8")
        beside.replace(self.file)


async def until_readiness(replica: Replica, status: str) -> dict[str, str]:
    """The reasons that it gives once its readiness has this status."""
    async with asyncio.timeout(90):
        while (said := await replica.readiness()).get("status") != status:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    return dict(said.get("because") or {})


async def until_measured(replica: Replica, ahead: float) -> None:
    """The metric is as of its last sign of life; readiness is as of now."""
    async with asyncio.timeout(90):
        while await replica.metric("teambot_clock_ahead_seconds") != pytest.approx(ahead, abs=1):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def until_said(replica: Replica, words: str) -> None:
    """It gives signs of life every few seconds, and says it then."""
    async with asyncio.timeout(90):
        while words not in replica.said():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def doctor(play: Play, **variables: str) -> tuple[int, list[str]]:
    code, out, _ = await play.run("doctor", **variables)
    return code, [line for line in out.splitlines() if "Clock" in line]


@pytest.mark.parametrize("socket_mode", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["http", "socket"])
async def test_a_process_whose_clock_is_wrong_does_nothing_until_it_is_right(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path, *, socket_mode: bool
) -> None:
    play = await make_play(url_on("postgresql"), socket_mode=socket_mode)
    machine = Machine(tmp_path)
    async with replicas(play, tmp_path, count=1) as (site, (first,)):
        number = await play.ask("ada", PROD_POWER)
        card = await play.card("carol", number)
        second = await site.add(**machine.variables)
        machine.is_ahead(-45)
        because = await until_readiness(second, "not ready")
        behind = r"The clock of this machine is 4[456] s behind the database's: set it right\."
        assert re.fullmatch(behind, because["clock"])
        await until_measured(second, -45)
        await first.stop()
        if socket_mode:
            sockets = play.stage.slack.sockets
            await play.until(lambda: not sockets.connected(play.stage.slack.app("")) or None, lambda: "connected")
        else:
            site.balancer.to(second)
            await card.press("Approve")
            await play.answered("carol", "The clock of the machine answering here is wrong", "payments-approvals")
            assert "Approve" in card.refreshed().buttons()
        assert "the clock is wrong: this replica does no work" in second.said()
        machine.is_ahead(0)
        await until_readiness(second, "ready")
        if socket_mode:
            await play.stage.slack.until_connected(within=90)
        site.balancer.to(second)
        await card.press("Approve")
        await card.becomes("Active until")
        await until_said(second, "the clock is right again")
        assert "incident" not in second.said()
    await play.verified()


async def test_a_clock_a_little_off_is_told_to_operators_and_admins_and_work_goes_on(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"))
    machine = Machine(tmp_path)
    machine.is_ahead(5)
    async with replicas(play, tmp_path, count=0) as (site, _):
        only = await site.add(**machine.variables)
        assert await only.metric("teambot_clock_ahead_seconds") == pytest.approx(5, abs=1)
        assert "the clock is not the database's" in only.said()
        number = await play.grant("ada", PROD_POWER)
        assert number
        code, lines = await doctor(play)
        assert code == 0, lines
        assert [line.partition(":")[0] for line in lines[:3]] == [
            "ok   Clock beside the database",
            "ok   Clock beside AWS",
            "ok   Clock beside Slack",
        ]
        assert lines[3].startswith("warn Clock of ")
        assert "s ahead of that of the database" in lines[3]
        code, lines = await doctor(play, **machine.variables)
        assert code == 0
        assert [line[:4] for line in lines] == ["warn"] * 4
        machine.is_ahead(45)
        code, lines = await doctor(play, **machine.variables)
        assert code == 1
        assert [line[:4] for line in lines[:3]] == ["FAIL"] * 3
