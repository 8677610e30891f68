"""The errors of the services by what went wrong, since each service has its own word for the same thing."""

from .wire import AwsError

_THROTTLED = {"organizations": "TooManyRequestsException", "sts": "Throttling"}
_BROKEN = {"organizations": "ServiceException", "sts": "InternalFailure"}
_INVALID = {
    "secretsmanager": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "sts": "ValidationError",
}
_CONFLICT = {"organizations": "ConcurrentModificationException"}
_DENIED = {"sts": "AccessDenied", "iam": "AccessDenied", "s3": "AccessDenied"}

_KEY = {
    "key_denied": ("AccessDeniedException", "KMS_AccessDeniedException", "KMS_ACCESS_DENIED"),
    "key_missing": ("ResourceNotFoundException", "KMS_NotFoundException", "KMS_KEY_NOT_FOUND"),
    "key_disabled": ("ValidationException", "KMS_DisabledException", "KMS_DISABLED"),
}
"""The answers of sso-admin and identitystore when the customer's key cannot be used: a code, and the reason of each."""


def throttled(service: str, reason: str = "") -> AwsError:
    """Too many calls; a reason names the key service when it is that one which throttles."""
    fields = {"Reason": reason} if reason else {}
    return AwsError(_THROTTLED.get(service, "ThrottlingException"), "Rate exceeded", 400, **fields)


def broken(service: str) -> AwsError:
    code = _BROKEN.get(service, "InternalServerException")
    return AwsError(code, "An unexpected internal service exception was encountered", 500)


def unavailable() -> AwsError:
    return AwsError("ServiceUnavailable", "Service is unable to handle request.", 503)


def invalid(service: str, message: str, reason: str = "") -> AwsError:
    fields = {"Reason": reason} if service == "organizations" and reason else {}
    return AwsError(_INVALID.get(service, "ValidationException"), message, 400, **fields)


def conflict(service: str, message: str = "A conflicting operation is in progress.") -> AwsError:
    return AwsError(_CONFLICT.get(service, "ConflictException"), message)


def denied(service: str, message: str = "User is not authorized to perform this action.") -> AwsError:
    return AwsError(_DENIED.get(service, "AccessDeniedException"), message)


def no_such_entity(name: str) -> AwsError:
    return AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


def key_unusable(service: str, how: str) -> AwsError:
    """Identity Center cannot decrypt what it holds: a code of its own, and a reason that says so."""
    code, of_sso_admin, of_identity_store = _KEY[how]
    reason = of_identity_store if service == "identitystore" else of_sso_admin
    return AwsError(code, "The KMS key of the instance cannot be used.", 400, Reason=reason)


def not_found(message: str, **fields: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 400, **fields)


def quota_exceeded(message: str) -> AwsError:
    return AwsError("ServiceQuotaExceededException", message)


def unknown_operation(service: str, operation: str) -> AwsError:
    return AwsError("UnknownOperationException", f"{service} has no operation {operation} here.")
