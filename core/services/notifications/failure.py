"""The facts of an error in a notice, so that the sentence about it can be made where it is sent."""

from core.domain.errors import AccessError, NotFound, Refused, SourceRefused
from core.domain.notice_content import Failure, OtherFailure, RefusedFailure, SourceFailure


def failure_of(error: AccessError) -> Failure:
    """The facts of an error, or its own words."""
    match error:
        case SourceRefused():
            return SourceFailure(error.trouble, error.what, error.said)
        case Refused():
            return RefusedFailure(error.refusals)
        case NotFound():
            return RefusedFailure(())
        case _:
            return OtherFailure(str(error))
