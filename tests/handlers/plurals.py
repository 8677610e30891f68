"""Finds a number that its noun does not fit: ``1 requests``, ``2 request``."""

import re

COUNTED = (
    *("access", "account", "approval", "assignment", "call", "channel", "day", "error", "event", "group", "hour"),
    *(
        "field",
        "length",
        "line",
        "message",
        "minute",
        "other",
        "permission set",
        "person",
        "policy",
        "record",
        "request",
    ),
    *("session", "statement", "target", "time", "user", "vote", "warning", "write"),
)
"""Nouns that the product counts."""
_MANY = {"access": "access", "person": "people", "policy": "policies"}
_BETWEEN = r"(?:more |other |pending |enabled |eligibility |approval |archived )?"
_ONE_OF_MANY = "|".join(_MANY.get(one, f"{one}s") for one in COUNTED if _MANY.get(one) != one)
_WRONG = (
    re.compile(rf"(?<![\w.,:/-])1 {_BETWEEN}(?:{_ONE_OF_MANY})\b"),
    re.compile(
        rf"(?<![\w.,:/-])(?:[02-9]|[1-9]\d+) {_BETWEEN}(?:{'|'.join(set(COUNTED) - {'access'})})\b(?! (?:set|and)\b)"
    ),
)
_RIGHT = re.compile(r"1 eligibility and 1 approval policies")


def counted_rightly(shown: str) -> str:
    """The same text; AssertionError with the words that are wrong."""
    read = _RIGHT.sub("", shown)
    wrong = [match[0] for pattern in _WRONG for match in pattern.finditer(read)]
    assert not wrong, wrong
    return shown
