"""Faults that the bot found in its own set-up: a permission, a scope, a place to write to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetupFinding:
    """One thing that is not as it must be, in words for an operator."""

    what: str
    detail: str
    fails: bool = True
    """False: it works, and is worth a look."""
