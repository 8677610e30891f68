"""Foreign words made fit to be shown, before any platform escapes them: what an eye cannot see is dropped."""

import unicodedata

ELLIPSIS = "…"
_FILLERS = frozenset("\u2800\u3164\u115f\u1160\uffa0")
_MOST_COMBINING = 3


def clean(text: str, *, lines: bool = False) -> str:
    """Drop what an eye cannot see: control, bidi, zero-width and filler characters. Lines stay only when asked for."""
    if text.isascii() and text.isprintable():  # most words are, and there is nothing in them to be dropped
        return text.strip() if lines else " ".join(text.split())
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept: list[str] = []
    combining = 0
    for c in text:
        combining = combining + 1 if unicodedata.combining(c) else 0
        if c.isspace():
            kept.append("\n" if c == "\n" and lines else " ")
        elif unicodedata.category(c)[0] != "C" and c not in _FILLERS and combining <= _MOST_COMBINING:
            kept.append(c)
    return "".join(kept).strip() if lines else " ".join("".join(kept).split())


def plain(text: str, limit: int) -> str:
    """For plain_text objects, which read no markup: clean, and cut at the limit."""
    return cut(clean(text), limit)


def cut(text: str, limit: int) -> str:
    """At most so many characters of it, of which the last says that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS
