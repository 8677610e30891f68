"""Inputs of a screen as Teams' inputs: what is wrong right over each, its hint under it, and what is filled in kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import assert_never

from core.domain.ids import ConversationId
from handlers.bot_connector.messages import choices_answer
from handlers.screens import inputs
from handlers.screens.clean import plain
from handlers.screens.filled import Filled
from handlers.screens.inputs import Choice, Input, Select
from handlers.screens.parts import Menu
from handlers.screens.plain_text import Reader
from handlers.teams import wire
from handlers.teams.drawing.elements import Json, side_by_side, small, words
from handlers.teams.drawing.filled import DATE, TIME, Answered
from handlers.teams.drawing.markup import prose
from handlers.teams.wire import ControlPlace, Kind

MOST_OFFERED = 15
"""Choices that Teams takes as an answer to a type-ahead (Microsoft Teams, dynamic search in Adaptive Cards)."""
CHOICE = 150
"""Longest name of a choice, in characters."""
_OPTIONAL = "Optional"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The values and errors with which a dialog is drawn, by the ids of its inputs."""

    reader: Reader
    place: ControlPlace
    errors: Mapping[str, str] = field(default_factory=dict)
    filled: Filled = field(default_factory=Filled)

    def draw(self, asked: Input) -> list[Json]:
        """One input with all that belongs to it. What is filled in takes the place of what it would begin with."""
        error = self.errors.get(asked.id) or asked.error
        over = [words(prose(error), color="Attention", weight="Bolder")] if error else []
        hint = [small(prose(asked.hint), spacing="None")] if asked.hint else []
        drawn = self._control(asked)
        if over:
            drawn[0]["spacing"] = "None"
        return [*over, *drawn, *hint]

    def _control(self, asked: Input) -> list[Json]:
        control, id_ = asked.control, asked.id
        match control:
            case inputs.Typed(longest, value, is_long):
                said = self.filled.typed(id_) if self.filled.has(id_) else value
                long = {"isMultiline": True} if is_long else {}
                look = {"maxLength": longest, **long, **_given(value=said[:longest])}
                return [{"type": "Input.Text", **_named(asked, control.placeholder), **look}]
            case inputs.Lookup(chosen, most):
                return [self._search(asked, self._chosen(id_, chosen), asked.action, several=most > 1)]
            case inputs.Channels(_, channels):
                known = [self._channel(each) for each in channels]
                return [self._search(asked, self._chosen(id_, known), wire.CHANNELS, several=True)]
            case inputs.Select():
                return [self._select(asked, control)]
            case inputs.DayAndTime(at):
                return self._moment(asked, self.filled.moment(id_) if self.filled.has(id_) else at)
            case inputs.Day(day):
                day = self.filled.day(id_) if self.filled.has(id_) else day
                return [{"type": "Input.Date", **_named(asked), **_given(value=day.isoformat() if day else "")}]
            case _:
                assert_never(control)

    def _chosen(self, id_: str, begins_with: Sequence[Choice]) -> list[Choice]:
        """The chosen values, each with its known name."""
        if not self.filled.has(id_):
            return list(begins_with)
        labels = self.filled.labels if isinstance(self.filled, Answered) else {}
        known = {each.value: each for each in begins_with}
        return [known.get(each) or Choice(labels.get(each, each), each) for each in self.filled.several(id_)]

    def _channel(self, channel: ConversationId) -> Choice:
        return Choice(self.reader.channels.get(channel, channel), channel)

    def _search(self, asked: Input, chosen: Sequence[Choice], act: str, *, several: bool) -> Json:
        """A type-ahead. What narrows it travels in its name, and nothing else: no more is sent with a question."""
        around = {id_: kind for id_, kind in self.place.inputs.items() if kind is Kind.CHOSEN} if asked.redraws else {}
        asks = wire.dataset(act, ControlPlace(self.place.memo, inputs=around))
        values = [wire.choice(each.value, "" if several else _name(each)) for each in chosen]
        return {
            "type": "Input.ChoiceSet",
            **_named(asked, getattr(asked.control, "placeholder", "")),
            "style": "filtered",
            **({"isMultiSelect": True} if several else {}),
            "choices": [_choice(each, value) for each, value in zip(chosen, values, strict=True)],
            "choices.data": {"type": "Data.Query", "dataset": asks, "associatedInputs": "auto"},
            **_given(value=",".join(values)),
        }

    def _select(self, asked: Input, control: Select) -> Json:
        chosen = self.filled.several(asked.id) if self.filled.has(asked.id) else control.chosen
        several = {"isMultiSelect": True} if control.takes_several else {}
        return {"type": "Input.ChoiceSet", **_named(asked, control.placeholder), **several, **_offered(control, chosen)}

    def _moment(self, asked: Input, at: datetime | None) -> list[Json]:
        """Two inputs, in the time zone that the label of the second names."""
        zone = self.reader.zone or UTC
        local = at.astimezone(zone) if at else None
        day = {
            "type": "Input.Date",
            "id": asked.id + DATE,
            "label": f"{asked.label} date",
            **_given(value=f"{local:%Y-%m-%d}" if local else ""),
        }
        clock = {
            "type": "Input.Time",
            "id": asked.id + TIME,
            "label": f"{asked.label} time ({self.place.zone or 'UTC'})",
            **_given(value=f"{local:%H:%M}" if local else ""),
        }
        return [side_by_side([day], [clock], width="stretch")]


def kind_of(asked: Input) -> Kind:
    """The type of the answer to an input."""
    match asked.control:
        case inputs.Typed():
            return Kind.TYPED
        case inputs.DayAndTime():
            return Kind.MOMENT
        case inputs.Day():
            return Kind.DAY
        case _:
            return Kind.CHOSEN


def draw_menu(menu: Menu, id_: str) -> Json:
    """The choice of a menu; a button beside it sends it."""
    label = plain(menu.choices.placeholder, CHOICE)
    return {"type": "Input.ChoiceSet", "id": id_, "label": label, **_offered(menu.choices, menu.choices.chosen)}


def draw_choices(offered: Iterable[Choice]) -> Json:
    """The answer to a type-ahead (Microsoft Teams, dynamic search in Adaptive Cards)."""
    found = {each.value: each for each in islice(offered, MOST_OFFERED)}
    return choices_answer([_choice(each, wire.choice(each.value, _name(each))) for each in found.values()])


def _offered(control: Select, chosen: Sequence[str]) -> Json:
    offered = {each.value: _choice(each, wire.choice(each.value)) for each in control.choices}
    begins_with = ",".join(wire.choice(each) for each in chosen if each in offered)
    return {"style": "compact", "choices": list(offered.values()), **_given(value=begins_with)}


def _choice(choice: Choice, value: str) -> Json:
    """A choice has one line in Teams: what tells it apart follows its name."""
    described = f"{_name(choice)} · {choice.description}" if plain(choice.description, CHOICE) else _name(choice)
    return {"title": plain(described, CHOICE), "value": value}


def _name(choice: Choice) -> str:
    return plain(choice.label, CHOICE) or choice.value


def _named(asked: Input, placeholder: str = "") -> Json:
    said = placeholder or (_OPTIONAL if asked.optional else "")
    return {"id": asked.id, "label": plain(asked.label, CHOICE), **_given(placeholder=plain(said, CHOICE))}


def _given(**values: str) -> Json:
    return {key: value for key, value in values.items() if value}
