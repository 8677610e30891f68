"""The boundary around every press, form and typed command: each runs in the background, and its failure is told.

Bolt loses the acknowledgement of a listener that raises, says nothing of a lazy one that does, and waits for
neither at shutdown (docs/adr/0013). So nothing that a listener does is done by Bolt: it acknowledges, and
hands the work to our own background, which is drained.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

import structlog

from core.domain.errors import AccessError, Side, UpstreamBusy
from core.ports import Background, watching
from handlers.flows.answers import Closed, FieldErrors, FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ANSWER_WITHIN, AnswerDeadline
from handlers.flows.pace import Pace
from handlers.flows.pace import PaceKind as Pacing
from handlers.flows.platform import FormSubmission, Sender
from handlers.screens.parts import row
from handlers.screens.screen import note
from handlers.screens.spans import Untrusted
from handlers.words import sentences

INCIDENT = "incident"
_OUTCOMES: Mapping[type[FormAnswer], str] = {FieldErrors: "errors", NextScreen: "update", Closed: "ok"}
FORM_WITHIN = ANSWER_WITHIN + 0.1
"""Seconds, a moment after the deadlines of the forms themselves, which have more to say."""

log = structlog.get_logger()


class InteractionCounter(Protocol):
    """Counts interactions by kind and outcome, with the seconds that each took; None for what was not begun."""

    def __call__(self, kind: str, outcome: str, seconds: float | None) -> None: ...


class Replies(Protocol):
    """Private answers."""

    async def privately(self, sender: Any, text: str) -> None: ...


class Boundary:
    """The only place in front of a platform that catches everything."""

    def __init__(
        self, background: Background, answers: Replies, count: InteractionCounter, pace: Pace | None = None
    ) -> None:
        self._background = background
        self._answers = answers
        self._count = count
        self.pace = pace or Pace()

    def take(self, kind: str, sender: Sender, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None] | None":
        """Start what has been acknowledged. Whatever goes wrong is told to the sender; too much at once, too.

        Returns what was started, for whoever has an answer that it belongs in.
        """
        if self._admits(kind, sender, Pacing.ACTING, work):
            return self.go_on(kind, sender, work)
        if kind != "home" and self.pace.admits(sender.chat_user, Pacing.BEING_TOLD):
            return self._background.start(self._answers.privately(sender, sentences.TOO_FAST), kind)
        return None

    def go_on(self, kind: str, sender: Sender, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Start what belongs to something that was let in."""
        return self._background.start(self._guard(kind, sender, work), kind)

    async def in_time(self, kind: str, sender: Sender, work: Coroutine[Any, Any, Any], otherwise: Any) -> Any:
        """For answers that the platform waits for: ``otherwise`` when it takes too long or cannot be had."""
        if not self._admits(kind, sender, Pacing.TYPING, work):
            return otherwise
        tell = self._timed(kind)
        try:
            answer = await AnswerDeadline().wait(work)
        except TimeoutError:
            tell("late")
            return otherwise
        except AccessError as error:
            tell(type(error).__name__)
            return otherwise
        except Exception as error:  # noqa: BLE001 - the boundary
            tell(INCIDENT)
            self._incident(kind, sender, error)
            return otherwise
        tell("ok")
        return answer

    async def answer(self, kind: str, submission: FormSubmission, work: Coroutine[Any, Any, FormAnswer]) -> FormAnswer:
        """Answer a form, in time whatever it waits for.

        What goes wrong is shown on its first input, so that nothing that was typed is lost.
        """
        if not self._admits(kind, submission.sender, Pacing.ACTING, work):
            return _on_first_input(submission, sentences.TOO_FAST)
        tell = self._timed(kind)
        try:
            answer = await _in_time(work)
        except AccessError as error:
            tell(type(error).__name__)
            return _on_first_input(submission, sentences.error(error))
        except Exception as error:  # noqa: BLE001 - the boundary
            tell(INCIDENT)
            incident = self._incident(kind, submission.sender, error)
            return _on_first_input(submission, sentences.incident(incident))
        tell(_OUTCOMES[type(answer)])
        return answer

    async def or_explain(
        self, kind: str, sender: Sender, work: Awaitable[None], explain: Callable[[str], Awaitable[None]]
    ) -> None:
        """Work whose failure is shown on the screen that it belongs to."""
        tell = self._timed(kind)
        try:
            await work
        except AccessError as error:
            tell(type(error).__name__)
            await explain(sentences.error(error))
        except Exception as error:  # noqa: BLE001 - the boundary
            tell(INCIDENT)
            await explain(sentences.incident(self._incident(kind, sender, error)))
        else:
            tell("ok")

    def _timed(self, kind: str) -> Callable[[str], None]:
        """Begin to measure; to be called with the outcome."""
        begun = time.monotonic()
        return lambda outcome: self._count(kind, outcome, time.monotonic() - begun)

    def _admits(self, kind: str, sender: Sender, pacing: Pacing, work: Coroutine[Any, Any, Any]) -> bool:
        admitted = self.pace.admits(sender.chat_user, pacing)
        if not admitted:
            self._count(kind, "too_fast", None)
            work.close()
        return admitted

    async def _guard(self, kind: str, sender: Sender, work: Awaitable[None]) -> None:
        async def explain(sentence: str) -> None:
            await self._answers.privately(sender, sentence)

        await self.or_explain(kind, sender, work, explain)

    def _incident(self, kind: str, sender: Sender, error: Exception) -> str:
        incident = secrets.token_hex(4)
        log.error("unexpected failure", incident=incident, kind=kind, user=sender.chat_user.user, exc_info=error)
        return incident


async def _in_time(work: Coroutine[Any, Any, FormAnswer]) -> FormAnswer:
    """UpstreamBusy, of whoever has not answered, when it takes longer than a platform waits."""
    with watching() as pending:
        try:
            return await AnswerDeadline(FORM_WITHIN).wait(work)
        except TimeoutError:
            raise UpstreamBusy("It took too long.", side=pending.side or Side.BOT) from None


def _on_first_input(submission: FormSubmission, sentence: str) -> FormAnswer:
    """A form without inputs becomes what there is to say: closed without a word it would look as if all were well."""
    inputs = submission.filled.inputs
    return wrong(inputs[0], sentence) if inputs else NextScreen(note("TEAM Bot", [row("⛔ ", Untrusted(sentence))]))
