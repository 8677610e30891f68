"""Search on a card as a person does it: an input by its label, a button by its text and what is shown beside it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from infra.sandbox.local_teams.model import Json
from infra.sandbox.local_teams.reading import CardReader

_NESTED = ("Container", "Column", "TableCell")


@dataclass(frozen=True)
class Control:
    #: An action, or an input.
    element: Json
    #: The words by which a person would name it.
    name: str
    #: What is shown beside and above it, up to the next group.
    beside: str
    #: Of an input: the words in red right above it.
    error: str = ""

    @property
    def is_button(self) -> bool:
        return str(self.element["type"]).startswith("Action.")


def controls(
    card: Json, zone: str, values: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None
) -> list[Control]:
    """Everything that can be used, from top to bottom."""
    walk = _Walk(CardReader(card, zone, values or {}, titles or {}))
    return [*walk.items(card.get("body", ()), ""), *walk.actions(card.get("actions", ()), "")]


def button(found: Iterable[Control], text: str, near: str = "") -> Control | None:
    """The button with this text; the whole text goes before a part of it."""
    return _best([each for each in found if each.is_button and near in each.beside], text)


def field(found: Iterable[Control], label: str) -> Control | None:
    """The input with this label."""
    return _best([each for each in found if not each.is_button], label)


class _Walk:
    """Remembers the lines since the last group of buttons."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader
        self._group: list[str] = []
        self._error = ""

    def items(self, items: Iterable[Json], row: str) -> Iterator[Control]:
        for each in items:
            if each.get("isVisible") is not False:
                yield from self._item(each, row)

    def actions(self, actions: Iterable[Json], row: str) -> Iterator[Control]:
        beside = "\n".join([*self._group, row])
        for each in actions:
            if each.get("isVisible") is False:
                continue
            yield Control(each, str(each.get("title") or each.get("tooltip", "")), beside)
            if each["type"] == "Action.ShowCard":
                yield from self.items(each["card"].get("body", ()), row)
                yield from self.actions(each["card"].get("actions", ()), row)

    def _item(self, element: Json, row: str) -> Iterator[Control]:
        kind = str(element["type"])
        if "selectAction" in element:
            words = "\n".join(self._reader.element({"type": "Container", **element}))
            action = element["selectAction"]
            yield Control(action, str(action.get("title") or action.get("tooltip") or words), words)
        if kind in _NESTED:
            yield from self.items(element.get("items", ()), row)
        elif kind in ("ColumnSet", "Table"):
            yield from self._rows(element)
        elif kind == "ActionSet":
            yield from self.actions(element.get("actions", ()), row)
            self._group = [] if not row else self._group
        elif kind.startswith("Input."):
            name = self._reader.words(str(element.get("label") or element.get("title") or element.get("placeholder")))
            yield Control(element, name, "\n".join([*self._group, row]), self._error)
            self._error = ""
        else:
            lines = self._reader.element(element)
            self._group += lines
            self._error = "\n".join(lines) if str(element.get("color", "")).casefold() == "attention" else ""

    def _rows(self, element: Json) -> Iterator[Control]:
        """Things in one row are beside each other."""
        if element["type"] == "ColumnSet":
            rows = [element.get("columns", ())]
        else:
            rows = [each.get("cells", ()) for each in element.get("rows", ())]
        for cells in rows:
            words = "\n".join(line for each in cells for line in self._reader.element({**each, "type": "Column"}))
            before, self._group = self._group, []
            for each in cells:
                yield from self.items(each.get("items", ()), words)
            self._group = [*before, words]


def _best(found: list[Control], words: str) -> Control | None:
    wanted = words.strip().casefold()
    for matches in (str.__eq__, str.startswith, str.__contains__):
        for control in found:
            if matches(control.name.strip().casefold(), wanted):
                return control
    return None
