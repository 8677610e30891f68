"""Messages, dialogs and Home as Adaptive Cards that Teams takes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import NamedTuple

from handlers.bot_connector.messages import card_message
from handlers.screens.clean import cut
from handlers.screens.filled import Filled
from handlers.screens.inputs import Channels, Input, Lookup
from handlers.screens.parts import Heading, Part, Row
from handlers.screens.plain_text import Reader, plain_text
from handlers.screens.screen import Home, Message, Screen
from handlers.teams import wire
from handlers.teams.drawing import elements
from handlers.teams.drawing.elements import Json
from handlers.teams.drawing.fitting import fits, fitted, size
from handlers.teams.drawing.inputs import Sheet, kind_of
from handlers.teams.drawing.markup import tame
from handlers.teams.drawing.parts import Composer
from handlers.teams.drawing.spans import Pen
from handlers.teams.wire import ControlPlace

VERSION, SEARCHING = "1.5", "1.6"
"""Of the schema: the newest that every client takes from a bot; that of type-aheads, which only dialogs have."""
BACK = "Back"
"""Label of the button that leads to the dialog before."""
_SPOKEN = 300
"""Characters of the line of a notification: more is not shown."""
_ROOM_TO_FILL_IN = 21_500
"""Bytes that a dialog may begin with: what is chosen in it makes it larger. The settings alone take 18,000."""


class Drawn(NamedTuple):
    """``summary``: the line of the notification, and what is said where the card cannot be shown."""

    card: Json
    summary: str

    @property
    def activity(self) -> Json:
        """The message that shows it."""
        return card_message(self.summary, self.card)


def draw_message(message: Message, reader: Reader) -> Drawn:
    """As much of it as Teams has room for."""
    drawn = [_message(each, reader) for each in (message, *message.shorter)]
    card, summary = next((each for each in drawn if fits(each.card)), drawn[-1])
    return Drawn(_with_mentions_that_stand(fitted(card)), summary)


def draw_home(home: Home, reader: Reader) -> Drawn:
    """The card that is kept up to date in a person's own chat."""
    card, summary = _home(home, reader)
    return Drawn(_with_mentions_that_stand(fitted(card)), summary)


def home_fits(home: Home, reader: Reader) -> bool:
    """True if Home fits into one card."""
    return fits(_home(home, reader).card)


def draw_dialog(
    screen: Screen,
    screen_id: str,
    reader: Reader,
    errors: Mapping[str, str] | None = None,
    filled: Filled | None = None,
    *,
    back: bool = False,
) -> Json:
    """A dialog's card. ``errors`` by the id of the input; ``filled``: what is filled in, when it is drawn again.

    ``back``: it was opened over another one.
    """
    parts = _roomy(screen, screen_id, reader, filled)
    card = _dialog(screen, parts, screen_id, reader, errors or {}, filled, back=back)
    return fitted(card)


def _message(message: Message, reader: Reader) -> Drawn:
    pen = Pen(reader)
    body = Composer(pen, Sheet(reader, ControlPlace())).draw_headed(message.parts)
    return _card(body, cut(plain_text(message.summary, reader), _SPOKEN), pen)


def _home(home: Home, reader: Reader, *, is_full: bool = False) -> Drawn:
    pen = Pen(reader)
    body = Composer(pen, Sheet(reader, ControlPlace(home.memo, on_home=True, is_full=is_full))).draw(home.parts)
    titles = [part.title for part in home.parts if isinstance(part, Heading)]
    rows = [plain_text(part.text, reader) for part in home.parts if isinstance(part, Row)]
    drawn = _card(body, cut(", ".join(titles or rows[:1]), _SPOKEN), pen)
    return drawn if is_full or fits(drawn.card) else _home(home, reader, is_full=True)


def _card(body: Sequence[Json], summary: str, pen: Pen) -> Drawn:
    entities = pen.entities()
    teams: Json = {"width": "Full", **({"entities": entities} if entities else {})}
    said = tame(summary)  # a fallback may be read as markdown, too (Adaptive Cards schema)
    about = {"fallbackText": said, "speak": said} if said else {}
    return Drawn({**_blank(VERSION), **about, "msteams": teams, "body": list(body)}, summary)


def _dialog(
    screen: Screen,
    parts: Sequence[Part],
    screen_id: str,
    reader: Reader,
    errors: Mapping[str, str],
    filled: Filled | None,
    *,
    back: bool = False,
) -> Json:
    asked = {part.id: kind_of(part) for part in parts if isinstance(part, Input)}
    place = ControlPlace(screen.memo, screen_id, inputs=asked, zone=str(reader.zone or UTC) if asked else "")
    pen = Pen(reader)
    body = Composer(pen, Sheet(reader, place, errors, filled or Filled())).draw(parts)
    sends = elements.submit(wire.sending(screen.form, place), title=screen.submit, style="positive")
    returns = elements.submit(wire.press(wire.BACK, "", "", replace(place, inputs={}, zone="")), title=BACK)
    actions = [*([sends] if screen.submit else []), *([returns] if back else [])]
    entities = pen.entities()
    card = {**_blank(SEARCHING), "fallbackText": tame(screen.title), "speak": tame(screen.title), "body": body}
    return {
        **card,
        **({"msteams": {"entities": entities}} if entities else {}),
        **({"actions": actions} if actions else {}),
    }


def _blank(version: str) -> Json:
    return {"type": "AdaptiveCard", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "version": version}


def _roomy(screen: Screen, screen_id: str, reader: Reader, filled: Filled | None) -> Sequence[Part]:
    """Its parts, with the fullest inputs as text where there is no room for all that is chosen in them.

    A field that is no input is left as it is when the form is sent. One that was an input stays one.
    """
    parts = list(screen.parts)
    if filled is not None:
        return [_as_text(each) if isinstance(each, Input) and each.id not in filled.inputs else each for each in parts]
    while size(_dialog(screen, parts, screen_id, reader, {}, None)) > _ROOM_TO_FILL_IN:
        fullest = max(range(len(parts)), key=lambda index: _filling(parts[index]), default=0)
        if not parts or not _filling(parts[fullest]):
            break
        parts[fullest] = _as_text(parts[fullest])
    return parts


def _filling(part: Part) -> int:
    """The number of an input's values that can be shown as text in its place."""
    is_such = isinstance(part, Input) and isinstance(part.control, Lookup | Channels) and part.control.otherwise
    return len(part.control.chosen) if is_such else 0  # type: ignore[union-attr]


def _as_text(part: Part) -> Part:
    if isinstance(part, Input) and isinstance(part.control, Lookup | Channels) and part.control.otherwise:
        return Row(part.control.otherwise)
    return part


def _with_mentions_that_stand(card: Json) -> Json:
    """Without those whose words were cut: Teams refuses a mention that is not in the text."""
    entities = card["msteams"].pop("entities", ())
    written = str(card)
    stand = [each for each in entities if each["text"] in written]
    return {**card, "msteams": {**card["msteams"], **({"entities": stand} if stand else {})}}
