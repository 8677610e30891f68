"""The small language in which Block Kit's limits are written down, with Slack's words for each breach."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from infra.sandbox.slack.model import Json

Surface = Literal["message", "modal", "home"]


@dataclass
class Verdict:
    """Collects what is wrong with a payload meant for one surface."""

    surface: Surface
    problems: list[str] = field(default_factory=list)

    def say(self, problem: str, at: str) -> None:
        self.problems.append(f"{problem} [json-pointer:{at}]")


class Rule(Protocol):
    def check(self, value: Any, at: str, verdict: Verdict) -> None: ...


@dataclass(frozen=True)
class String:
    longest: int
    shortest: int = 1
    pattern: str = ""

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, str):
            verdict.say("must be a string", at)
        elif len(value) > self.longest:
            verdict.say(f"must be less than {self.longest + 1} characters", at)
        elif len(value) < self.shortest:
            verdict.say(f"must be more than {self.shortest - 1} characters", at)
        elif self.pattern and not re.fullmatch(self.pattern, value):
            verdict.say("invalid format", at)


@dataclass(frozen=True)
class Flag:
    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, bool):
            verdict.say("must be a boolean", at)


@dataclass(frozen=True)
class Number:
    least: int
    most: int

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            verdict.say("must be a number", at)
        elif value < self.least:
            verdict.say(f"must be greater than {self.least - 1}", at)
        elif value > self.most:
            verdict.say(f"must be less than {self.most + 1}", at)


@dataclass(frozen=True)
class Choice:
    values: tuple[str, ...]

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if value not in self.values:
            verdict.say("must be a valid enum value", at)


@dataclass(frozen=True)
class Anything:
    """A field whose content this workspace doesn't judge."""

    def check(self, value: Any, at: str, verdict: Verdict) -> None: ...


@dataclass(frozen=True)
class Items:
    of: Rule
    most: int
    least: int = 1

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, list):
            verdict.say("must provide an array", at)
            return
        if len(value) > self.most:
            verdict.say(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            verdict.say(f"no fewer than {self.least} items allowed", at)
        for index, each in enumerate(value):
            self.of.check(each, f"{at}/{index}", verdict)


#: A rule about several fields at once.
Together = Callable[[Json, str, Verdict], None]


@dataclass(frozen=True)
class Record:
    """An object: the fields it must have, those it may, and nothing else."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)
    together: tuple[Together, ...] = ()

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, dict):
            verdict.say("must provide an object", at)
            return
        for name in self.required:
            if value.get(name) is None:
                verdict.say(f"missing required field: {name}", at)
        for name, content in value.items():
            self._check_field(name, content, at, verdict)
        for rule in self.together:
            rule(value, at, verdict)

    def _check_field(self, name: str, content: Any, at: str, verdict: Verdict) -> None:
        rule = self.required.get(name) or self.optional.get(name)
        if rule is None:
            verdict.say(f"invalid additional property: {name}", at)
        elif content is not None:
            rule.check(content, f"{at}/{name}", verdict)


@dataclass(frozen=True)
class Typed:
    """An object whose `type` says which record it must be; some types stand on some surfaces only."""

    kinds: Mapping[str, Rule]
    only_on: Mapping[str, frozenset[Surface]] = field(default_factory=dict)

    def check(self, value: Any, at: str, verdict: Verdict) -> None:
        if not isinstance(value, dict):
            verdict.say("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            verdict.say("missing required field: type", at)
        elif kind not in self.kinds or verdict.surface not in self.only_on.get(kind, {verdict.surface}):
            verdict.say(f"unsupported type: {kind}", f"{at}/type")
        else:
            rest = {name: content for name, content in value.items() if name != "type"}
            self.kinds[kind].check(rest, at, verdict)


def one_of(*names: str) -> Together:
    """Exactly one of these fields."""

    def check(value: Json, at: str, verdict: Verdict) -> None:
        present = [name for name in names if value.get(name) is not None]
        if len(present) != 1:
            listed = " or ".join(f"`{name}`" for name in names)
            verdict.say(f"must define either {listed}", at)

    return check


def any_of(*names: str) -> Together:
    """At least one of these fields."""

    def check(value: Json, at: str, verdict: Verdict) -> None:
        if not any(value.get(name) for name in names):
            listed = " or ".join(f"`{name}`" for name in names)
            verdict.say(f"must define either {listed}", at)

    return check
