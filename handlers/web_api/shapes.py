"""The shape of JSON that a platform sends: looked at once, before anybody reads a field of it.

A field that is named in a shape and holds something else than the platform documents turns the whole away, so that
nobody who reads a field has to ask what it is. Fields that are not named are not read.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

Shape: TypeAlias = Callable[[object], bool]


def is_text(found: object) -> bool:
    """Text that can be stored: PostgreSQL takes no NUL, and nothing takes half of a surrogate pair."""
    return isinstance(found, str) and "\0" not in found and not any("\ud800" <= sign <= "\udfff" for sign in found)


def list_of(shape: Shape) -> Shape:
    return lambda found: isinstance(found, list) and all(map(shape, found))


def mapping_of(shape: Shape) -> Shape:
    """An object with fields of any name."""
    return lambda found: isinstance(found, dict) and all(map(is_text, found)) and all(map(shape, found.values()))


def fields(*needed: str, **shapes: Shape) -> Shape:
    """An object: ``needed`` are there, and each one named is of its shape, null or absent. Others may be anything."""

    def is_so(found: object) -> bool:
        if not isinstance(found, dict) or not has(found, *needed):
            return False
        return all(found.get(name) is None or shape(found[name]) for name, shape in shapes.items())

    return is_so


def has(body: Mapping[str, object], *names: str) -> bool:
    return all(body.get(name) for name in names)


def is_stored_whole(found: object) -> bool:
    """Any JSON whose texts can all be stored."""
    if isinstance(found, str):
        return is_text(found)
    if isinstance(found, dict):
        return all(map(is_text, found)) and all(map(is_stored_whole, found.values()))
    return all(map(is_stored_whole, found)) if isinstance(found, list) else True
