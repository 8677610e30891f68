"""Names that several things share: whoever reads one must know which of them is meant."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

Id = TypeVar("Id", bound=str)


def composed(name: str) -> str:
    """The same letters written in one way: an ``é`` is one character, however it was typed (Unicode, NFC)."""
    return unicodedata.normalize("NFC", name)


def told_apart(names: Mapping[Id, str]) -> Mapping[Id, str]:
    """Each name, with the id behind it where another has that name too. Names that look alike are the same."""
    shared = Counter(map(_looks, names.values()))
    return {each: with_id(name, each) if shared[_looks(name)] > 1 else name for each, name in names.items()}


def with_id(name: str, its_id: str) -> str:
    return f"{name} ({its_id})"


def without_id(label: str, its_id: str) -> str:
    """The name alone, of what ``told_apart`` made."""
    return label.removesuffix(f" ({its_id})")


def _looks(name: str) -> str:
    """Without regard to case, composition and spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
