"""Refusals and failures as problems (RFC 9457), in the words of chat."""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

from core.domain.errors import (
    AccessError,
    Conflict,
    InvalidPolicies,
    NotFound,
    Reason,
    Refusal,
    Refused,
    Upstream,
    UpstreamBusy,
)
from core.domain.outcome import Outcome, Result
from handlers.api.models import ProblemDocument, ProblemPart
from handlers.words import identity_words, sentences

PROBLEM = "application/problem+json"
SOON = timedelta(minutes=1)
_WHO = frozenset(
    {
        Reason.TOKEN_UNKNOWN,
        Reason.TOKEN_REVOKED,
        Reason.TOKEN_EXPIRED,
        Reason.SIGNATURE_REFUSED,
        Reason.SIGNATURE_STALE,
        Reason.SIGNATURE_USED,
        Reason.SIGNED_FOR_ANOTHER,
        Reason.SIGNER_OUTSIDE,
        Reason.SIGNER_NO_PERSON,
    }
)
"""It is not known who calls: 401."""
_NOT_THEIRS = frozenset(
    {
        *identity_words.REFUSALS,
        Reason.NOT_PERMITTED,
        Reason.TOKEN_OUT_OF_SCOPE,
        Reason.TOKEN_DECIDES_NOTHING,
        Reason.AT_TERMINAL,
        Reason.NOT_YOURS_TO_CANCEL,
        Reason.NOT_YOURS_TO_REVOKE,
    }
)
"""It is known, and not for them: 403. What else the rules refuse is 422."""
_RESULTS: Mapping[Result, HTTPStatus] = {
    Result.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Result.TOO_LATE: HTTPStatus.CONFLICT,
    Result.OUTDATED: HTTPStatus.PRECONDITION_FAILED,
    Result.BROKEN: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class ProblemRaised(Exception):
    """A problem of the call itself, which the rules know nothing of."""

    def __init__(self, status: HTTPStatus, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.retry_after = retry_after


def of_error(error: AccessError | ProblemRaised) -> web.Response:
    """Anything that was raised on purpose."""
    if isinstance(error, ProblemRaised):
        return _answer(error.status, str(error), retry_after=error.retry_after)
    if isinstance(error, Refused):
        return of_refusals(error.refusals)
    if isinstance(error, InvalidPolicies):
        said = (f"line {each.line}: {each.message}" if each.line else each.message for each in error.problems)
        parts = [ProblemPart(reason="policy_invalid", said=each) for each in said]
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, sentences.error(error), parts)
    status = HTTPStatus.NOT_FOUND if isinstance(error, NotFound) else HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, Conflict):
        status = HTTPStatus.CONFLICT
    wait = error.retry_after or SOON if isinstance(error, UpstreamBusy) else SOON
    return _answer(status, sentences.error(error), retry_after=wait if isinstance(error, Upstream) else None)


def of_refusals(refusals: Iterable[Refusal]) -> web.Response:
    """Refusals by the rules, each reason with the field that it is about, and of several targets with its target."""
    several = tuple(refusals)
    reasons = {each.reason for each in several}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if reasons & _WHO:
        status = HTTPStatus.UNAUTHORIZED
    elif reasons & _NOT_THEIRS:
        status = HTTPStatus.FORBIDDEN
    return _answer(status, sentences.refusals(several), map(_part, several))


def _part(no: Refusal) -> ProblemPart:
    return ProblemPart(
        reason=no.reason.value,
        said=sentences.refusals([no]),
        field=str(no.field) if no.field else None,
        target=no.place - 1 if no.place else None,
    )


def of_outcome(outcome: Outcome, said: str) -> web.Response:
    """An act of which nothing came."""
    if outcome.result is Result.DECLINED:
        return of_refusals(outcome.refusals)
    return _answer(_RESULTS[outcome.result], said)


def of_body(error: ValidationError) -> web.Response:
    """A document that is not as the OpenAPI document says."""
    parts = [
        ProblemPart(reason=each["type"], said=each["msg"], field=".".join(map(str, each["loc"])) or None)
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    ]
    detail = "The body is not as the OpenAPI document says: " + "; ".join(
        f"{each.field}: {each.said}" if each.field else each.said for each in parts
    )
    return _answer(HTTPStatus.BAD_REQUEST, detail, parts)


def incident(said: str) -> web.Response:
    """A fault of this program."""
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, said)


def _answer(
    status: HTTPStatus, detail: str, parts: Iterable[ProblemPart] = (), *, retry_after: timedelta | None = None
) -> web.Response:
    problem = ProblemDocument(title=status.phrase, status=status.value, detail=detail, errors=list(parts))
    headers = {"Retry-After": str(math.ceil(retry_after.total_seconds()))} if retry_after else {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="teambot", TeamBot-AWS'
    return web.Response(status=status, text=problem.model_dump_json(), content_type=PROBLEM, headers=headers)
