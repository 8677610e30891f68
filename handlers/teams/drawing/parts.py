"""The parts of a screen as elements of a card, in their order, each as richly as Teams shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from handlers.screens import parts
from handlers.screens.clean import clean
from handlers.screens.inputs import Input
from handlers.screens.parts import Act, Address, Button, Menu, Part
from handlers.screens.spans import Preformatted, Text, length
from handlers.teams import wire
from handlers.teams.drawing import elements
from handlers.teams.drawing.elements import Json
from handlers.teams.drawing.inputs import Sheet, draw_menu
from handlers.teams.drawing.markup import bold, quote, tame
from handlers.teams.drawing.spans import Pen

CHECK = "Check"
"""Label of the button that shows what applies to what is filled in so far."""
_PAGE = 2900
"""Characters of one page of lines: ``Lines.most`` counts these."""
_TITLE = 100
"""Longest first line that is a title, in characters: what is longer is a sentence."""
_BANDS = {"🟡": "warning", "🟠": "warning", "🔵": "accent", "🟢": "good", "🔴": "attention", "⛔": "attention"}
"""The colour behind a first line that begins with the mark of a status: the word beside it says the same."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Draws the parts of one card. ``sheet``: what its inputs are filled in with."""

    pen: Pen
    sheet: Sheet

    def draw(self, shown: Sequence[Part]) -> list[Json]:
        drawn: list[Json] = []
        last = max((index for index, part in enumerate(shown) if isinstance(part, Input) and part.redraws), default=-1)
        is_parted = False
        for index, part in enumerate(shown):
            found = [*self._part(part), *(self._check(shown) if index == last else ())]
            if found and is_parted:
                found[0] |= {"separator": True, "spacing": "Medium"}
            elif found and drawn and drawn[-1]["type"] == "ActionSet":
                found[0] = {"spacing": "Medium", **found[0]}
            is_parted = bool(drawn) and (isinstance(part, parts.Break) or (is_parted and not found))
            drawn += found
        return drawn

    def draw_headed(self, shown: Sequence[Part]) -> list[Json]:
        """The same for a message whose first paragraph says what has become of what."""
        first = shown[0] if shown else None
        if not isinstance(first, parts.Row) or first.button is not None:
            return self.draw(shown)
        title, *more = self.pen.markdown(first.text).split("\n")
        is_title = bool(more) or length(first.text) <= _TITLE
        head = elements.heading(title, size="Medium") if is_title else elements.words(title, style="heading")
        said = [head, *([elements.words("\n".join(more), spacing="Small")] if more else [])]
        band = _BANDS.get(title.lstrip("*")[:1])
        headed = [elements.container(said, style=band, bleed=True)] if band else said
        return [*headed, *self._below(shown[1:])]

    def _below(self, shown: Sequence[Part]) -> list[Json]:
        """Draw the parts below a heading, which already has space under it."""
        return self.draw(shown[1:] if shown and isinstance(shown[0], parts.Break) else shown)

    def _part(self, part: Part) -> list[Json]:  # noqa: PLR0911 - one row a part
        match part:
            case parts.Heading(title):
                return [elements.heading(tame(title), size="Medium", spacing="Large")]
            case parts.Row(text, button, id_):
                return self._row(text, button, id_)
            case parts.Lines(lines, most, cut):
                return self._lines(lines, most, cut)
            case parts.Facts(facts):
                said = [(tame(label), self.pen.markdown(value)) for label, value in facts]
                shown = [(label, value) for label, value in said if value]
                return [elements.fact_set(shown)] if shown else []
            case parts.Quote(label, words):
                return _quoted(label, words)
            case parts.Aside(texts):
                small = "\n".join(filter(None, map(self.pen.markdown, texts)))
                return [elements.small(small, spacing="Small")] if small else []
            case parts.Buttons(acts, id_):
                return self._buttons(acts, id_)
            case parts.Break():
                return []
            case Input():
                return self.sheet.draw(part)
            case _:
                assert_never(part)

    def _row(self, text: Text, button: Button | Address | None, group: str) -> list[Json]:
        said = self._said([text])
        if button is None:
            return said
        action = elements.action_sets([elements.draw_button(button, group, self.sheet.place)])
        return [elements.side_by_side(said, action)] if said else action

    def _said(self, lines: Iterable[Text]) -> list[Json]:
        """Lines in one block, but for what is to be copied as it is."""
        blocks: list[Json] = []
        together: list[str] = []
        for line in (*lines, None):
            is_code = line is not None and len(line.spans) == 1 and isinstance(line.spans[0], Preformatted)
            if (is_code or line is None) and together:
                blocks.append(elements.words("\n".join(together)))
                together = []
            if line is not None and isinstance(code := next(iter(line.spans), None), Preformatted) and is_code:
                blocks.append(elements.code(clean(code.text, lines=True)))
            elif line is not None and (words := self.pen.markdown(line)):
                together.append(words)
        return blocks

    def _lines(self, lines: Sequence[Text], most: int | None, cut: str) -> list[Json]:
        if most is None:
            return self._said(lines)
        room, shown = most * _PAGE, 0
        for line in lines:
            room -= len(self.pen.markdown(line)) + 1
            if room < 0 and shown:
                break
            shown += 1
        return [*self._said(lines[:shown]), *([elements.small(tame(cut))] if cut and shown < len(lines) else [])]

    def _buttons(self, acts: Sequence[Act], group: str) -> list[Json]:
        place = self.sheet.place
        menus: list[Json] = []
        actions: list[Json] = []
        for act in acts:
            if isinstance(act, Menu):
                menu = draw_menu(act, f"menu.{group}.{act.action.value}")
                menus.append(menu)
                data = wire.choosing(act.action, menu["id"], group, place)
                actions.append(elements.submit(data, title=menu["label"]))
            else:
                actions.append(elements.draw_button(act, group, place))
        return [*menus, *elements.action_sets(actions)]

    def _check(self, shown: Sequence[Part]) -> list[Json]:
        """One for all choices that change the screen: Teams tells of none before something is pressed."""
        first = next(part for part in shown if isinstance(part, Input) and part.redraws)
        data = wire.press(first.action, "", "", self.sheet.place)
        return elements.action_sets([elements.submit(data, title=CHECK)])


def _quoted(label: str, words: str) -> list[Json]:
    """Somebody's own words, set off from ours."""
    said = quote(words)
    return (
        [elements.container([elements.words(bold(tame(label))), _as_typed(said)], style="emphasis")]
        if said.strip("\u00a0")
        else []
    )


def _as_typed(said: str) -> Json:
    return {"type": "TextBlock", "text": said, "wrap": True, "spacing": "Small"}
