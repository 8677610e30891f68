"""The audit trail and whether it can be believed, in words (rule 23)."""

from handlers.words.counts import counted

VERIFY = "teambot audit verify --anchor SEQ:HASH"


def broken(seq: int, what: str) -> str:
    """The place of the break, and what to do first; the command ``VERIFY`` follows."""
    return (
        f"The audit trail is broken: event {seq} {what}. Keep a copy of the "
        "database as it is now. Then compare it with the archive, or with an end of the trail that you noted elsewhere:"
    )


def whole(seq: int) -> str:
    """All of it was proved since."""
    return f"The audit trail is whole again: {counted(seq, 'event was', 'events were')} verified."
