"""Questions that take a while: begun, looked at, stopped. The same for the three services that have them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import uuid4

from infra.sandbox.aws.conduct import Conduct
from infra.sandbox.aws.faults import FaultKind, Faults
from infra.sandbox.aws.wire import Call

Row = Mapping[str, str | None]


class End(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


_ENDS = {FaultKind.FAILED: End.FAILED, FaultKind.CANCELLED: End.CANCELLED, FaultKind.TIMED_OUT: End.TIMED_OUT}


@dataclass(slots=True)
class Question:
    text: str
    ends: End
    reason: str
    scanned: int
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    id: str = field(default_factory=lambda: str(uuid4()))
    begun_at: float = field(default_factory=time.monotonic)
    lasts: float = 0.0
    is_stopped: bool = False

    @property
    def state(self) -> End:
        if self.is_stopped:
            return End.CANCELLED
        return self.ends if time.monotonic() - self.begun_at >= self.lasts else End.RUNNING


@dataclass(frozen=True, slots=True)
class Answered:
    """The result of a query: its rows, or the reason why it fails."""

    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    failure: str = ""


class Questions:
    """Those of one service, by id."""

    def __init__(self, conduct: Conduct, faults: Faults) -> None:
        self._conduct = conduct
        self._faults = faults
        self._asked: dict[str, Question] = {}

    def begin(self, call: Call, text: str, answered: Answered, scanned: int) -> Question:
        """It ends as it must, unless it has been told to end otherwise."""
        fault = self._faults.take_end(call)
        ends = _ENDS[fault.kind] if fault else (End.FAILED if answered.failure else End.DONE)
        question = Question(
            text,
            ends,
            fault.reason if fault else answered.failure,
            scanned if self._conduct.query_bytes is None else self._conduct.query_bytes,
            answered.columns,
            answered.rows,
            lasts=self._conduct.query_seconds,
        )
        self._asked[question.id] = question
        return question

    def find(self, question_id: str) -> Question | None:
        return self._asked.get(question_id)

    def all(self) -> list[Question]:
        return list(self._asked.values())
