"""The outside party that a piece of work waits for now: told to whoever waits for the work, when that takes long.

Adapters say when they ask and when they are answered; whoever wants to know watches. It goes along with the context of
a task, so that work in the background tells whoever began it.
"""

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

from core.domain.errors import Side


class Pending:
    """Sides that were asked and have not answered."""

    def __init__(self) -> None:
        self._asked: dict[int, Side] = {}
        self._numbers = count()
        self._abandoned: Side | None = None

    @property
    def side(self) -> Side | None:
        """The one that was asked first, or that was waited for when the work was given up; None for nobody."""
        return next(iter(self._asked.values()), self._abandoned)

    @contextmanager
    def asked(self, side: Side) -> Iterator[None]:
        number = next(self._numbers)
        self._asked[number] = side
        try:
            yield
        except CancelledError:
            self._abandoned = self._abandoned or side
            raise
        finally:
            del self._asked[number]


_watched: ContextVar[Pending | None] = ContextVar("pending", default=None)


@contextmanager
def watching() -> Iterator[Pending]:
    """Know what all work that begins in here waits for, for as long as that work takes."""
    pending = Pending()
    token = _watched.set(pending)
    try:
        yield pending
    finally:
        _watched.reset(token)


@contextmanager
def waiting_for(side: Side) -> Iterator[None]:
    """Say that an answer of this side is waited for in here. Costs nothing when nobody watches."""
    pending = _watched.get()
    if pending is None:
        yield
        return
    with pending.asked(side):
        yield
