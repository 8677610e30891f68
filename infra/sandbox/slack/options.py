"""A menu opened: what it offers, and which of it a person means."""

from collections.abc import Sequence

from infra.sandbox.slack.finding import Control
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.model import Json, Message, User, View
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.slack.workspace import Workspace


class Menus:
    """Opens the menus of one person."""

    def __init__(self, workspace: Workspace, interactions: Interactions, user: User, renderer: TextRenderer) -> None:
        self._workspace = workspace
        self._interactions = interactions
        self._user = user
        self._renderer = renderer

    async def offered(self, place: View | Message, control: Control, query: str) -> list[Json]:
        """The options shown once this was typed; a type-ahead asks the app only from its least length on."""
        kind = control.element["type"].removeprefix("multi_")
        if kind == "external_select":
            if len(query) < control.element.get("min_query_length", 3):
                return []
            said = await self._interactions.suggest(self._user, place, control.block, control.element, query)
            return _flat(said)
        named = self._named(kind) if kind in _BY_NAME else _flat(control.element)
        wanted = query.casefold()
        return [each for each in named if wanted in self.words(each).casefold()]

    async def find(self, place: View | Message, control: Control, words: str, query: str | None) -> Json | None:
        """Looks at the open menu first, then types the words; with a query given, types only that."""
        for typed in [query] if query is not None else ["", words]:
            found = self.meant(await self.offered(place, control, typed), words)
            if found is not None:
                return found
        return None

    def meant(self, options: Sequence[Json], words: str) -> Json | None:
        """The option with exactly these words, else one that begins with them, else one that has them."""
        wanted = words.casefold()
        said = [(self.words(each).casefold(), each) for each in options]
        for matches in (wanted.__eq__, lambda text: text.startswith(wanted), lambda text: wanted in text):
            for text, option in said:
                if matches(text):
                    return option
        return None

    def words(self, option: Json) -> str:
        return self._renderer.text(option["text"])

    def _named(self, kind: str) -> list[Json]:
        if kind == "users_select":
            people = self._workspace.users.values()
            return [_option(each.id, each.real_name) for each in people if not each.deleted]
        channels = self._workspace.visible_channels(self._user.id)
        return [_option(each.id, each.name) for each in channels if each.kind in ("public", "private")]


_BY_NAME = ("users_select", "conversations_select", "channels_select")


def value_of(control: Control, option: Json) -> str | Json:
    """The element's value for an option: people and channels by id, the rest as it was offered."""
    kind = control.element["type"].removeprefix("multi_")
    return str(option["value"]) if kind in _BY_NAME else option


def _option(value: str, text: str) -> Json:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _flat(source: Json) -> list[Json]:
    options = list(source.get("options") or ())
    for group in source.get("option_groups") or ():
        options += group["options"]
    return options
