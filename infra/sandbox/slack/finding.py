"""Search on a screen as a person does it: a field by its label, a button by its text and what is beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.sandbox.slack.blockkit.surfaces import elements_of
from infra.sandbox.slack.model import Json
from infra.sandbox.slack.reading import TextRenderer

_BUTTONS = ("button", "workflow_button", "icon_button")
_ENDS_A_GROUP = ("divider", "header", "actions")


@dataclass(frozen=True)
class Control:
    block: Json
    element: Json
    #: The words by which a person would name it.
    names: tuple[str, ...]
    #: What stands beside and above it, up to the next group.
    beside: str

    @property
    def is_button(self) -> bool:
        return self.element["type"] in _BUTTONS

    @property
    def name(self) -> str:
        return self.names[0] if self.names else self.element["type"]


def controls(blocks: list[Json], renderer: TextRenderer) -> Iterator[Control]:
    """Everything that can be used, from top to bottom."""
    group: list[str] = []
    for block in blocks:
        words = renderer.block(block, {})
        for element, _ in elements_of(block, ""):
            beside = words if block["type"] == "section" else "\n".join([*group, words])
            yield Control(block, element, _names(block, element, renderer), beside)
        group = [] if block["type"] in _ENDS_A_GROUP else [*group, words]


def button(blocks: list[Json], renderer: TextRenderer, text: str, near: str = "") -> Control | None:
    """The button with this text; the whole text goes before a part of it."""
    found = [each for each in controls(blocks, renderer) if each.is_button and near in each.beside]
    return _best(found, text)


def field(blocks: list[Json], renderer: TextRenderer, label: str) -> Control | None:
    """The field or menu with this label."""
    found = [each for each in controls(blocks, renderer) if not each.is_button]
    return _best(found, label)


def _best(found: list[Control], words: str) -> Control | None:
    wanted = words.strip().casefold()
    for matches in (_is, _begins, _contains):
        for control in found:
            if any(matches(name.strip().casefold(), wanted) for name in control.names):
                return control
    return None


def _is(name: str, wanted: str) -> bool:
    return name == wanted


def _begins(name: str, wanted: str) -> bool:
    return name.startswith(wanted)


def _contains(name: str, wanted: str) -> bool:
    return wanted in name


def _names(block: Json, element: Json, renderer: TextRenderer) -> tuple[str, ...]:
    if block["type"] == "input":
        return (renderer.text(block["label"]),)
    names = [
        renderer.text(element.get("text")),
        renderer.text(element.get("placeholder")),
        element.get("accessibility_label", ""),
    ]
    if element["type"] not in _BUTTONS:
        names.append(renderer.text(block.get("text")))
    return tuple(name for name in names if name)
