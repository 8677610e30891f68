"""``make audit`` fails for a vulnerability that is known, and says loudly when nothing could be looked up."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.repo.tree import ROOT

Audit = Callable[..., Awaitable[tuple[int, str]]]
VULNERABLE = "jinja2"


class Osv:
    """The two calls of OSV's API that an audit makes (google.github.io/osv.dev, API)."""

    def __init__(self) -> None:
        self.known = {VULNERABLE: "PYSEC-2026-1"}
        self.asked: list[str] = []
        self.url = ""

    async def batch(self, request: web.Request) -> web.Response:
        names = [query["package"]["name"] for query in (await request.json())["queries"]]
        self.asked += names
        found = [{"vulns": [self._brief(self.known[name])]} if name in self.known else {} for name in names]
        return web.json_response({"results": found})

    async def details(self, request: web.Request) -> web.Response:
        fixed = [{"introduced": "0"}, {"fixed": "999"}]
        package = {"ecosystem": "PyPI", "name": VULNERABLE}
        affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": fixed}]}
        return web.json_response({**self._brief(request.match_info["id"]), "summary": "bad", "affected": [affected]})

    @staticmethod
    def _brief(vulnerability: str) -> dict[str, Any]:
        return {"id": vulnerability, "modified": "2026-01-01T00:00:00Z"}


@pytest.fixture
async def osv() -> AsyncIterator[Osv]:
    service, app = Osv(), web.Application()
    app.router.add_post("/v1/querybatch", service.batch)
    app.router.add_get("/v1/vulns/{id}", service.details)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    service.url = f"http://{host}:{port}"
    yield service
    await runner.cleanup()


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """Run it over the lock of this repository, with its own uv: exit code, and everything that was said."""
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for program in ("uv", "python"):
        (tmp_path / ".venv/bin" / program).symlink_to(ROOT / ".venv/bin" / program)
    for stamp in (ROOT / ".venv").glob(".uv-*"):
        (tmp_path / ".venv" / stamp.name).write_text(f"{tmp_path.resolve()}\n")
    (tmp_path / ".venv/.ready").touch()

    async def run(*words: str) -> tuple[int, str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
        make = await asyncio.create_subprocess_exec(
            *("make", "audit", *words),
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await make.communicate()
        outcome = (tmp_path / "out/audit.txt").read_text(encoding="utf-8")
        return make.returncode or 0, said.decode() + outcome

    return run


async def test_a_known_vulnerability_fails_with_its_package_and_its_name(osv: Osv, audit: Audit) -> None:
    code, said = await audit(f"OSV_URL={osv.url}")

    assert code != 0
    assert VULNERABLE in said
    assert "PYSEC-2026-1" in said
    assert "VULNERABLE" in said


async def test_everything_in_the_lock_is_looked_up(osv: Osv, audit: Audit) -> None:
    osv.known.clear()
    code, said = await audit(f"OSV_URL={osv.url}")

    assert code == 0, said
    assert {"aiohttp", "boto3", "slack-sdk", "pytest", "moto"} <= set(osv.asked)
    assert "nothing known" in said


async def test_a_vulnerability_that_does_not_concern_us_can_be_named(osv: Osv, audit: Audit) -> None:
    code, said = await audit(f"OSV_URL={osv.url}", "AUDIT_IGNORED=PYSEC-2026-1")

    assert code == 0, said


@pytest.mark.parametrize(("insisting", "passes"), [((), True), (("AUDIT=required",), False)])
async def test_what_cannot_be_looked_up_is_said_loudly_and_fails_where_it_is_insisted_on(
    audit: Audit, insisting: tuple[str, ...], passes: bool
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        code, said = await audit(f"OSV_URL=http://127.0.0.1:{closed.getsockname()[1]}", *insisting)

    assert (code == 0) is passes
    assert "NOT AUDITED" in said
    assert said.count("!!!") >= 4


def test_the_audit_is_part_of_the_checks() -> None:
    _, _, rest = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck: ")

    assert "audit" in rest.partition("\n\n")[0]
