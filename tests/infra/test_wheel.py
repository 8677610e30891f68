"""The packages: what is in them, and that they work where nothing else is."""

import email
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.wheels import environment, installed, wheels  # noqa: F401 - fixtures
from tests.repo.tree import ROOT

PRODUCT = ("bot", "core", "handlers", "manifests")
OF_AN_EXTRA = {"bot.tracing"}
"""Loaded only where `teambot[otel]` is; charts are drawn by a process of their own."""
IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.stdin.read().split()]"


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as opened:
        return opened.namelist()


def modules(wheel: Path) -> Iterator[str]:
    """The modules that can be imported: all but migrations, those that run on import, and those that need an extra."""
    for name in names(wheel):
        if name.endswith(".py") and "/migrations/" not in name and not name.endswith("__main__.py"):
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if module not in OF_AN_EXTRA:
                yield module


def tracked(*folders: str) -> set[str]:
    """The files of this tree that are in these folders, compiled ones and tests left out."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "tests"} & set(path.parts)
    }


def metadata(wheel: Path) -> "email.message.Message[str, str]":
    with zipfile.ZipFile(wheel) as opened:
        text = next(opened.read(name).decode() for name in opened.namelist() if name.endswith("/METADATA"))
    return email.message_from_string(text)


def run(environment: Path, *command: str, given: str = "") -> "subprocess.CompletedProcess[str]":  # noqa: F811
    """In an environment that says nothing, in the folder of the commands: neither a tree nor a `.env` is there."""
    return subprocess.run(
        [str(environment / command[0]), *command[1:]],
        cwd=environment,
        env={"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(environment)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_of_the_product_has_all_of_the_product_and_nothing_else(wheels: dict[str, Path]) -> None:  # noqa: F811
    inside = {name for name in names(wheels["teambot"]) if ".dist-info/" not in name}

    assert inside == tracked(*PRODUCT)


def test_the_wheel_of_the_sandbox_has_the_sandbox_and_the_policies_of_its_roles(wheels: dict[str, Path]) -> None:  # noqa: F811
    inside = {name for name in names(wheels["teambot_sandbox"]) if ".dist-info/" not in name}
    of_the_tree = {f"infra/sandbox/{name}" for name in ("pyproject.toml", "wheel_files.py", "window/screenshots.py")}

    assert inside == (tracked("infra/sandbox", "infra/aws/policies") - of_the_tree | {"infra/aws/__init__.py"})


def test_both_have_the_version_that_is_in_the_code(wheels: dict[str, Path]) -> None:  # noqa: F811
    text = (ROOT / "bot/__init__.py").read_text()

    assert {f'__version__ = "{metadata(wheel)["Version"]}"' in text for wheel in wheels.values()} == {True}


def test_the_product_requires_no_test_tool_and_the_sandbox_as_an_extra(wheels: dict[str, Path]) -> None:  # noqa: F811
    required = metadata(wheels["teambot"]).get_all("Requires-Dist") or []

    assert not [line for line in required if line.startswith(("pytest", "hypothesis", "moto", "ruff", "mypy"))]
    assert [line for line in required if "extra == 'sandbox'" in line] == ["teambot-sandbox; extra == 'sandbox'"]


def test_every_module_of_the_product_can_be_imported_where_nothing_else_is(
    wheels: dict[str, Path],  # noqa: F811
    environment: Path,  # noqa: F811
) -> None:
    found = list(modules(wheels["teambot"]))
    outcome = run(environment, "python", "-c", IMPORT, given="\n".join(found))

    assert len(found) > 200
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_the_installed_product_says_its_version_prints_its_manifest_and_examines_itself(environment: Path) -> None:  # noqa: F811
    version = run(environment, "teambot", "version")
    manifest = run(environment, "teambot", "manifest", "--mode", "socket")
    doctor = run(environment, "teambot", "doctor")

    assert (version.returncode, version.stdout.split()[0], version.stderr) == (0, "teambot", "")
    assert (manifest.returncode, "/team" in manifest.stdout, manifest.stderr) == (0, True, "")
    said = doctor.stdout + doctor.stderr
    assert (doctor.returncode, bool(said), "Traceback" in said) == (1, True, False)


def test_without_the_sandbox_its_command_says_how_to_install_it(environment: Path) -> None:  # noqa: F811
    outcome = run(environment, "teambot", "sandbox")

    said = "The sandbox is not installed: install it with `pip install 'teambot[sandbox]'`.\n"
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (1, "", said)


def test_with_the_sandbox_every_module_of_it_can_be_imported_and_its_command_finds_it(
    wheels: dict[str, Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    both = installed(tmp_path / "both", list(wheels.values()))
    found = list(modules(wheels["teambot_sandbox"]))
    imported = run(both, "python", "-c", IMPORT, given="\n".join(found))
    started = run(both, "teambot", "sandbox", "--policies", "none.yaml")
    held = run(both, "python", "-c", "from bot.cli import _installed_sandbox as s; print(s().__module__)")

    assert len(found) > 100
    assert (imported.returncode, imported.stderr) == (0, "")
    assert started.returncode == 2
    assert held.stdout == "infra.sandbox.run\n"


@pytest.mark.nightly
def test_the_installed_sandbox_plays_the_whole_story(wheels: dict[str, Path], tmp_path: Path) -> None:  # noqa: F811
    both = installed(tmp_path / "both", list(wheels.values()))
    outcome = run(both, "teambot", "sandbox", "--port", "0", "--once")

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
