"""Requests of AWS SDKs as they are recognised, and answers and refusals as they are written.

Knows the protocols (JSON 1.1, query, and of S3 what the bot asks of it) and nothing of what the operations mean.
Signatures are not verified: whoever reaches the address is the caller.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4
from xml.sax.saxutils import escape

from aiohttp import web

_SERVICE_OF_TARGET = {
    "SWBExternalService": "sso-admin",
    "AWSIdentityStore": "identitystore",
    "AWSOrganizationsV20161128": "organizations",
    "AWSEvents": "events",
}
_NAMESPACES = {
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "sns": "http://sns.amazonaws.com/doc/2010-03-31/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
}
_OF_OBJECT = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
_OF_BUCKET = {"PUT": "CreateBucket", "GET": "ListObjects", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}


class AwsError(Exception):
    """The local AWS refuses a call, with the error code that the service has for it."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as its envelope says."""

    service: str
    operation: str
    arguments: Mapping[str, Any]
    #: The query protocol answers in XML, the others in JSON.
    query: bool = False
    request_id: str = field(default_factory=lambda: str(uuid4()))
    #: Whose key it was signed with, and for which region.
    access_key: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class _Scope:
    """The credential of a request, from `Credential=KEY/DATE/REGION/SERVICE/aws4_request`."""

    access_key: str = ""
    region: str = ""
    service: str = ""


def recognise(method: str, path: str, headers: Mapping[str, str], body: bytes, query: str = "") -> Call:
    """The call in a request; the name of the service is the SDK's (`sso-admin`, not `sso`)."""
    scope = _credential_scope(headers.get("Authorization", ""))
    signed: dict[str, Any] = {"access_key": scope.access_key, "region": scope.region}
    target, _, operation = headers.get("X-Amz-Target", "").rpartition(".")
    if operation:
        service = _SERVICE_OF_TARGET.get(target, scope.service or target)
        return Call(service, operation, _json_object(body), **signed)
    if scope.service == "s3":
        return Call("s3", _operation_of_s3(method, path, query), {"Path": path.strip("/")}, **signed)
    if scope.service == "ses":
        return _mail_call(method, path, body, signed)
    form = _form(body)
    if "Action" in form:
        return Call(scope.service or "sts", form.pop("Action"), form, query=True, **signed)
    return Call(scope.service or "unknown", f"{method} {path}", {}, **signed)


def _mail_call(method: str, path: str, body: bytes, signed: Mapping[str, Any]) -> Call:
    """A call of SES's second API, whose operations are paths."""
    _, _, identity = path.partition("/v2/email/identities/")
    if method == "GET" and identity:
        return Call("sesv2", "GetEmailIdentity", {"EmailIdentity": unquote(identity)}, **signed)
    if (method, path) == ("POST", "/v2/email/outbound-emails"):
        return Call("sesv2", "SendEmail", _json_object(body), **signed)
    return Call("sesv2", f"{method} {path}", {}, **signed)


def _form(body: bytes) -> dict[str, Any]:
    """The fields; those that are numbered (`Names.member.1`) as lists."""
    form: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        listed, _, number = name.partition(".member.")
        if number.isdigit():
            form.setdefault(listed, []).append(value)
        else:
            form[name] = value
    return form


def _operation_of_s3(method: str, path: str, query: str) -> str:
    if query.startswith("object-lock"):
        return f"{method.title()}ObjectLockConfiguration"
    if "list-type=2" in query:
        return "ListObjectsV2"
    _, _, key = path.strip("/").partition("/")
    return (_OF_OBJECT if key else _OF_BUCKET).get(method, f"{method} {path}")


def _credential_scope(authorization: str) -> _Scope:
    _, _, rest = authorization.partition("Credential=")
    parts = rest.split(",")[0].split("/")
    return _Scope(parts[0], parts[2], parts[3]) if len(parts) == 5 else _Scope()


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError("SerializationException", "The request body is no JSON object.")
    return found


def answer(call: Call, payload: Mapping[str, Any]) -> web.Response:
    if call.query:
        return _xml(call, 200, _result_xml(call, payload))
    return web.Response(
        body=json.dumps(payload).encode(),
        content_type="application/x-amz-json-1.1",
        headers={"x-amzn-RequestId": call.request_id},
    )


def refusal(call: Call, error: AwsError) -> web.Response:
    if call.query:
        return _xml(call, error.status, _error_xml(call, error))
    if call.service == "s3":
        return _xml(
            call, error.status, f"<Error>{_members_xml({'Code': error.code, 'Message': error.message})}</Error>"
        )
    payload = {"__type": error.code, "Message": error.message, "message": error.message, **error.fields}
    return web.Response(
        status=error.status,
        body=json.dumps(payload).encode(),
        content_type="application/x-amz-json-1.1",
        headers={"x-amzn-RequestId": call.request_id, "x-amzn-ErrorType": error.code},
    )


def _xml(call: Call, status: int, text: str) -> web.Response:
    return web.Response(
        status=status, text=text, content_type="text/xml", headers={"x-amzn-RequestId": call.request_id}
    )


def _result_xml(call: Call, payload: Mapping[str, Any]) -> str:
    name, namespace = call.operation, _NAMESPACES.get(call.service, "")
    return (
        f'<{name}Response xmlns="{namespace}"><{name}Result>{_members_xml(payload)}</{name}Result>'
        f"<ResponseMetadata><RequestId>{call.request_id}</RequestId></ResponseMetadata></{name}Response>"
    )


def _members_xml(payload: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value_xml(value)}</{name}>" for name, value in payload.items())


def _value_xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return _members_xml(value)
    if isinstance(value, list):
        return "".join(f"<member>{_value_xml(each)}</member>" for each in value)
    return escape(str(value))


def _error_xml(call: Call, error: AwsError) -> str:
    blame, namespace = ("Sender" if error.status < 500 else "Receiver"), _NAMESPACES.get(call.service, "")
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{blame}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{call.request_id}</RequestId>"
        "</ErrorResponse>"
    )
