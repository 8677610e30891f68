"""The people and channels that a screen or a message names, for a platform that has to look up what they are called."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from handlers.screens.inputs import Channels
from handlers.screens.spans import NOTHING, ChannelRef, PersonRef


def references(found: object) -> Iterator[PersonRef | ChannelRef]:
    """The people named anywhere in what is said."""
    if isinstance(found, PersonRef | ChannelRef):
        yield found
    if isinstance(found, Channels):
        yield from (ChannelRef(each, NOTHING) for each in found.chosen)
    if isinstance(found, tuple | list):
        for each in found:
            yield from references(each)
    elif is_dataclass(found):
        for field in fields(found):
            yield from references(getattr(found, field.name))
