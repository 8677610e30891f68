"""Databases in which the example policies hold already."""

import shutil
from pathlib import Path


class PoliciedDatabases:
    """SQLite files in which the example policies were applied once."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder
        self._template = template
        self._count = 0

    def new(self) -> str:
        self._count += 1
        file = self._folder / f"{self._count}.db"
        shutil.copyfile(self._template, file)
        return f"sqlite+aiosqlite:///{file}"
