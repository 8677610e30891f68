"""Files that the program writes are their owner's alone, whatever the umask: they hold text that people typed."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.env_file import warning_of
from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade
from core.adapters.storage.single_process import hold_alone
from core.domain.audit import AuditEvent
from core.services.audit.export_maker import write_table
from tests.adapters.storage.samples import NOW


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {file.name: stat.filemode(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "of an earlier release"])
async def test_a_sqlite_database_with_everything_beside_it_is_its_owners_alone(tmp_path: Path, was_there: bool) -> None:
    file = tmp_path / "teambot.db"
    if was_there:
        for name in ("teambot.db", "teambot.db-wal", "teambot.db.lock"):
            (tmp_path / name).touch(0o644)
    url = f"sqlite+aiosqlite:///{file}"
    await upgrade(url)
    database = Database(url)
    with hold_alone(url):
        async with database.open() as unit:
            await unit.audit.append(AuditEvent("request.refused", NOW))
            await unit.commit()
            assert {"teambot.db", "teambot.db-wal", "teambot.db.lock"} <= set(modes(tmp_path))
            assert set(modes(tmp_path).values()) == {"-rw-------"}
    await database.close()


async def test_a_table_is_its_owners_alone(tmp_path: Path) -> None:
    async def pages() -> AsyncIterator[list[list[object]]]:
        yield [["=1"]]

    await write_table(tmp_path / "export.csv", ["a"], pages())
    assert modes(tmp_path) == {"export.csv": "-rw-------"}


@pytest.mark.parametrize(
    ("mode", "said"), [(0o644, "read"), (0o646, "read"), (0o602, "change"), (0o600, ""), (0o640, ""), (None, "")]
)
def test_a_file_of_secrets_that_others_can_read_is_warned_of(tmp_path: Path, mode: int | None, said: str) -> None:
    file = tmp_path / ".env"
    if mode is not None:
        file.write_text("SLACK_BOT_TOKEN=xoxb-1")
        file.chmod(mode)
    warning = warning_of(str(file))
    assert (f"can {said} " in warning and f"chmod 600 {file}" in warning) if said else not warning
    assert "xoxb" not in warning


def test_a_device_in_the_place_of_the_file_is_no_trouble() -> None:
    assert warning_of("/dev/null") == ""
