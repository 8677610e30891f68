"""Words for somebody who ends access early: what becomes of it, and the person's other access to the target."""

from collections.abc import Sequence

from core.domain.ids import RequestId, show_request_id
from core.domain.outcome import Outcome
from core.domain.people import ChatUser
from core.domain.request import Request, Status


def ending(number: str, request: Request | None, reader: ChatUser | None) -> str:
    """``reader``: who ended it. Somebody else's access is revoked, one's own is ended."""
    is_own = request is not None and request.requester_chat == reader
    said = f"{number} is" if is_own else f"Revoked: {number} is"
    if request is not None and request.status is Status.REVOKED and request.granting_at is None:
        return f"{said} called off. No access was granted."
    then = "You'll get a message when it's gone." if is_own else "Its requester gets a message when it's gone."
    return f"{said} being ended. {then}"


def where_to_say_why(command: str, request_id: RequestId) -> str:
    """For whoever typed the command without a reason that is required."""
    return f"Write it after the number: {command} revoke {show_request_id(request_id)} WHY"


def rest(came: Outcome) -> str:
    """Requests that went with it, and those that did not: nobody has to find out that access comes back."""
    called_off = (
        f"Called off with it: {_numbers(came.called_off)}, approved as an extension." if came.called_off else ""
    )
    stays = f"Not ended by this: {_numbers(came.others)}, for the same person and target." if came.others else ""
    return " ".join(filter(None, (called_off, stays)))


def _numbers(requests: Sequence[RequestId]) -> str:
    return ", ".join(map(show_request_id, requests))
