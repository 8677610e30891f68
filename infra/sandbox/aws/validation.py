"""Holds the arguments of a call against the service's own model, as AWS does before it looks at them.

The SDK checks presence, types and minimum lengths before it sends; patterns, enumerations and maxima are checked
by the service alone, so this is where a wrong id is found out.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from botocore.model import ListShape, OperationNotFoundError, ServiceModel, Shape, StringShape, StructureShape
from botocore.session import get_session

from . import refusals
from .wire import Call


class Problem(NamedTuple):
    #: The word that Organizations has for it.
    reason: str
    path: str
    constraint: str


def check(call: Call) -> None:
    """Raises the service's validation error, naming every argument that its model does not allow."""
    try:
        shape = _model(call.service).operation_model(call.operation).input_shape
    except OperationNotFoundError:
        raise refusals.unknown_operation(call.service, call.operation) from None
    arguments = _typed(shape, call.arguments) if call.query and shape else call.arguments
    problems = list(_problems(shape, arguments, "")) if shape else []
    if problems:
        told = "; ".join(f"Value at '{p.path}' failed to satisfy constraint: {p.constraint}" for p in problems)
        raise refusals.invalid(
            call.service,
            f"{len(problems)} validation error{'s'[: len(problems) > 1]} detected: {told}",
            problems[0].reason,
        )


def _typed(shape: StructureShape, form: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form has nothing but text: its numbers are read as such."""
    numbers = {name for name, member in shape.members.items() if member.type_name == "integer"}
    return {name: int(value) if name in numbers and value.isdigit() else value for name, value in form.items()}


@cache
def _model(service: str) -> ServiceModel:
    return get_session().get_service_model(service)


def _problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _in_list(shape, value, path)
    elif isinstance(shape, StringShape):
        yield from _in_string(shape, value, path)
    elif shape.type_name == "integer":
        yield from _in_number(shape, value, path)


def _in_structure(shape: StructureShape, value: Any, path: str) -> Iterator[Problem]:
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, Mapping):
        yield Problem("INVALID_SYNTAX", path, "Member must be a structure")
        return
    for name, member in shape.members.items():
        where = f"{path}.{name}".lstrip(".")
        if value.get(name) is not None:
            yield from _problems(member, value[name], where)
        elif name in shape.required_members:
            yield Problem("INPUT_REQUIRED", where, "Member must not be null")


def _in_list(shape: ListShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem("INVALID_SYNTAX", path, "Member must be a list")
        return
    yield from _bounds(shape, len(value), path, "MAX_LENGTH_EXCEEDED", "Member must have length")
    for index, item in enumerate(value):
        yield from _problems(shape.member, item, f"{path}.{index + 1}.member")


def _in_string(shape: StringShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem("INVALID_SYNTAX", path, "Member must be a string")
        return
    yield from _bounds(shape, len(value), path, "MAX_LENGTH_EXCEEDED", "Member must have length")
    pattern = str(shape.metadata.get("pattern", ""))
    compiled = _compiled(pattern)
    if compiled and not compiled.fullmatch(value):
        yield Problem("INVALID_PATTERN", path, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        yield Problem("INVALID_ENUM", path, f"Member must satisfy enum value set: {list(shape.enum)}")


def _in_number(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem("INVALID_SYNTAX", path, "Member must be a number")
        return
    yield from _bounds(shape, value, path, "MAX_VALUE_EXCEEDED", "Member must have value")


def _bounds(shape: Shape, measure: int, path: str, reason: str, what: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and measure > most:
        yield Problem(reason, path, f"{what} less than or equal to {most}")
    if least is not None and measure < least:
        yield Problem(reason.replace("MAX", "MIN"), path, f"{what} greater than or equal to {least}")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""None for no pattern, and for those that Python has no words for (`\p{L}`, ranges of surrogates)."""
    if not pattern:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
