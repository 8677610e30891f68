"""HTML in which nothing is markup by accident: what is not made here is text."""

from collections.abc import Iterable

from markupsafe import Markup, escape

_EMPTY = frozenset({"br", "hr", "img", "input"})
Inside = str | Iterable[str]
Attribute = str | bool | int | None

EMPTY = Markup("")
BREAK = Markup("<br>")


def tag(name: str, /, *inside: Inside, **attributes: Attribute) -> Markup:
    """An element. In names of attributes a last underscore is dropped and others are hyphens; None and False omit."""
    given = Markup("").join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _EMPTY:
        return Markup("<{}{}>").format(name, given)
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, together(*inside))


def together(*parts: Inside) -> Markup:
    """Text is escaped, markup stays."""
    return EMPTY.join(escape(part) if isinstance(part, str) else together(*part) for part in parts)


def hidden(text: str) -> Markup:
    """For screen readers alone."""
    return tag("span", text, class_="sr")


def _attribute(name: str, value: Attribute) -> Markup:
    if value is None or value is False:
        return EMPTY
    return Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
