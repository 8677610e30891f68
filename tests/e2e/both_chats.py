"""A play in which the company is in Slack and in Teams, with policies that name channels of both."""

from pathlib import Path
from typing import Any

from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.company_tenant import policies_of_both
from infra.sandbox.local_teams import TeamsPerson
from tests.e2e.play import PATIENCE, MakePlay, Play

APPROVALS = "payments-approvals"
"""A channel of that name is in each of them."""


async def both(make_play: MakePlay, folder: Path, **options: Any) -> Play:
    """``options`` are those of a play; ``folder`` is where the policies are written."""
    play = await make_play(with_teams=True, **options)
    await settle_in_both(play, folder)
    return play


async def settle_in_both(play: Play, folder: Path) -> None:
    """The bot knows its teams, and policies name their channels."""
    await play.stage.teams.tell_teams()
    policies = folder / "policies.yaml"
    policies.write_text(policies_of_both(POLICIES_FILE.read_text(encoding="utf-8"), play.stage.company))
    await play.apply(policies)


def in_teams(play: Play, name: str) -> TeamsPerson:
    person = play.stage.teams.person(name)
    person.patience = PATIENCE
    return person
