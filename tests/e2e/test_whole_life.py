"""One script of the whole life, run in Slack and in Teams: the same words, the same statuses, the same audit trail."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.domain.request import Status
from infra.sandbox.company import example_company
from infra.sandbox.company_tenant import teams_channel
from tests.databases import Databases
from tests.e2e.as_read import Event, as_trail, differing
from tests.e2e.chat_driver import AUDIT, ChatDriver
from tests.e2e.play import Play
from tests.e2e.slack_driver import SlackDriver
from tests.e2e.teams_driver import TeamsDriver
from tests.e2e.whole_life import Life, whole_life

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
def new_database(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(databases.migrated())


async def lived(kind: type[ChatDriver], folder: Path, url: str) -> tuple[Life, list[Event]]:
    """Live it in one chat; what was read, and the audit trail."""
    is_teams = kind is TeamsDriver
    variables = {"TEAMBOT_AUDIT_CHANNEL": teams_channel(AUDIT)} if is_teams else {}
    async with Play(
        folder, url, policies=None, variables=variables, with_slack=not is_teams, with_teams=is_teams
    ) as play:
        life = Life(kind(play))
        await life.driver.settle_in()
        await play.apply(kind.policies(play.stage.company, folder))
        await whole_life(life)
        assert life.driver.refused() == []
        await play.verified()
        code, out, err = await play.run("audit", "export", "--format", "jsonl")
        assert code == 0, err
    return life, [json.loads(line) for line in out.splitlines()]


async def test_it_is_the_same_in_slack_and_in_teams(new_database: Callable[[], str], tmp_path: Path) -> None:
    urls = new_database(), new_database()
    for each in ("slack", "teams"):
        (tmp_path / each).mkdir()
    (slack, slack_trail), (teams, teams_trail) = await asyncio.gather(
        lived(SlackDriver, tmp_path / "slack", urls[0]), lived(TeamsDriver, tmp_path / "teams", urls[1])
    )
    assert differing(slack.read, teams.read) == []
    company = example_company()
    assert as_trail(slack_trail, company) == as_trail(teams_trail, company)
    assert {each["facts"]["to"] for each in slack_trail if "to" in each["facts"]} == set(Status)
