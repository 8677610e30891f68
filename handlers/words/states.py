"""Names of the states, with their marks. The word alone must be enough: the mark only helps the eye."""

from dataclasses import dataclass

from core.domain.approval import Verdict
from core.domain.request import LeftBehind, Request, Status


@dataclass(frozen=True, slots=True)
class State:
    """A status as people see it."""

    mark: str
    word: str

    def __str__(self) -> str:
        return f"{self.mark} {self.word}"


_STATES = {
    Status.PENDING: State("🟡", "Waiting for approval"),
    Status.SCHEDULED: State("🔵", "Approved"),
    Status.GRANTING: State("🔵", "Being granted"),
    Status.ACTIVE: State("🟢", "Active"),
    Status.REVOKING: State("🟠", "Being ended"),
    Status.ENDED: State("⚪", "Ended"),
    Status.REVOKED: State("⚪", "Ended early"),
    Status.REJECTED: State("⛔", "Rejected"),
    Status.CANCELLED: State("⚪", "Withdrawn"),
    Status.EXPIRED: State("⌛", "Not decided in time"),
    Status.FAILED: State("🔴", "Failed"),
}
_BEING_CHECKED = State("⏳", "Being checked")
_BEING_GIVEN_UP = State("🔴", "Could not be granted, being cleaned up")
_CLOSED_BY_HAND = State("⚪", "Closed by hand")
_CALLED_OFF = State("⚪", "Called off before it began")
_NOT_GRANTED = State("⌛", "Not granted in time")


def state(request: Request) -> State:
    """The state of a request. A grant that is being given up must not read as one that is on its way."""
    if request.status is Status.GRANTING and request.failure:
        return _BEING_GIVEN_UP
    if request.unjudged and not request.is_over:
        return _BEING_CHECKED
    if request.status is Status.REVOKED and request.granting_at is None:
        return _CALLED_OFF
    if request.left_behind is LeftBehind.CLOSED_BY_HAND:
        return _CLOSED_BY_HAND
    if request.status is Status.EXPIRED and request.decided_at is not None:
        return _NOT_GRANTED
    return state_of(request.status)


def state_of(status: Status) -> State:
    """The state that a bare status stands for."""
    return _STATES[status]


def past(verdict: Verdict) -> str:
    """A decision as what somebody did: ``approved``, ``rejected``."""
    match verdict:
        case Verdict.APPROVE:
            return "approved"
        case Verdict.REJECT:
            return "rejected"
