"""Problems of an Adaptive Card in Teams: unknown elements, properties and values, and inputs that nobody can name.

The elements are those of Microsoft's own models of cards, which by themselves let everything unknown pass.
"""

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from microsoft_teams.cards import core
from pydantic import BaseModel, ValidationError

from infra.sandbox.local_teams.model import Json

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
_MODELS: Mapping[str, type[BaseModel]] = {
    model.model_fields["type"].default: model
    for _, model in inspect.getmembers(core, inspect.isclass)
    if issubclass(model, BaseModel) and isinstance(getattr(model.model_fields.get("type"), "default", None), str)
}
_UNTYPED: Mapping[tuple[str, str], type[BaseModel]] = {
    ("AdaptiveCard", "refresh"): core.RefreshDefinition,
    ("AdaptiveCard", "msteams"): core.TeamsCardProperties,
    ("AdaptiveCard", "metadata"): core.CardMetadata,
    ("mention", "mentioned"): core.MentionedEntity,
    ("FactSet", "facts"): core.Fact,
    ("Input.ChoiceSet", "choices"): core.Choice,
    ("ColumnSet", "columns"): core.Column,
    ("Table", "columns"): core.ColumnDefinition,
    ("Table", "rows"): core.TableRow,
    ("TableRow", "cells"): core.TableCell,
    ("Action.ToggleVisibility", "targetElements"): core.TargetElement,
    ("Action.Submit", "msteams"): core.TeamsSubmitActionProperties,
}
"""Objects that say no type, by what they are in: the element and the property."""
_ALSO_KNOWN = {("AdaptiveCard", "$schema"), ("msteams", "width")}
"""Properties that Microsoft's models forget."""
_FREE = ("data", "requires", "fallback")
"""Properties that hold anything, or an element that is shown only where another is not known."""


def problems(card: Json) -> list[str]:
    """A line for each, with its place in the card; none where Teams takes the whole of it."""
    found = [*_element(card, "", None)]
    if str(card.get("version", "")) not in VERSIONS:
        found.append(f"version is {card.get('version')!r}: {VERSIONS[-1]} is the newest that Teams knows")
    inputs = Counter(each for each in _input_ids(card))
    found += [f"{count} inputs have the id {name!r}" for name, count in inputs.items() if count > 1]
    return found


def _element(element: Json, place: str, model: type[BaseModel] | None) -> Iterator[str]:
    """An object of the card and all in it."""
    kind = element.get("type")
    known = _MODELS.get(kind) if isinstance(kind, str) else None
    known = known or (model if kind is None else None)
    if known is None:
        yield f"{place or 'card'}: {kind!r} is no element that Teams knows"
        return
    name = kind or place.rpartition(".")[2].partition("[")[0]
    names = {str(field.validation_alias or field.alias or own) for own, field in known.model_fields.items()}
    for key in element:
        if key not in names and (name, key) not in _ALSO_KNOWN:
            yield f"{place or 'card'}: {name} has no property {key!r}"
    yield from _values({key: value for key, value in element.items() if (name, key) not in _ALSO_KNOWN}, place, known)
    if str(name).startswith("Input.") and not element.get("id"):
        yield f"{place}: {name} has no id, so nobody reads it"
    for key, value in element.items():
        if key not in _FREE:
            yield from _inside(value, f"{place}.{key}".lstrip("."), _UNTYPED.get((str(name), key)))


def _inside(value: Any, place: str, model: type[BaseModel] | None) -> Iterator[str]:
    if isinstance(value, dict) and ("type" in value or model):
        yield from _element(value, place, model)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _inside(each, f"{place}[{number}]", model)


def _values(element: Json, place: str, model: type[BaseModel]) -> Iterator[str]:
    """Values of the element's own: what is inside of it is looked at by itself."""
    own = {key: value for key, value in element.items() if not _holds_objects(value)}
    try:
        model.model_validate(own)
    except ValidationError as refused:
        for error in refused.errors():
            where = ".".join(str(each) for each in error["loc"][:1])
            if error["type"] != "missing" or where not in element:
                yield f"{place or 'card'}: {where}: {error['msg']}"


def _holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict) for each in value))


def _input_ids(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from _input_ids(each)
    elif isinstance(content, dict):
        if str(content.get("type", "")).startswith("Input.") and content.get("id"):
            yield str(content["id"])
        for key, value in content.items():
            if key not in _FREE:
                yield from _input_ids(value)
