"""The small things a sandbox is made of: clock, folder, terminal, lines of messages, checks at the start."""

import asyncio
import io
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox import browsing
from infra.sandbox.bot_supervisor import BotGoneError, BotSupervisor, SandboxBot
from infra.sandbox.folder import HeldError, holding
from infra.sandbox.message_lines import Line, message_lines
from infra.sandbox.run import Plan, Run
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.startup_checks import RefusedError, listening, refuse_beside_real_tokens
from infra.sandbox.terminal import Brief, Terminal, wants_colour, width, wrapped

TEXTS = st.text(st.sampled_from("ab🟡é·\u0301 "), max_size=60)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_clock_writes_down_how_far_ahead_it_is(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock", lambda: 1_790_000_000.0)
    assert float(clock.file.read_text()) == 0

    clock.move(timedelta(hours=1))
    clock.move(timedelta(minutes=15))

    assert float(clock.file.read_text()) == 4500
    assert clock.timestamp() == clock.now().timestamp() == 1_790_004_500
    assert [each.name for each in tmp_path.iterdir()] == ["clock"]


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="forward only"):
        SandboxClock(tmp_path / "clock").move(timedelta(seconds=-1))


def test_a_folder_is_fresh_and_spares_what_is_not_its_own(tmp_path: Path) -> None:
    old, mine = tmp_path / "teambot.db", tmp_path / "notes.txt"
    for path in (old, mine):
        path.write_text("something")

    with holding(tmp_path) as folder:
        assert (old.exists(), mine.exists()) == (False, True)
        assert (folder.path / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(HeldError, match=rf"\(process {os.getpid()}\)"), holding(tmp_path):
            pass

    with holding(tmp_path) as folder:
        folder.keep({"TEAMBOT_ACTIVITY_ROLE": "arn:aws:iam::{account}:role/TeamBotActivity", "AWS_REGION": "eu-west-1"})
        kept = folder.path / "bot.env"
        assert kept.read_text() == (
            "TEAMBOT_ACTIVITY_ROLE='arn:aws:iam::{account}:role/TeamBotActivity'\nAWS_REGION=eu-west-1\n"
        )
        assert kept.stat().st_mode & 0o077 == 0

    with holding(tmp_path):
        assert not kept.exists()


@given(TEXTS, st.integers(4, 40))
def test_wrapping_loses_no_word_and_breaks_between_words_alone(text: str, room: int) -> None:
    lines = [*wrapped(text, room)]

    assert " ".join(lines).split() == text.split()
    assert all(width(line) <= room or " " not in line.strip() for line in lines)


@pytest.mark.parametrize(("text", "columns"), [("Ada", 3), ("🟡 R-1", 6), ("e\u0301", 1), ("⚠\ufe0f", 1)])
def test_width_is_counted_in_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_colour_is_for_terminals_whose_reader_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert (wants_colour(Screen()), wants_colour(io.StringIO())) == (True, False)

    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Screen())


def test_a_screen_shows_facts_beside_their_labels() -> None:
    out = io.StringIO()

    Terminal(out).screen("here", [Line("fact", "Payments Prod", "Account"), Line("buttons", "Yes\nNo")])

    assert out.getvalue().splitlines() == [
        "  ╭─ here",
        "  │ Account         Payments Prod",
        "  │ [ Yes ] [ No ]",
        "  ╰─",
    ]


async def test_a_message_is_retold_with_what_each_line_is(sandbox: Sandbox) -> None:
    workspace = sandbox.stage.slack.workspace
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Done* for <@U0ADA>:\n```\ncommand\n```"}},
        {"type": "divider"},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Account*\nPayments Prod"}]},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Why*\n```\n*as typed*\n```"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}}]},
    ]
    message = workspace.messages.post("C0GENERAL", "U0TEAMBOT", "…", blocks=blocks)

    assert message_lines(message, TextRenderer(workspace, workspace.user("bob"))) == [
        Line("text", "Done for @Ada Lovelace:"),
        Line("code", "command"),
        Line("rule", ""),
        Line("fact", "Payments Prod", "Account"),
        Line("fact", "*as typed*", "Why"),
        Line("quiet", "small"),
        Line("buttons", "Go"),
    ]


async def test_a_command_that_fails_and_a_bot_that_does_not_start_are_told_with_their_own_words(tmp_path: Path) -> None:
    bot = SandboxBot({"TEAMBOT_ENV_FILE": os.devnull}, tmp_path / "bot.log")

    with pytest.raises(BotGoneError, match=r"(?s)`teambot polices` failed.*No such command"):
        await bot.must("polices")
    with pytest.raises(BotGoneError, match=r"(?s)did not become ready.*SLACK_BOT_TOKEN is missing"):
        await bot.start()


class DyingBot(SandboxBot):
    """Dies as soon as it was started."""

    starts = 0

    async def start(self) -> None:
        self.starts += 1

    async def ended(self) -> int:
        return -9


async def test_a_bot_that_dies_again_and_again_is_given_up_with_its_last_lines(tmp_path: Path) -> None:
    bot, said = DyingBot({}, tmp_path / "bot.log"), list[str]()
    bot.log.write_text("what it wrote last")

    with pytest.raises(BotGoneError, match=r"(?s)SIGKILL.*what it wrote last.*that is enough"):
        await BotSupervisor(bot, trouble=said.append, relief=said.append).keep()

    assert (bot.starts, len(said)) == (3, 6)


async def test_a_walkthrough_that_fails_says_what_was_there_instead(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.sandbox.walkthrough.PATIENCE", 0.1)  # nobody answers here: there is no bot
    out = io.StringIO()

    with holding(tmp_path / ".sandbox") as folder, listening(0) as listener:
        code = await Run(Terminal(out), folder, listener, Plan("brief", once=True)).story(sandbox)

    assert code == 1
    assert not sandbox.demo.is_on
    assert "The walkthrough did not go as it must." in out.getvalue()
    assert "no modal 'Request access' came up" in out.getvalue()


class LivingBot(SandboxBot):
    """Lives until it is killed; counts how often it was started, and is started once somebody lets it."""

    starts = 0

    def __init__(self, log: Path) -> None:
        super().__init__({}, log)
        self._dead = asyncio.Event()
        self.was_asked = asyncio.Event()
        self.may_start = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        return not self._dead.is_set()

    async def start(self) -> None:
        await self.may_start.wait()
        self._dead.clear()
        self.starts += 1

    async def kill(self) -> None:
        self._dead.set()

    async def ended(self) -> int:
        self.was_asked.set()
        await self._dead.wait()
        return -9


async def test_a_bot_that_was_killed_on_purpose_stays_down_until_it_is_started(tmp_path: Path) -> None:
    bot, said = LivingBot(tmp_path / "bot.log"), list[str]()
    supervisor = BotSupervisor(bot, trouble=said.append, relief=said.append)
    watch = asyncio.create_task(supervisor.keep())
    await bot.was_asked.wait()

    await supervisor.kill()
    for _ in range(5):
        await asyncio.sleep(0)
    assert (supervisor.is_running, supervisor.is_starting, bot.starts, watch.done()) == (False, False, 0, False)
    start = asyncio.create_task(supervisor.start())
    await asyncio.sleep(0)
    assert (supervisor.is_running, supervisor.is_starting) == (False, True)
    bot.may_start.set()
    await start

    assert (supervisor.is_running, supervisor.is_starting, bot.starts, supervisor.restarts) == (True, False, 1, 0)
    assert [line.split(" from")[0] for line in said] == ["The bot was killed", "The bot was started again"]
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)


def test_told_briefly_a_screen_is_one_line() -> None:
    """So that the address, which is printed first, stays in sight."""
    out = io.StringIO()
    brief = Brief(Terminal(out))

    brief.prose("much is said here")
    brief.screen("Ada's screen", [Line("rule", ""), Line("text", "so much " * 30), Line("fact", "x", "Account")])

    assert out.getvalue().count("\n") == 1
    assert max(map(width, out.getvalue().splitlines())) <= 80


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("SLACK_BOT_TOKEN=xoxb-1", True),
        ("export SLACK_APP_TOKEN='xapp-1'", True),
        ("SLACK_SIGNING_SECRET = abc", True),
        ("TEAMBOT_TEAMS_APP_ID=11112222-3333", True),
        ("SLACK_BOT_TOKEN=", False),
        ('SLACK_BOT_TOKEN=""', False),
        ("# SLACK_BOT_TOKEN=xoxb-1", False),
        ("OLD_SLACK_BOT_TOKEN=xoxb-1", False),
    ],
)
def test_a_token_keeps_the_sandbox_shut_wherever_it_stands(tmp_path: Path, line: str, *, refused: bool) -> None:
    (tmp_path / ".env").write_text(f"AWS_REGION=eu-west-1\n{line}\n")
    if not refused:
        refuse_beside_real_tokens(tmp_path, {})
        return

    name = re.findall(r"(?:SLACK|TEAMBOT)_\w+", line)[0]
    with pytest.raises(RefusedError, match=rf"{name} stands in \.env here"):
        refuse_beside_real_tokens(tmp_path, {})
    with pytest.raises(RefusedError, match=f"{name} is set"):
        refuse_beside_real_tokens(tmp_path / "elsewhere", {name: "x"})


def test_a_port_that_is_in_use_or_is_none_is_told_in_one_sentence() -> None:
    with listening(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RefusedError) as refused:
            listening(port)

    assert str(refused.value) == (
        f"Port {port} is in use, perhaps by another sandbox; look at http://127.0.0.1:{port}/ or take another port: "
        "`make run ARGS='--port 4000'`, `teambot sandbox --port 4000`."
    )
    for port in (65536, -1):
        with pytest.raises(RefusedError, match=f"^Port {port} cannot be listened on, take another: `make run"):
            listening(port)


@pytest.mark.parametrize(
    ("environment", "platform", "wanted"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1"}, "linux", False),
        ({"CI": "true"}, "darwin", False),
    ],
)
def test_a_browser_is_opened_where_somebody_sits(environment: dict[str, str], platform: str, *, wanted: bool) -> None:
    assert browsing.is_wanted(Screen(), environment, platform) is wanted
    assert not browsing.is_wanted(io.StringIO(), environment, platform)
