"""A step of a history: a name and plain facts, drawn from what each fact may be, and done by the function of that name.

Facts are plain values, so that a history can be printed, sent, cut and played again; the first value that a fact may
have is its simplest, which shrinking tries.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.model.run import Run

Value = str | int | float | bool


@dataclass(frozen=True)
class Step:
    name: str
    facts: Mapping[str, Value]
    pause: float = 1.0
    """Seconds until the next step."""

    async def do(self, run: "Run") -> None:
        await KINDS[self.name].do(run, **self.facts)

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.name}({given})" + (f" pause {self.pause:g}" if self.pause != 1 else "")


@dataclass(frozen=True, eq=False)
class Kind:
    """``weight``: how often it is drawn, compared with others. 0: it is drawn apart from them."""

    name: str
    do: Callable[..., Awaitable[None]]
    choices: Mapping[str, tuple[Value, ...]]
    weight: float

    def draw(
        self,
        chance: Random,
        pauses: tuple[float, ...],
        narrowed: Mapping[str, tuple[Value, ...]] = MappingProxyType({}),
    ) -> Step:
        """``narrowed``: the values that some facts have, where not all are of interest."""
        facts = {name: chance.choice(narrowed.get(name, values)) for name, values in self.choices.items()}
        return Step(self.name, facts, chance.choice(pauses))


KINDS: dict[str, Kind] = {}


class _Declare:
    """``@step(weight)`` makes a function a kind of step; ``step.of(values)`` says what a fact of it may be."""

    def __call__(self, weight: float) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
        def declare(do: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
            choices = {name: each.default.values for name, each in signature(do).parameters.items() if name != "run"}
            KINDS[do.__name__] = Kind(do.__name__, do, choices, weight)
            return do

        return declare

    @staticmethod
    def of(values: tuple[Any, ...]) -> Any:
        return _Choice(values)


@dataclass(frozen=True)
class _Choice:
    values: tuple[Value, ...]


step = _Declare()
