"""The files of the sandbox's wheel, by the names that they are imported by: run by hatchling when it builds one.

The policies of ``infra/aws`` are among them: the local AWS holds the bot to what an operator attaches to its roles.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
#: Of this tree alone: tests, and what takes pictures of the page with a Chromium.
LEFT_OUT = ("tests", "pyproject.toml", "wheel_files.py", "window/screenshots.py")


class WheelFiles(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names each file with its place. An editable wheel holds none: it points here."""
        if version != "editable":
            build_data["force_include"] |= {str(file): str(file.relative_to(HERE.parents[1])) for file in _files()}


def _files() -> Iterator[Path]:
    left_out = {HERE / name for name in LEFT_OUT}
    for file in sorted(
        [*HERE.rglob("*"), HERE.parent / "aws/__init__.py", *(HERE.parent / "aws/policies").glob("*.json")]
    ):
        if file.is_file() and left_out.isdisjoint([file, *file.parents]) and "__pycache__" not in file.parts:
            yield file
