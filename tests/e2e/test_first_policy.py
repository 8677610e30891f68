"""``teambot policy init``: the first policies, from a few answers."""

import gzip
from base64 import b64encode
from pathlib import Path

import pytest

from bot.policy_init import init
from bot.settings import Purpose, load_settings
from tests.e2e.play import MakePlay

pytestmark = pytest.mark.asyncio(loop_scope="session")

GIVEN = (
    *("--requesters", "Payments", "--account", "Payments Prod", "--ou", "ou-ab12-sandbox0"),
    *("--permission-set", "ReadOnlyAccess", "--permission-set", "PowerUserAccess"),
    *("--approvers", "Payments Leads", "--channel", "C0PAYMENTS"),
)


async def test_what_options_say_becomes_a_file_that_can_be_applied_and_is_not_written_over(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play, path = await make_play(), tmp_path / "first.yaml"
    code, out, err = await play.run("policy", "init", str(path), *GIVEN)

    assert (code, out) == (0, ""), err
    assert err.endswith(f"Written to {path}. Next: teambot policy check {path}, then teambot policy apply {path}\n")
    text = path.read_text(encoding="utf-8")
    assert "- name: Payments\n" in text
    assert "- '111122223333'  # Payments Prod" in text

    code, _, err = await play.run("policy", "init", str(path), *GIVEN)
    assert code == 1
    assert f"{path} exists already" in err
    assert path.read_text(encoding="utf-8") == text


async def test_without_files_of_its_own_a_task_writes_the_file_out_and_takes_it_as_an_argument(
    make_play: MakePlay,
) -> None:
    play = await make_play()
    code, written, err = await play.run("policy", "init", "-", *GIVEN)
    assert code == 0, err

    code, out, err = await play.run(
        "policy", "check", f"data:application/gzip;base64,{b64encode(gzip.compress(written.encode())).decode()}"
    )

    assert code == 0, err
    assert out == "the file given is valid: 1 eligibility and 1 approval policies.\n"


async def test_every_mistake_is_told_at_once_and_nothing_is_written(make_play: MakePlay, tmp_path: Path) -> None:
    play, path = await make_play(), tmp_path / "first.yaml"
    code, _, err = await play.run(
        *("policy", "init", str(path), "--requesters", "Payment", "--ou", "ou-ab12-nowhere"),
        *("--permission-set", "ReadOnly", "--approvers", "Nobody at all", "--channel", "C0NOWHERE"),
    )

    assert code == 1
    for part in (
        "group 'Payment' does not exist",
        "OU 'ou-ab12-nowhere'",
        "'ReadOnly'",
        "'Nobody at all'",
        "C0NOWHERE",
    ):
        assert part in err
    assert "line " not in err
    assert not path.exists()


async def test_where_nobody_can_answer_every_option_that_is_missing_is_named(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    code, _, err = await play.run("policy", "init", str(tmp_path / "first.yaml"), "--requesters", "Payments")

    assert code == 2
    assert "give --account or --ou, --permission-set, --approvers." in err


async def test_who_is_asked_reads_every_mistake_and_is_asked_again_with_what_was_typed(
    make_play: MakePlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play, path = await make_play(), tmp_path / "first.yaml"
    for name, value in play._environment().items():
        monkeypatch.setenv(name, value)
    typed = iter(["Payments", "Payments Prod, ou-ab12-sandbox0", "ReadOnly", "Payments Leads", ""])
    held: list[str] = []

    def answer(question: str, holds: str) -> str:
        held.append(holds)
        said = next(typed, None)
        return said if said is not None else "ReadOnlyAccess" if question.startswith("Permission") else holds

    assert await init(load_settings(Purpose.CHAT), path, {}, "2h", answer) == 0

    said = capsys.readouterr().err
    assert "There are: " in said
    assert "permission set 'ReadOnly' does not exist" in said
    assert held == [*[""] * 5, "Payments", "Payments Prod, ou-ab12-sandbox0", "ReadOnly", "Payments Leads", ""]
    text = path.read_text(encoding="utf-8")
    assert "max_duration: 2h" in text
    assert "channels: []" in text
