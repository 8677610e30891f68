"""One AWS service: its client, called in its turn, off the event loop, its errors translated."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar, cast

from core.adapters.aws.budget import Budget, Priority
from core.adapters.aws.errors import SDK_ERRORS, is_throttling, upstream_error
from core.domain.errors import Side, UpstreamBusy
from core.ports import waiting_for

C = TypeVar("C")
P = ParamSpec("P")
R = TypeVar("R")
Page = TypeVar("Page", bound=Mapping[str, object])


@dataclass(frozen=True, slots=True)
class Patience:
    """The retries of one call while AWS is busy. After the last one the caller has to try again later.

    ``first_pause`` seconds pass before the second attempt, and twice as many before each further one. None is begun
    after ``longest`` seconds: an answer that timed out is not waited for again and again by whoever holds a lease.
    """

    attempts: int = 4
    first_pause: float = 0.25
    longest: float = 8


ONE_ATTEMPT = Patience(attempts=1)
"""For changes: whoever asks for one looks before asking again."""


ObserveAws = Callable[[str, str, int], None]
"""Told of every attempt: AWS's name of the operation, ``ok``, ``throttled`` or what the failure means, and which
attempt of that call it was, from 1."""


def unobserved(operation: str, outcome: str, attempt: int) -> None:
    """Nobody counts."""


class Service(Generic[C]):
    """Calls methods of one client.

    ``changing`` says that the calls change something, so that a lost answer is told apart from a refusal.
    """

    def __init__(
        self,
        client: C,
        pool: Executor,
        budget: Budget,
        patience: Patience,
        *,
        changing: bool = False,
        observe: ObserveAws = unobserved,
    ) -> None:
        self.client = client
        self._pool = pool
        self._budget = budget
        self._patience = patience
        self._changing = changing
        self._observe = observe

    async def call(self, priority: Priority, method: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a method of the client. Raises ``UpstreamBusy``, ``AnswerLost`` or ``UpstreamRefused``.

        A waiter that is cancelled in the queue has not called. One that is cancelled later has: the call goes
        on in its thread, and keeps its place until it ends.
        """
        with waiting_for(Side.AWS):
            return await self._patiently(priority, partial(method, *args, **kwargs), _operation(method))

    async def _patiently(self, priority: Priority, ask: Callable[[], R], operation: str) -> R:
        loop, patience = asyncio.get_running_loop(), self._patience
        give_up_at = loop.time() + patience.longest
        pause, attempt = patience.first_pause, 1
        while True:
            try:
                return await self._once(priority, ask, operation, attempt)
            except UpstreamBusy:
                if attempt >= patience.attempts or loop.time() + pause > give_up_at:
                    raise
            await asyncio.sleep(pause)
            pause, attempt = pause * 2, attempt + 1

    async def pages(self, priority: Priority, method: Callable[..., Page], **kwargs: Any) -> AsyncIterator[Page]:
        """Every page of a List operation."""
        token = None
        while True:
            page = await self.call(priority, method, **kwargs, **({"NextToken": token} if token else {}))
            yield page
            token = cast("str | None", page.get("NextToken"))
            if not token:
                return

    async def _once(self, priority: Priority, ask: Callable[[], R], operation: str, attempt: int) -> R:
        await self._budget.enter(priority)
        try:
            answer = await asyncio.shield(self._start(ask))
        except SDK_ERRORS as error:
            meaning = upstream_error(error, operation, changing=self._changing)
            outcome = type(meaning).__name__
            if is_throttling(error):
                self._budget.rest()
                outcome = "throttled"
            self._observe(operation, outcome, attempt)
            raise meaning from error
        self._observe(operation, "ok", attempt)
        return answer

    def _start(self, call: Callable[[], R]) -> asyncio.Future[R]:
        """Hand over to a thread; the place is free again when that thread is, whoever still waits for it."""
        try:
            running = asyncio.get_running_loop().run_in_executor(self._pool, call)
        except RuntimeError as closed:
            self._budget.leave()
            raise UpstreamBusy("the connection to AWS is closed", side=Side.AWS) from closed
        running.add_done_callback(self._end)
        return running

    def _end(self, call: asyncio.Future[R]) -> None:
        """Free its place, and take what it failed with: nobody may be waiting for that any more."""
        self._budget.leave()
        if not call.cancelled():
            call.exception()


def _operation(method: Callable[..., object]) -> str:
    """The name AWS has for it: ``list_account_assignments`` is ListAccountAssignments."""
    return "".join(word.capitalize() for word in getattr(method, "__name__", "call").split("_"))
