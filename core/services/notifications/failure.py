"""What a notice carries of an error, so that the sentence about it can be made where it is sent."""

import json

from core.domain.errors import AccessError, NotFound, Refused, SourceRefused
from core.domain.outcome import Outcome, Result, dump_outcome


def failure_facts(error: AccessError) -> dict[str, str]:
    """``trouble`` with ``what`` and ``said``, or an ``outcome``, or ``because`` with the error's own words."""
    match error:
        case SourceRefused():
            return {"trouble": error.trouble.value, "what": error.what, "said": error.said}
        case Refused():
            return {"outcome": json.dumps(dump_outcome(Outcome(Result.DECLINED, refusals=error.refusals)))}
        case NotFound():
            return {"outcome": json.dumps(dump_outcome(Outcome(Result.NOT_FOUND)))}
        case _:
            return {"because": str(error)}
