"""The calls of an act to the database and to everything outside, in order: two that look alike take the same time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.services.world import World


class Watched:
    """Something outside of the program, with every call to it noted."""

    def __init__(self, name: str, real: Any, note: Callable[[str], None]) -> None:
        self._name = name
        self._real = real
        self._note = note

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name.startswith("_"):
            return found

        def call(*given: Any, **named: Any) -> Any:
            asked = {key: value for key, value in named.items() if key != "since"}  # a moment is never the same twice
            self._note(f"{self._name}.{name} {given} {asked}")
            return found(*given, **named)

        return call


class Traces:
    """Put into a world: it is started anew with everything outside of it watched."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._noted: list[str] = []
        for name in ("principals", "chat", "cloud", "messenger", "reader"):
            setattr(world, name, Watched(name, getattr(world, name), self._noted.append))
        world.start()

    @contextmanager
    def of(self) -> Iterator[list[str]]:
        """The calls made while this is open; the list is full when it closes."""

        def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            self._noted.append(text)

        engine = self._world.database.engine.sync_engine
        self._noted.clear()
        found: list[str] = []
        event.listen(engine, "before_cursor_execute", statement)
        try:
            yield found
        finally:
            event.remove(engine, "before_cursor_execute", statement)
            found.extend(self._noted)
