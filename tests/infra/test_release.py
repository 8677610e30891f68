"""`make release`: what it makes, and that the same tree makes the same wheels."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from bot import __version__
from tests.infra.wheels import OFFLINE
from tests.repo.tree import ROOT

NEEDED = {"aiohttp", "boto3", "slack-bolt", "sqlalchemy", "matplotlib"}
NOT_NEEDED = {"pytest", "hypothesis", "moto", "ruff", "duckdb", "playwright", "hatchling"}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "dist"
    path = f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    nowhere = {"DOCKER_HOST": "unix:///nowhere", "CONTAINER_HOST": "unix:///nowhere"}
    subprocess.run([str(ROOT / "infra/release"), str(folder)], env=OFFLINE | nowhere | {"PATH": path}, check=True)
    return folder


def test_a_release_has_both_wheels_the_sdist_the_bill_of_materials_and_their_checksums(released: Path) -> None:
    listed = {name: checksum for checksum, name in map(str.split, (released / "SHA256SUMS").read_text().splitlines())}

    assert set(listed) == {
        f"teambot-{__version__}-py3-none-any.whl",
        f"teambot_sandbox-{__version__}-py3-none-any.whl",
        f"teambot-{__version__}.tar.gz",
        f"teambot-{__version__}.cdx.json",
    }
    assert {name: hashlib.sha256((released / name).read_bytes()).hexdigest() for name in listed} == listed


def test_the_bill_of_materials_names_what_the_product_needs_with_versions_and_nothing_else(released: Path) -> None:
    bill = json.loads((released / f"teambot-{__version__}.cdx.json").read_text())
    named = {each["name"]: each["version"] for each in bill["components"]}

    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", __version__)
    assert set(named) >= NEEDED
    assert set(named) & NOT_NEEDED == set()
    assert all(named.values())
