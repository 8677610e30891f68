"""The audit trail and whether it can be believed, in words (rule 23)."""

from collections.abc import Mapping

VERIFY = "teambot audit verify --anchor SEQ:HASH"


def broken(facts: Mapping[str, str]) -> str:
    """Where it breaks, and what to do first; the command ``VERIFY`` follows."""
    return (
        f"The audit trail is broken: event {facts.get('seq', '?')} {facts.get('what', 'is wrong')}. Keep a copy of the "
        "database as it is now. Then compare it with the archive, or with an end of the trail that you noted elsewhere:"
    )


def whole(facts: Mapping[str, str]) -> str:
    """All of it was proved since."""
    return f"The audit trail is whole again: all {facts.get('seq', '?')} events were verified."
