"""Calls that somebody signed with AWS credentials: a GetCallerIdentity that is shown to this bot, and sent by it.

Everything that AWS is sent is written here, from parts that are checked one by one: address, method and body are never
the caller's, and no header besides those that are named here goes along. The signature covers, besides them, the name
of this bot and the one call that it was made for. (AWS, Signature Version 4; STS API, GetCallerIdentity.)
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.domain.errors import Reason, Refusal, Refused

BODY = "Action=GetCallerIdentity&Version=2011-06-15"
CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
AUDIENCE_HEADER, CALL_HEADER = "x-teambot-audience", "x-teambot-call"
SIGNED_HEADERS = f"content-type;host;x-amz-date;x-amz-security-token;{AUDIENCE_HEADER};{CALL_HEADER}"
"""All of them, in their order, and no other: a header that is not signed could be anybody's."""
GOOD_FOR = timedelta(minutes=1)
"""The most that the signed moment may differ from now, either way."""
REMEMBERED = timedelta(hours=2)
"""A used signature is remembered until another was used that much later, by whatever clock.

AWS takes none that is dated a quarter of an hour before or after its own time (STS, common errors, RequestExpired), so
the replicas that noted the two were at most that and ``GOOD_FOR`` off, and the first has long been of no use.
"""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Z0-9]{16,128})/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]{1,32})/sts/"
    rf"aws4_request, SignedHeaders={re.escape(SIGNED_HEADERS)}, Signature=(?P<signature>[0-9a-f]{{64}})",
    re.ASCII,
)
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_SECURITY_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{16,4096}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9]{12}):assumed-role/"
    r"AWSReservedSSO_(?P<set>[\w+=,.@-]{1,32})_[0-9a-f]{16}/(?P<session>[\w+=,.@-]{2,64})",
    re.ASCII,
)
LONGEST_SESSION_NAME = 64
"""IAM cuts longer names off: one of this length may be the beginning of another (IAM, RoleSessionName)."""


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A signed GetCallerIdentity as it is sent to AWS: besides these there are only constants."""

    authorization: str
    amz_date: str
    security_token: str
    audience: str
    call: str
    region: str
    access_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """AWS's answer."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class SsoSession:
    """A session of IAM Identity Center, by its ARN."""

    partition: str
    account: str
    permission_set: str
    user_name: str


def bound_to(method: str, path: str, body: bytes, nonce: str) -> str:
    """The one call to this bot that a signature is for. ``path`` with its query, as it is sent."""
    return f"{nonce} {method} {path} {hashlib.sha256(body).hexdigest()}"


def read_signed_call(
    shown: dict[str, str], *, audience: str, region: str, method: str, path: str, body: bytes, now: datetime
) -> SignedCall:
    """Check what a caller shows, and put the call together. Refused for anything that is not exactly as it must be.

    ``shown`` has what only the signer can know; audience and call are those of this bot and of what it is asked now,
    so that a signature for another bot or another call is none.
    """
    if shown.get("audience", "") != audience:
        raise Refused(Refusal(Reason.SIGNED_FOR_ANOTHER))
    match, nonce = _AUTHORIZATION.fullmatch(shown.get("authorization", "")), shown.get("nonce", "")
    amz_date, security_token = shown.get("amz_date", ""), shown.get("security_token", "")
    formed = match and _DATE.fullmatch(amz_date) and _SECURITY_TOKEN.fullmatch(security_token)
    if match is None or not formed or not _NONCE.fullmatch(nonce):
        raise Refused(Refusal(Reason.SIGNATURE_REFUSED))
    if match["region"] != region or match["day"] != amz_date[:8]:
        raise Refused(Refusal(Reason.SIGNATURE_REFUSED))
    if abs(_moment(amz_date) - now) > GOOD_FOR:
        raise Refused(Refusal(Reason.SIGNATURE_STALE, limit=GOOD_FOR))
    return SignedCall(
        authorization=match[0],
        amz_date=amz_date,
        security_token=security_token,
        audience=audience,
        call=bound_to(method, path, body, nonce),
        region=match["region"],
        access_key=match["key"],
        signature=match["signature"],
    )


def _moment(amz_date: str) -> datetime:
    try:
        return datetime.strptime(amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(Refusal(Reason.SIGNATURE_REFUSED)) from None


def read_session(identity: CallerIdentity, partition: str) -> SsoSession:
    """The session of Identity Center that signed. Refused for a user, another role, and another partition."""
    match = _ARN.fullmatch(identity.arn)
    if match is None or match["partition"] != partition or match["account"] != identity.account:
        raise Refused(Refusal(Reason.SIGNER_OUTSIDE))
    if len(match["session"]) >= LONGEST_SESSION_NAME:
        raise Refused(Refusal(Reason.SIGNER_NO_PERSON))
    return SsoSession(match["partition"], match["account"], match["set"], match["session"])
