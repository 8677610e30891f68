"""The processes that `teambot sandbox` starts, refuses and leaves behind, from outside."""

import os
import signal
from pathlib import Path

import aiohttp
import pytest

from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.terminal import width
from infra.sandbox.tests.run.processes import SandboxProcess, command, living_in

pytestmark = pytest.mark.timeout(400)


async def test_the_walkthrough_goes_through_in_80_columns_and_leaves_its_variables_but_no_process(
    tmp_path: Path,
) -> None:
    async with SandboxProcess(tmp_path, "--walkthrough", "--once", "--port", "0") as sandbox:
        code, out, err = await sandbox.ends()

        assert (code, err) == (0, ""), out
        for words in ("Waiting for approval", "only Grace sees this", "is SUCCEEDED", "left:", "The chain is intact"):
            assert words in out
        assert "\x1b" not in out
        assert max(map(width, out.splitlines())) <= 80
        assert [*living_in(tmp_path)] == []
        code, said = await command(tmp_path, "audit", "verify")
        assert (code, "intact" in said) == (0, True), said


@pytest.mark.nightly
async def test_it_keeps_its_folder_and_its_bot_and_what_it_left_when_killed_is_ended_by_the_next(
    tmp_path: Path,
) -> None:
    async with SandboxProcess(tmp_path) as first:
        url = await first.url()
        await first.prints("It stays up")
        async with aiohttp.ClientSession() as browser, browser.get(url) as page:
            assert "Try this" in await page.text()
        async with SandboxProcess(tmp_path, kills=False) as second:
            assert await second.ends() == (1, "", refusal(first, url))
        os.kill(first.bot, signal.SIGKILL)
        await first.prints("The bot ended (SIGKILL)")
        await first.prints("started again (1 of 3")
        left = first.bot
        first.told(signal.SIGKILL)
        await first.dies()
        assert [*living_in(tmp_path)] == [left]

        async with SandboxProcess(tmp_path) as third:
            await third.prints("It stays up")
            assert left not in [*living_in(tmp_path)]
            third.told(signal.SIGTERM)  # a shell lets what it puts in the background ignore SIGINT
            code, _, err = await third.ends()
        assert (code, err) == (0, "")
        assert [*living_in(tmp_path)] == []


def refusal(holder: SandboxProcess, url: str) -> str:
    return f"Another sandbox runs in this folder (process {holder.pid}): use that one, {url}, or end it first.\n"


async def test_a_signal_while_it_starts_ends_it_too(tmp_path: Path) -> None:
    async with SandboxProcess(tmp_path) as sandbox:
        await sandbox.prints("AWS:")
        sandbox.told(signal.SIGTERM)

        assert (await sandbox.ends())[0] == 0
        assert [*living_in(tmp_path)] == []


async def test_beside_a_real_token_it_does_not_start(tmp_path: Path) -> None:
    async with SandboxProcess(tmp_path, SLACK_BOT_TOKEN="xoxb-real") as sandbox:
        code, out, err = await sandbox.ends()

    assert (code, out) == (1, "")
    assert err == "SLACK_BOT_TOKEN is set, and the sandbox touches no real Slack: unset it, or run `teambot serve`.\n"
    assert not (tmp_path / ".sandbox").exists()


@pytest.mark.nightly
async def test_policies_that_do_not_fit_the_company_are_refused_by_line(tmp_path: Path) -> None:
    policies = tmp_path / "mine.yaml"
    policies.write_text(POLICIES_FILE.read_text().replace("[Payments Leads]", "[Nobody Anywhere]", 1))
    async with SandboxProcess(tmp_path, "--port", "0", "--policies", str(policies)) as sandbox:
        code, _, err = await sandbox.ends()

    assert code == 1
    assert "group 'Nobody Anywhere' does not exist" in err
    assert "line " in err
    assert [*living_in(tmp_path)] == []
