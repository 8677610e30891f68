"""The meaning of AWS's errors for core: one table, and no botocore exception beyond it.

For a change the question is whether it may have happened. An answer that says no, or a connection that was never
made, means that it did not (``UpstreamBusy``, ``UpstreamRefused``); a failure inside AWS, or silence after the
question was sent, means that nobody knows (``AnswerLost``). A read is simply tried again.

Identity Center may be encrypted with a key of the customer's, and says that it cannot use the key under the codes that
it has for other things, with a ``Reason``: a key that is missing is ``ResourceNotFoundException``. Taken for what the
code says, nobody and nothing would be found, and access would count as over. The reason goes before the code.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    MetadataRetrievalError,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from core.adapters.aws.punctual import SentTooLate
from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused

#: Everything a client method raises that is no mistake of ours.
SDK_ERRORS = (ClientError, BotoCoreError, ResponseParserError)

NOT_FOUND = "ResourceNotFoundException"
VALIDATION = "ValidationException"
PARENT_NOT_FOUND = "ParentNotFoundException"

THROTTLED = frozenset(
    {
        "ThrottlingException",  # with Reason KMS_ThrottlingException as well, when the customer's key is throttled
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
    }
)
"""Too many calls, in the words of the several services: nothing was done."""

BUSY_FOR = {
    "ConflictException": None,  # an earlier write has not settled: sso-admin says, try again with backoff
    "ConcurrentModificationException": None,
    "ServiceQuotaExceededException": timedelta(seconds=10),  # assignments outstanding: one must end first
}
"""Refused for the moment: nothing was done. How long to wait, where that can be guessed."""

ABOUT_THE_KEY = "KMS_"
"""The prefix of every reason about the customer's key (service models of sso-admin and identitystore)."""

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "NotAuthorizedException", "UnauthorizedOperation", "OptInRequired"}
)
"""A right is missing, in the words of the several services."""

_ACTION = re.compile(r"perform:? ([a-z0-9-]+:[A-Za-z]+)")

UNKNOWN_OUTCOME = frozenset({"InternalServerException", "InternalFailure", "ServiceException", "RequestTimeout"})

NEVER_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    SentTooLate,
)
NO_ANSWER = (HTTPClientError, SSLError, BotoConnectionError, ResponseParserError)


ROLE_NOT_ASSUMED = "RoleNotAssumed"


class RoleNotAssumed(BotoCoreError):
    """The role that a call is made with was not assumed: nothing was sent. ``cause`` is what STS answered."""

    fmt = "{role} was not assumed: {cause}"

    def __init__(self, role: str, cause: Exception) -> None:
        super().__init__(role=role, cause=type(cause).__name__)
        self.role = role
        self.cause = cause


def upstream_error(error: Exception, operation: str, *, changing: bool) -> Upstream:
    """Translate what a client method raised. The message names the operation and has AWS's own words."""
    if isinstance(error, RoleNotAssumed):
        return _of_role(error, operation)
    if isinstance(error, ClientError):
        return _of_answer(error, operation, changing=changing).at(Side.AWS)
    return _of_silence(error, operation, changing=changing).at(Side.AWS)


def is_throttling(error: Exception) -> bool:
    return isinstance(error, ClientError) and code_of(error) in THROTTLED


def code_of(error: ClientError) -> str:
    return code_of_answer(error.response)


def code_of_answer(parsed: Mapping[str, Any]) -> str:
    """AWS's code for what is wrong; empty where nothing is."""
    return str(parsed.get("Error", {}).get("Code", ""))


def is_about_the_key(code: str) -> bool:
    """True if a refusal says that Identity Center cannot use the customer's key."""
    return code.startswith(ABOUT_THE_KEY)


def denied_action(said: str) -> str:
    """The action that AWS's sentence names; empty when it names none."""
    match = _ACTION.search(said)
    return match[1] if match else ""


def _of_role(error: RoleNotAssumed, operation: str) -> Upstream:
    """Nothing was sent, whatever became of the question for the role."""
    meaning = upstream_error(error.cause, f"{operation}: the role {error.role} cannot be assumed", changing=False)
    if isinstance(meaning, UpstreamRefused):
        meaning.code = ROLE_NOT_ASSUMED
    return meaning


def _of_answer(error: ClientError, operation: str, *, changing: bool) -> Upstream:
    code, reason = code_of(error), str(error.response.get("Reason", ""))
    message = _sentence(operation, code, error)
    if code in THROTTLED:
        return UpstreamBusy(message, side=Side.AWS)
    if code in BUSY_FOR:
        return UpstreamBusy(message, retry_after=BUSY_FOR[code], side=Side.AWS)
    if code in UNKNOWN_OUTCOME or _status_of(error) >= 500:
        return AnswerLost(message, side=Side.AWS) if changing else UpstreamBusy(message, side=Side.AWS)
    return UpstreamRefused(message, code=reason if is_about_the_key(reason) else code, side=Side.AWS)


def _of_silence(error: Exception, operation: str, *, changing: bool) -> Upstream:
    code = type(error).__name__
    if isinstance(error, CredentialRetrievalError):  # its text is another program's output, and may hold anything
        return UpstreamBusy(f"{operation}: the AWS credentials could not be retrieved ({code})", side=Side.AWS)
    message = f"{operation}: no answer ({code}: {error})"
    if isinstance(error, NEVER_SENT):
        return UpstreamBusy(message, side=Side.AWS)
    if isinstance(error, NO_ANSWER):
        return AnswerLost(message, side=Side.AWS) if changing else UpstreamBusy(message, side=Side.AWS)
    return UpstreamRefused(message, code=code, side=Side.AWS)


def _status_of(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _sentence(operation: str, code: str, error: ClientError) -> str:
    said = error.response.get("Error", {}).get("Message", "")
    reason = str(error.response.get("Reason", ""))
    key = ". Identity Center cannot use its customer managed key" if is_about_the_key(reason) else ""
    return f"{operation}: {code}" + (f" ({reason})" if reason else "") + (f": {said}" if said else "") + key
