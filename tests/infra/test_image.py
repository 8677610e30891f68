"""The image keeps what it promises, as far as that shows without an engine: `make image-check` plays it."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.sandbox.ports import HeldPort
from tests.infra.image import DOCKERFILE, Stage, built, check, in_context, stages
from tests.repo.tree import ROOT

HEALTHCHECK = ROOT / "infra/docker/healthcheck.py"


@pytest.fixture
def image() -> Stage:
    return stages(DOCKERFILE.read_text())[-1]


def test_the_image_runs_as_a_user_without_rights_and_serves_by_default(image: Stage) -> None:
    assert image.last("USER") == "10001:10001"
    assert json.loads(image.last("ENTRYPOINT")) + json.loads(image.last("CMD")) == ["teambot", "serve"]
    assert image.last("STOPSIGNAL") == "SIGTERM"


def test_the_last_stage_takes_over_what_was_built_and_nothing_that_builds(image: Stage) -> None:
    copied = [value for name, value in image.instructions if name == "COPY"]

    assert copied == [
        "--from=build /opt/teambot /opt/teambot",
        "infra/docker/healthcheck.py /opt/teambot/healthcheck.py",
    ]
    assert [value for name, value in image.instructions if name == "RUN" and "install" in value] == []


def test_every_base_is_pinned_by_its_digest() -> None:
    files = (DOCKERFILE, ROOT / "infra/docker/compose.yaml")
    named = [match for file in files for match in re.findall(r"(?:BASE=|FROM |image: )(\S+)", file.read_text())]
    ours = {"${BASE}", "teambot"}

    assert len(named) >= 4
    assert [
        name for name in named if name not in ours and not re.fullmatch(r"\S+:[\w.-]+@sha256:[0-9a-f]{64}", name)
    ] == []


def test_the_image_is_built_with_the_uv_that_everything_else_is_installed_with() -> None:
    makefile, dockerfile = (ROOT / "Makefile").read_text(), DOCKERFILE.read_text()

    assert re.findall(r"^UV_VERSION := (\S+)", makefile, re.MULTILINE) == re.findall(
        r"^ARG UV_VERSION=(\S+)", dockerfile, re.MULTILINE
    )


def test_what_is_copied_into_the_image_is_there_and_secrets_and_databases_stay_outside() -> None:
    wanted = [
        word
        for stage in stages(DOCKERFILE.read_text())
        for name, value in stage.instructions
        if name == "COPY" and "--from" not in value
        for word in value.split()[:-1]
    ]

    assert len(wanted) >= 9
    for word in wanted:
        files = [ROOT / word] if (ROOT / word).is_file() else [*(ROOT / word).rglob("*.py")]
        assert files
        assert [file for file in files if not in_context(file)] == []
    left_out = (
        ".env",
        "teambot.db",
        ".git/config",
        ".venv/bin/python",
        "bot/__pycache__/cli.pyc",
        "infra/sandbox/run.py",
    )
    assert [name for name in left_out if in_context(ROOT / name)] == []


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it is called with
        pass


class Broken(Answer):
    status = 500


@pytest.fixture(params=[Answer, Broken])
def server(request: pytest.FixtureRequest) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), request.param) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def healthy(port: int) -> int:
    command = [sys.executable, "-I", str(HEALTHCHECK)]
    return subprocess.run(command, env={"TEAMBOT_PORT": str(port)}, capture_output=True, check=False).returncode


def test_a_process_that_answers_is_healthy_and_one_that_fails_is_not(server: HTTPServer) -> None:
    assert healthy(server.server_port) == (0 if server.RequestHandlerClass is Answer else 1)


def test_a_process_that_is_not_there_is_not_healthy() -> None:
    port = HeldPort()
    assert healthy(port.number) == 1


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_the_image_builds_and_serves_on_a_read_only_root(tmp_path: Path) -> None:
    check(built(tmp_path))
