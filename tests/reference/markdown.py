"""Tables and cells of Markdown."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(each) for each in line)} |".replace("|  |", "| |") for line in lines)


def cell(text: str) -> str:
    """One line, in which a bar is no border."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """As it is typed; empty for nothing."""
    return f"`{text}`" if text else ""
