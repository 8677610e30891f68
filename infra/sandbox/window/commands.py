"""Completions of the message box: the subcommands of the slash command.

Slack itself shows one line, the usage hint; whoever is new here has nobody to ask for the rest. The sandbox imports
nothing of the product: ``make reference`` writes the product's subcommands into ``subcommands.json``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

COMMAND = "/team"


@dataclass(frozen=True)
class Subcommand:
    word: str
    #: What is typed after it.
    takes: str
    does: str

    @property
    def line(self) -> str:
        """The text in the box once it was chosen."""
        return f"{COMMAND} {self.word}{' ' if self.takes else ''}"


_FILE = Path(__file__).with_name("subcommands.json")
SUBCOMMANDS = tuple(Subcommand(**each) for each in json.loads(_FILE.read_text(encoding="utf-8")))
