"""The full stop after words that somebody else wrote: they may end a sentence themselves."""

_ENDS = (".", "!", "?", "…")


def stop_after(words: str) -> str:
    """A full stop; empty where the words end with a mark of their own."""
    return "" if words.rstrip().endswith(_ENDS) else "."
