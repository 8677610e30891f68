"""Text that people type after a command is read as they typed it; people whom they mention, by id."""

from typing import Any

import pytest

from handlers.flows.platform import TypedCommand
from handlers.slack.payloads import read_command, read_enterprise
from infra.sandbox.slack.interactions import escaped, with_ids
from infra.sandbox.slack.workspace import Workspace


def read(text: str) -> TypedCommand:
    return read_command({"team_id": "T1", "user_id": "U1", "text": text})


@pytest.mark.parametrize(
    ("sent", "rest"),
    [
        ("policy explain <@U0ADA|ada> 1 Read", "explain @ada 1 Read"),
        ("policy explain <@U0ADA> 1 Read", "explain @U0ADA 1 Read"),
        ("policy explain <mailto:ada@x.test|ada@x.test> 1 Read", "explain ada@x.test 1 Read"),
        ("request 1 Read 1h see <https://x.test/a?b=1&amp;c>", "1 Read 1h see https://x.test/a?b=1&c"),
        ("request 1 Read 1h ask in <#C1|general>", "1 Read 1h ask in #general"),
        ("request 1 Read 1h a &lt;@U9|x&gt; b", "1 Read 1h a <@U9|x> b"),
    ],
)
def test_a_command_is_read_as_it_was_typed(sent: str, rest: str) -> None:
    assert read(sent).rest == rest


def test_only_whom_slack_names_is_mentioned() -> None:
    assert read("policy explain <@U0ADA|ada> &lt;@U9|eve&gt; @bob").mentioned == ("U0ADA",)


@pytest.mark.parametrize(
    "typed",
    ["explain @ada 1 Read", "explain ada@x.test 1 Read", "see https://x.test/?a=1&b", "a <@U9|x> #general @nobody"],
)
def test_what_the_local_slack_sends_is_read_as_it_was_typed(typed: str) -> None:
    company = Workspace(team_id="T1", clock=lambda: 0.0)
    company.add_user("ada", "Ada Lovelace", "ada@x.test", user_id="U0ADA")
    company.add_channel("general", ["ada"])
    command = read(with_ids(company, escaped(f"word {typed}")))
    assert command.rest == typed
    assert command.mentioned == (("U0ADA",) if "@ada" in typed else ())


@pytest.mark.parametrize(
    "body",
    [
        {"enterprise": {"id": "E0OTHER"}, "team": {"id": "T1"}},
        {"enterprise": None, "team": {"id": "T1", "enterprise_id": "E0OTHER"}},
        {"enterprise_id": "E0OTHER", "team_id": "T1"},
    ],
    ids=str,
)
def test_the_enterprise_is_read_wherever_slack_names_it(body: dict[str, Any]) -> None:
    assert read_enterprise(body) == "E0OTHER"
    assert read_enterprise({"enterprise": None, "team": {"id": "T1"}, "enterprise_id": None}) == ""
