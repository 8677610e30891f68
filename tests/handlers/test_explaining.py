"""``policy explain``: whoever is named is found, by name or by a mention, and the form asks for what is missing."""

from typing import Any

import pytest

from handlers.flows import audit, explain
from handlers.flows.platform import TypedCommand
from handlers.screens.ids import InputId
from handlers.slack.payloads import SlackSender
from tests.databases import sqlite_databases  # noqa: F401 - a fixture
from tests.handlers.test_presses import Presser
from tests.services.company import PROD
from tests.services.conftest import beginnings, one_quick_sqlite, quick_sqlite, world  # noqa: F401 - fixtures
from tests.services.world import World


@pytest.fixture
async def admin(world: World) -> Presser:  # noqa: F811
    return Presser(world)


async def explained(admin: Presser, rest: str, *mentioned: str, named: tuple[str, ...] = ()) -> None:
    command = TypedCommand(SlackSender(admin.at.frank.chat), "policy", f"explain {rest}", mentioned, named)
    await explain.command(admin.slack_context, command, rest)


def filled(form: dict[str, Any]) -> dict[str, str]:
    asked = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}
    return {id_: each["initial_option"]["value"] for id_, each in asked.items() if "initial_option" in each}


@pytest.mark.parametrize("who", ["ada@example.com", "@ada"])
async def test_the_form_is_filled_in_with_what_was_typed(admin: Presser, who: str) -> None:
    ada = admin.at.ada
    mentioned = [ada.chat.user] if who.startswith("@") else []
    await explained(admin, who, *mentioned)
    assert filled(admin.screen.opened[-1]) == {InputId.EXPLAIN_USER: ada.id}
    await explained(admin, f"{who} {PROD}", *mentioned)
    assert filled(admin.screen.opened[-1]) == {InputId.EXPLAIN_USER: ada.id, InputId.EXPLAIN_ACCOUNT: PROD}


async def test_without_anybody_the_form_is_empty(admin: Presser) -> None:
    for rest in ("", "@ada"):
        await explained(admin, rest)
        assert filled(admin.screen.opened[-1]) == {}


@pytest.mark.parametrize(("rest", "said"), [("nobody", "no Identity Center user nobody"), ("ada 9", "no account 9")])
async def test_who_or_what_is_unknown_is_said(admin: Presser, rest: str, said: str) -> None:
    await explained(admin, rest.replace("ada", "ada@example.com"))
    assert said in str(admin.screen.opened[-1])


async def test_a_mentioned_name_may_be_several_words(admin: Presser) -> None:
    """As Teams writes it."""
    named = ("@Ada Lovelace",)
    await explained(admin, "@Ada Lovelace", admin.at.ada.chat.user, named=named)
    assert filled(admin.screen.opened[-1]) == {InputId.EXPLAIN_USER: admin.at.ada.id}
    await explained(admin, f"@Ada Lovelace {PROD} PowerUserAccess", admin.at.ada.chat.user, named=named)
    assert "May ask: yes" in admin.screen.said[-1]


async def test_a_search_may_name_somebody_by_a_mention_of_several_words(admin: Presser) -> None:
    at, rest = admin.at, "approver:@Bob Kahn status:active"
    await at.active()
    command = TypedCommand(SlackSender(at.frank.chat), "audit", rest, (at.bob.chat.user,), ("@Bob Kahn",))
    await audit.command(admin.slack_context, command)
    assert admin.screen.said[-1] == f"All requests · active · decided by {at.bob.id}. R-1001 active"
