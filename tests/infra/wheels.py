"""The wheels of this tree, built once a session, and empty environments that they are installed into.

An environment holds what a wheel requires and nothing else of the one that the tests run in: linked, not installed
again, so that neither a network nor minutes are needed.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repo.tree import ROOT

UV = ROOT / ".venv/bin/uv"
#: Of the environment that holds uv: it must find no project's, and no index, in the environment of the tests.
OFFLINE = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "UV_OFFLINE": "1", "UV_NO_PROGRESS": "1"}


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By the names of the projects. Built by whichever process of the session comes first."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "wheels").exists():
            _build(folder / "wheels")
    return {file.name.partition("-")[0]: file for file in (folder / "wheels").glob("*.whl")}


def _build(folder: Path) -> None:
    command = [str(UV), "build", "--all-packages", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, "--out-dir", str(folder)], cwd=ROOT, env=OFFLINE, check=True, capture_output=True)


@pytest.fixture(scope="session")
def environment(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the product, and without the sandbox; the folder of its commands."""
    return installed(tmp_path_factory.mktemp("product"), [wheels["teambot"]])


def installed(folder: Path, wheels: list[Path]) -> Path:
    """An environment with these wheels and all that they require; the folder of its commands."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next((folder / "lib").glob("python*/site-packages"))
    command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--no-index", "--python", str(folder / "bin/python")]
    subprocess.run([*command, *map(str, wheels)], env=OFFLINE, check=True)
    ours = [Distribution.at(found) for found in packages.glob("*.dist-info")]
    own = {canonicalize_name(each.name) for each in ours}
    for each in required(line for mine in ours for line in mine.requires or []):
        if canonicalize_name(each.name) not in own:
            _link(each, packages)
    return folder / "bin"


def required(lines: Iterable[str]) -> Iterator[Distribution]:
    """The needs of these requirements, and their own. Markers and extras hold, so that nothing else is there."""
    waiting, seen = list(lines), set[str]()
    while waiting:
        requirement = Requirement(waiting.pop())
        extras = requirement.extras or {""}
        if str(requirement) in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(str(requirement))
        try:
            found = distribution(requirement.name)
        except PackageNotFoundError:
            raise AssertionError(f"{requirement} is required, and not installed: run `make setup`") from None
        yield found
        for line in found.requires or []:
            marker = Requirement(line).marker
            if not marker or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(line.partition(";")[0])


def _link(found: Distribution, packages: Path) -> None:
    for top in {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}:
        link = packages / top
        if not link.exists():
            link.symlink_to(Path(str(found.locate_file(top))).resolve())
