"""The state of the project before this one runs on today's schema, beside a process of today.

It is taken out of the history, as it was when ``PREVIOUS`` was committed: the last release, once there is one
(CONTRIBUTING, Add a column). A clone whose history does not go back so far cannot run this, and says so; what each
migration leaves of the schema before it is looked at by ``tests/migrations`` in every clone.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.sandbox.bot_process import BotProcess
from tests.e2e.forked import ForkedBot
from tests.e2e.play import LEDGER_POWER, PROD_POWER, MakePlay, watching
from tests.e2e.replicas import replicas
from tests.repo.tree import ROOT

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

PREVIOUS = "e9f7410"
"""No release yet: one of the first that run on schemas newer than themselves, four migrations ago."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That state, as files; what its first process compiles is read by the others."""
    folder = tmp_path_factory.mktemp("previous")
    archived = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(f"the history of this clone does not go back to {PREVIOUS}")
    subprocess.run(["tar", "-x"], cwd=folder, input=archived.stdout, check=True)  # Python's own differs in 3.11.2
    return folder


async def test_a_request_lives_through_processes_of_two_releases_side_by_side(
    make_play: MakePlay, url_on: Callable[[str], str], tree: Path, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path, count=1) as (site, (new,)), watching(play) as seen:
        old = BotProcess(play._environment(), tmp_path / "previous.log", folder=tree)
        await old.start()
        try:
            assert "the schema is of a newer release" in old.log.read_text()
            site.balancer.to(old)
            number = await play.ask("ada", PROD_POWER)
            site.balancer.to(new)
            await play.approve("carol", number)
            card = await play.card("carol", number, words="Active until")
            site.balancer.to(old)
            await card.press("Revoke")
            await card.becomes("Ended early by Carol Shaw")
            await play.told("ada", number, "was ended early by Carol Shaw")
            assert [what for what, _ in seen] == ["made", "removed"]
            assert old.is_running
        finally:
            print(old.tail(200))  # noqa: T201 - pytest shows it with the failure
            await old.stop()
        for log in (new.said(), old.log.read_text()):
            assert "incident" not in log
    await play.verified()


async def must(bot: BotProcess | ForkedBot, *arguments: str) -> str:
    code, out, err = await bot.run(*arguments)
    assert code == 0, out + err
    return out


@pytest.mark.nightly
async def test_a_database_of_the_previous_release_is_updated_and_the_way_back_is_open(
    make_play: MakePlay, tree: Path, tmp_path: Path
) -> None:
    play = await make_play()
    await play.bot.stop()
    environment = play._environment() | {"TEAMBOT_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'kept.db'}"}
    old = BotProcess(environment, tmp_path / "previous.log", folder=tree)
    new = ForkedBot(environment, tmp_path / "today.log", hurried=False)

    async def runs(bot: BotProcess | ForkedBot) -> None:
        play.stage.slack.deliver_to(bot.events_url)
        await bot.start()

    try:
        await must(old, "migrate")
        await must(old, "policy", "apply", str(tree / "infra/sandbox/policies.yaml"))
        await runs(old)
        live = await play.ask("ada", PROD_POWER)
        await play.approve("carol", live)
        await play.card("carol", live, words="Active until")
        waiting = await play.ask("ada", LEDGER_POWER)
        await old.stop()

        await must(new, "migrate")
        await runs(new)
        card = await play.card("carol", live, words="Active until")
        await play.revoke("carol", card)
        await card.becomes("Ended early by Carol Shaw")
        await play.approve("carol", waiting)
        await play.card("carol", waiting, words="Active until")
        await new.stop()

        await runs(old)
        card = await play.card("carol", waiting, words="Active until")
        await card.press("Revoke")
        await card.becomes("Ended early by Carol Shaw")
        assert not play.aws.assignments()
        assert "The chain is intact" in await must(new, "audit", "verify")
    finally:
        print(old.tail(100), new.tail(100))  # noqa: T201 - pytest shows it with the failure
        await old.stop()
        await new.stop()
