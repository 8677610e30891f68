"""``teambot reconcile`` beside the running bot: what nobody here made is named, and goes as an operator says."""

import json
from datetime import timedelta

import pytest

from tests.e2e.play import PROD_READ, STAGING_READ, MakePlay, Play, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


def about(target: Target) -> tuple[str, str, str]:
    return "ada@example.com", target.account_id, target.permission_set


async def test_an_operator_finds_what_nobody_here_made_and_adopts_ignores_or_removes_it(make_play: MakePlay) -> None:
    play = await make_play()
    code, out, err = await play.run("reconcile")
    assert (code, err) == (0, "")
    assert out.startswith("AWS and the database agree: ")
    for target in (PROD_READ, STAGING_READ):
        play.aws.make_assignment(target.account_id, target.permission_set, "ada@example.com")
    code, out, err = await play.run("reconcile", "--repair")
    assert (code, err) == (1, "")
    heading, *rows, last = out.splitlines()
    assert heading.split() == ["ACCOUNT", "PERMISSION", "SET", "USER", "IS", "THEN"]
    for row, target in zip(rows, (PROD_READ, STAGING_READ), strict=True):
        for words in (target.account_id, "ReadOnlyAccess", "Ada Lovelace", "unknown: no request here accounts for it"):
            assert words in row
    assert last.startswith("2 found:")
    assert play.aws.assignments() == {target.held_by("ada@example.com") for target in (PROD_READ, STAGING_READ)}
    code, out, _ = await play.run("reconcile", "--json")
    assert [found["what"] for found in json.loads(out)["found"]] == ["unknown", "unknown"]

    code, out, err = await play.run("reconcile", "adopt", *about(PROD_READ), "--for", "1h", "--reason", "ticket 4711")
    assert code == 0, err
    assert "is R-1001 now, and ends at " in out
    await play.told("ada", "R-1001", "is active until")
    code, out, err = await play.run("reconcile", "ignore", *about(STAGING_READ), "--reason", "break glass")
    assert (code, err) == (0, "")
    assert (await play.run("reconcile"))[0] == 0
    await play.pass_time(timedelta(hours=1, minutes=1))
    await play.until_held(STAGING_READ.held_by("ada@example.com"))
    code, out, err = await play.run("reconcile", "remove", *about(STAGING_READ), "--reason", "nobody needs it")
    assert (code, err) == (0, "")
    await play.until_held()
    await play.verified()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("adopt", "ada@example.com", "111122223333", "ReadOnlyAccess", "--for", "5m", "--reason", "x"), 2, "from 15m"),
        (("ignore", "ada@example.com", "111122223333", "ReadOnlyAccess", "--reason", " "), 2, "Give the reason"),
        (("remove", "nobody@example.com", "111122223333", "ReadOnlyAccess", "--reason", "x"), 1, "There is no"),
        (("remove", "ada@example.com", "111122223333", "Nothing", "--reason", "x"), 1, "There is no permission set"),
        (("remove", "ada@example.com", "111122223333", "ReadOnlyAccess", "--reason", "x"), 1, "lists no such"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_line(
    play: Play, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = await play.run("reconcile", *arguments)
    assert (found, out, len(err.splitlines())) == (code, "", 1), err
    assert words in err
