"""HTML in which nothing is markup by accident: what is not made by `tag` is text."""

from html import escape

_EMPTY = frozenset({"meta", "link", "input", "hr"})


class Html(str):
    """Markup; any other string is text, and is escaped when it is put into a tag."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: str | None) -> Html:
    """An element. In an attribute's name a last underscore is dropped, others are hyphens; None leaves it out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{together(*inside)}</{name}>")


def together(*parts: str) -> Html:
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))
