"""The subcommands, for the documents, and for the sandbox, which completes them and imports nothing of the product."""

import json
from collections.abc import Iterator

from core.domain.people import Persona
from handlers.words.subcommands import SUBCOMMANDS, Subcommand, Use, typed
from tests.reference.markdown import code, table
from tests.repo.tree import ROOT

COMPLETIONS = ROOT / "infra/sandbox/window/subcommands.json"
_COMMAND = "/team"
_WHO = {
    None: "everybody",
    Persona.REQUESTER: "requester",
    Persona.APPROVER: "approver",
    Persona.AUDITOR: "auditor, admin",
    Persona.ADMIN: "admin",
}


def reference() -> str:
    return table(("Who", "Command", "Does", "Example"), (_row(each, use) for each, use in _uses()))


def completions() -> str:
    """One for each that begins with other words; what is typed behind them is a hint."""
    known: dict[str, dict[str, str]] = {}
    for each, use in _uses():
        words = [word for word in use.takes.split() if word.islower()]
        rest = use.takes.removeprefix(" ".join(words)).strip()
        line = {"word": typed(each.word, " ".join(words)), "takes": rest, "does": _sentence(use)}
        known.setdefault(line["word"], line)
    return json.dumps([*known.values()], indent=2, ensure_ascii=False) + "\n"


def _uses() -> Iterator[tuple[Subcommand, Use]]:
    return ((each, use) for each in SUBCOMMANDS for use in each.uses)


def _row(subcommand: Subcommand, use: Use) -> tuple[str, str, str, str]:
    usage, example = (f"{_COMMAND} {typed(subcommand.word, rest)}" for rest in (use.takes, use.example))
    also = [subcommand.also] if subcommand.also else []
    who = ", ".join(_WHO[each] for each in (subcommand.persona, *also))
    return who, code(usage), _sentence(use), "" if example == usage else code(example)


def _sentence(use: Use) -> str:
    return use.does[0].upper() + use.does[1:]
