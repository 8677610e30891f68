"""Reads YAML into plain containers in which every word keeps its line. Knows nothing of policies.

Aliases, tags and deep nesting are refused before anything is built: a policy file has no use for them, and a
small file could otherwise grow without bounds. Words stay words: ``off`` and ``012345678901`` are not turned
into false and an octal number, because only the reader of a key knows what its value means.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from core.domain.errors import InvalidPolicies, Problem

LARGEST_FILE = 1024 * 1024
DEEPEST = 10
_UNSEEN = re.compile(r"[\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]|\r(?!\n)")
"""Line breaks to YAML that editors and diffs do not show as such, and signs that turn the order in which a line is
shown: behind them a rule could hide in a comment from whoever reviews the file."""
_NULL = "tag:yaml.org,2002:null"
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it was written. ``plain``: without quotes, so that it may stand for a number or a switch."""

    text: str
    line: int
    plain: bool = False


Tree: TypeAlias = "Scalar | list[Tree] | dict[str, Tree] | None"
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class LineNumbers:
    """The line on which each key and each item of a list begins."""

    by_path: Mapping[Path, int]

    def at(self, path: Path) -> int:
        """The 1-based line of a place, or of the nearest place around it that is there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.by_path:
                return self.by_path[path[:length]]
        return 1


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mapping with its lines, and the keys that were given twice (the first one counts)."""

    root: dict[str, Tree]
    lines: LineNumbers
    problems: tuple[Problem, ...]


def parse(text: str) -> Parsed:
    """Read one YAML document that is a mapping; InvalidPolicies when there is no such thing to read."""
    _refuse_large(text)
    _refuse_unseen(text)
    try:
        forbidden = list(_forbidden(text))
        node = None if forbidden else yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise InvalidPolicies([_unreadable(error, text)]) from error
    if forbidden:
        raise InvalidPolicies(forbidden)
    if not isinstance(node, yaml.MappingNode):
        raise InvalidPolicies([Problem(1, "a policy file begins with `version: 1`, followed by its sections")])
    builder = _Builder()
    root = builder.mapping(node, ())
    return Parsed(root, LineNumbers(builder.lines), tuple(builder.problems))


def _refuse_large(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InvalidPolicies([Problem(line, "there is a character here that is no text")]) from error
    if size > LARGEST_FILE:
        raise InvalidPolicies([Problem(0, "the file is larger than 1 MiB")])


def _refuse_unseen(text: str) -> None:
    found = _UNSEEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        sign = f"U+{ord(found[0]):04X}"
        raise InvalidPolicies([Problem(line, f"there is a character here that no editor shows ({sign}): delete it")])


def _forbidden(text: str) -> Iterator[Problem]:
    """Look at the events of the parser, which need no more memory than the text, before building anything."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            yield Problem(line, "aliases (`*name`) are not allowed: write the value out")
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            yield Problem(line, "tags (`!name`) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            yield Problem(line, "this is nested too deeply")
            return


def _unreadable(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        last = len(text.splitlines())  # what is never closed is noticed behind the end
        return Problem(min(error.problem_mark.line + 1, last), f"this is not YAML: {error.problem}")
    position = getattr(error, "position", None)
    if isinstance(position, int):
        encoded = text.encode()[:position]  # libyaml counts bytes
        return Problem(encoded.count(b"\n") + 1, "there is a character here that YAML does not allow")
    return Problem(0, "this is not YAML")


class _Builder:
    """Turns nodes into containers, and collects the line of every place on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Tree]:
        built: dict[str, Tree] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(line, "a key must be a single word"))
            elif key.value in built:
                first = self.lines[(*path, key.value)]
                self.problems.append(Problem(line, f"`{key.value}` stands here a second time, after line {first}"))
            else:
                self.lines[(*path, key.value)] = line
                built[key.value] = self.build(value, (*path, key.value))
        return built

    def build(self, node: yaml.Node, path: Path) -> Tree:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.lines[(*path, index)] = item.start_mark.line + 1
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag == _NULL:
            return None
        return Scalar(node.value, node.start_mark.line + 1, plain=isinstance(node, yaml.ScalarNode) and not node.style)
