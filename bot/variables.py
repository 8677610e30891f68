"""The shapes that variables of the environment must have, and the words for what is wrong with one."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from core.domain.outgoing_events import is_webhook_key
from core.domain.public_addresses import is_address, is_public

DATABASES = ("sqlite+aiosqlite", "postgresql+asyncpg")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SecretArn:
    """A secret in AWS Secrets Manager, or the member ``key`` of one that is a JSON object."""

    arn: str
    region: str
    key: str = ""


_SECRET_ARN = re.compile(
    r"(arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]+)(?:#([\w.-]+))?", re.ASCII
)


def arn_of(value: str) -> SecretArn | None:
    """The secret that a variable names; None for whatever is no ARN of one."""
    found = _SECRET_ARN.fullmatch(value.strip())
    return SecretArn(found[1], found[2], found[3] or "") if found else None


def wrong(what: str) -> PydanticCustomError:
    """A problem in words of its own: ``what`` follows the variable's name, and shows no secret."""
    return PydanticCustomError("configuration", "{what}", {"what": what})


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    """A check of the whole text. ``what`` says what the value must be, without showing what it is."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value.strip()):
            raise wrong(what)
        return value.strip()

    return check


def _listed(pattern: str) -> str:
    """One or more of them, with commas between."""
    return rf"\s*{pattern}(\s*,\s*{pattern})*\s*"


def _number(read: Callable[[str], _T], least: float, most: float, what: str) -> Callable[[object], _T]:
    def check(value: object) -> _T:
        try:
            number = read(str(value))
        except ValueError:
            raise wrong(what) from None
        if not least <= number <= most:  # type: ignore[operator]
            raise wrong(what)
        return number

    return check


def _exactly(word: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value.strip().lower() != word:
            raise wrong(f"must be {word}, or empty")
        return word

    return check


def _one_of(*words: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value.strip().lower() not in words:
            raise wrong(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return value.strip().lower()

    return check


def _signing_secret(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if any(re.match(r"xox[a-z]-|xapp-", part) for part in parts):
        raise wrong("is a token: set the signing secret instead (Basic Information, App Credentials)")
    if len(parts) > 2 or not all(part and part.isascii() and part.isprintable() and " " not in part for part in parts):
        raise wrong("must be one word, as Basic Information shows it, or two with a comma between during a rotation")
    return ",".join(parts)


def _api_url(value: str) -> str:
    """Without a path: what is signed for it must be the same however it is written."""
    url = urlsplit(value.strip())
    is_open = url.scheme == "http" and not is_loopback(value.strip())
    if url.scheme not in {"http", "https"} or is_open or not url.hostname or url.username:
        raise wrong("must be like https://teambot.example.com (http only for this machine)")
    if url.path not in {"", "/"} or url.query or url.fragment:
        raise wrong("must have no path: the API is below it, at /api/v1")
    return f"{url.scheme}://{url.netloc.lower()}"


def is_loopback(url: str) -> bool:
    """True if a URL leads to this machine and nowhere else, by its host alone."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_of_a_real_app(token: str) -> bool:
    """True for a token that Slack itself gave: an address of this machine may be a proxy to the real Slack."""
    return re.match(r"xox[bp]-\d{6,}-", token) is not None


def _split(url: str) -> SplitResult | None:
    """The parts of a plain URL; None for anything with credentials, a query or no host."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    plain = parts.hostname and not parts.username and not parts.password and not parts.query and not parts.fragment
    return parts if plain and not re.search(r"\s", parts.geturl()) else None


def _http_url(value: str) -> str:
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"}:
        raise wrong("must be a URL like https://host/")
    return parts.geturl()


def _https_url(value: str) -> str:
    parts = _split(value)
    if parts is None or parts.scheme != "https":
        raise wrong("must be a URL like https://host/path")
    return parts.geturl()


def _slack_api_url(value: str) -> str:
    url = _http_url(value)
    if not url.startswith("https:") and not is_loopback(url):
        raise wrong("must begin with https:// (http is for a stand-in on this machine)")
    return url.rstrip("/") + "/"


def _local_url(value: str) -> str:
    url = _http_url(value)
    if not is_loopback(url):
        raise wrong("is for a stand-in on this machine (http://127.0.0.1:…): unset it")
    return url.rstrip("/")


def _webhook_url(value: str) -> str:
    """An address inside in place of a name is refused here already; what a name leads to, whenever it is called."""
    if is_loopback(value.strip()):
        return _http_url(value)
    url = _https_url(value)
    try:
        host = URL(url).raw_host or ""  # as it is called: digits of any script are digits there
    except ValueError:
        raise wrong("must be a URL like https://host/path") from None
    is_number = host.replace(".", "").isdigit()  # 2130706433 and 127.1 are addresses to some programs
    if (is_number or is_address(host)) and not is_public(host):
        raise wrong("leads inside: it must be an address of the public internet")
    return url


def _webhook_secret(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if len(parts) > 2 or not all(map(is_webhook_key, parts)):
        raise wrong("must be whsec_ and 24 to 64 bytes in base64, or two of them with a comma between")
    return ",".join(parts)


_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def _client_secret(value: str) -> str:
    if re.fullmatch(_GUID, value.strip()):
        raise wrong("is the id of a secret: set its value, which Entra shows once, when it is made")
    return _matching(r"[!-~]+", "must be the value of a client secret, without spaces")(value)


def _certificate(value: str) -> str:
    """The text of the file that was named, or what was read in its place."""
    text = value
    if "-----BEGIN" not in value:
        try:
            text = Path(value.strip()).read_text(encoding="ascii")
        except (OSError, ValueError):
            raise wrong("must name a file that can be read, with the certificate and its private key (PEM)") from None
    if "-----BEGIN CERTIFICATE-----" not in text or "PRIVATE KEY-----" not in text:
        raise wrong("must hold both the certificate and its private key (PEM)")
    return text


def _time_zone(value: str) -> str:
    try:
        return ZoneInfo(value.strip()).key if value.strip() != "UTC" else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("must be a time zone that this machine knows, like Europe/Berlin") from None


def _database_url(value: str) -> str:
    try:
        url = make_url(value.strip())
    except ArgumentError:
        raise wrong("is not a database URL: write sqlite+aiosqlite:///file or postgresql+asyncpg://…") from None
    if url.drivername not in DATABASES:
        raise wrong(f"must begin with {DATABASES[0]}:// or {DATABASES[1]}://")
    return value.strip()


def _secret(check: Callable[[str], str]) -> BeforeValidator:
    """The secret itself, or where it is in AWS Secrets Manager: what looks like an ARN is never taken for a secret."""

    def checked(value: str) -> str:
        if arn_of(value):
            return value.strip()
        if value.strip().startswith("arn:"):
            raise wrong(
                "is not the ARN of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with or without #key"
            )
        return check(value)

    return BeforeValidator(checked)


BotToken = Annotated[
    SecretStr, _secret(_matching(r"xoxb-[\w-]+", "must be the app's bot token, which begins with xoxb-"))
]
AppToken = Annotated[
    SecretStr, _secret(_matching(r"xapp-[\w-]+", "must be an app-level token, which begins with xapp-"))
]
SigningSecret = Annotated[SecretStr, _secret(_signing_secret)]
DatabaseUrl = Annotated[SecretStr, _secret(_database_url)]
Password = Annotated[SecretStr, _secret(_matching(r"\S+", "must be a password, without spaces"))]
WebhookSecret = Annotated[SecretStr, _secret(_webhook_secret)]
WebhookUrl = Annotated[str, AfterValidator(_webhook_url)]
ClientSecret = Annotated[SecretStr, _secret(_client_secret)]
Certificate = Annotated[SecretStr, _secret(_certificate)]
EntraId = Annotated[
    str,
    AfterValidator(_matching(_GUID, "must be an id like 00000000-1111-2222-3333-444444444444, as Entra shows it")),
    AfterValidator(str.lower),
]
Audience = Annotated[str, AfterValidator(_matching(r"[!-~]{1,1000}", "must be an audience, without spaces"))]
TeamsIdentity = Annotated[Literal["email", "external-id"], BeforeValidator(_one_of("email", "external-id"))]
TeamsCloud = Annotated[
    Literal["public", "usgov", "usgov-dod", "china"], BeforeValidator(_one_of("public", "usgov", "usgov-dod", "china"))
]
LocalUrl = Annotated[str, AfterValidator(_local_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
SlackApiUrl = Annotated[str, AfterValidator(_slack_api_url)]
InstanceArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:sso:::instance/(?:sso)?ins-[\w.-]{16}", "must be like arn:aws:sso:::instance/ssoins-…"
        )
    ),
]
Command = Annotated[
    str,
    AfterValidator(
        _matching(
            r"/[a-z0-9_-]{1,31}", "must be a slash and lower-case letters, digits, - or _ (32 characters at most)"
        )
    ),
]
ChannelIds = Annotated[
    str,
    AfterValidator(
        _matching(
            _listed(r"(?:(?:slack:)?[CG][A-Z0-9]{4,20}|teams:19:[^\s,]{1,200}@thread\.[a-z0-9]+)"),
            "must be a channel's id (C0123456789, or teams:19:…@thread.tacv2), not its name; several with commas "
            "between",
        )
    ),
]
_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}"
"""In every partition: eu-central-1, us-gov-west-1, cn-north-1, eusc-de-east-1."""
Region = Annotated[str, AfterValidator(_matching(_REGION, "must be a region like eu-central-1"))]
Regions = Annotated[str, AfterValidator(_matching(_listed(_REGION), "must be regions, with commas"))]
_ROLE_NAME = r":role/[\w+=,.@/-]+"
RoleArn = Annotated[
    str,
    AfterValidator(
        _matching(r"arn:aws[a-z-]*:iam::\d{12}" + _ROLE_NAME, "must be like arn:aws:iam::111122223333:role/NAME")
    ),
]
ActivityRoleArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:iam::(\d{12}|\{account\})" + _ROLE_NAME,
            "must be like arn:aws:iam::{account}:role/NAME, or name an account",
        )
    ),
]
AthenaName = Annotated[
    str, AfterValidator(_matching(r"[A-Za-z0-9_-]{1,128}", "must be of letters, digits, _ and - alone"))
]
S3Location = Annotated[
    str, AfterValidator(_matching(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\S*)?", "must be like s3://bucket/path/"))
]
LogGroups = Annotated[
    str,
    AfterValidator(_matching(_listed(r"[\w/.#:*-]{1,600}"), "must be log groups, names or ARNs, with commas")),
]
EventDataStore = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:eventdatastore/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "must be the ARN of an event data store, arn:aws:cloudtrail:…:eventdatastore/…",
        )
    ),
]
ActivitySource = Annotated[
    Literal["athena", "cloudwatch", "cloudtrail-lake", "lookup-events"],
    BeforeValidator(_one_of("athena", "cloudwatch", "cloudtrail-lake", "lookup-events")),
]
Minutes = Annotated[float, BeforeValidator(_number(float, 0, 1440, "must be a number of minutes from 0 to 1440"))]
Gigabytes = Annotated[float, BeforeValidator(_number(float, 0.01, 100_000, "must be a number of GB up to 100000"))]
Port = Annotated[int, BeforeValidator(_number(int, 0, 65535, "must be a number from 0 to 65535"))]
Proxies = Annotated[int, BeforeValidator(_number(int, 0, 10, "must be a number of proxies from 0 to 10"))]
Rate = Annotated[float, BeforeValidator(_number(float, 1, 100, "must be a number from 1 to 100"))]
Seconds = Annotated[float, BeforeValidator(_number(float, 1, 600, "must be a number of seconds from 1 to 600"))]
TopicArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,251}(\.fifo)?",
            "must be the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME",
        )
    ),
]
EventBusArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[/.\w-]{1,256}",
            "must be the ARN of an event bus, arn:aws:events:REGION:ACCOUNT:event-bus/NAME",
        )
    ),
]
_ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+"
_MAIL_FROM = "must be an address, teambot@example.com or TEAM Bot <teambot@example.com>"
MailFrom = Annotated[str, AfterValidator(_matching(rf"{_ADDRESS}|[\w .-]{{1,60}} <{_ADDRESS}>", _MAIL_FROM))]
Bucket = Annotated[
    str,
    AfterValidator(_matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "must be a bucket's name, without s3:// or a path")),
]
KeyPrefix = Annotated[
    str,
    AfterValidator(_matching(r"(?!/)[\w!.*'()/=-]{0,200}", "must be the beginning of a key, without a slash in front")),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
TrailFormat = Annotated[Literal["jsonl", "ocsf", "csv"], BeforeValidator(_one_of("jsonl", "ocsf", "csv"))]
SlackEmail = Annotated[Literal["confirmed", "directory"], BeforeValidator(_one_of("confirmed", "directory"))]
Traces = Annotated[Literal["otlp"], BeforeValidator(_exactly("otlp"))]
LogFormat = Annotated[Literal["json", "console"], BeforeValidator(_one_of("json", "console"))]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], BeforeValidator(_one_of("debug", "info", "warning", "error"))
]


_ACTIVITY_NEEDS = {
    "athena": ("TEAMBOT_ATHENA_DATABASE", "TEAMBOT_ATHENA_TABLE"),
    "cloudwatch": ("TEAMBOT_ACTIVITY_LOG_GROUPS",),
    "cloudtrail-lake": ("TEAMBOT_ACTIVITY_EVENT_DATA_STORE",),
}


def missing_of_activity(given: Mapping[str, str]) -> list[str]:
    """A line for each variable that the chosen source of session activity needs and lacks."""
    source = given.get("TEAMBOT_ACTIVITY_SOURCE", "").strip().lower()
    missing = [name for name in _ACTIVITY_NEEDS.get(source, ()) if name not in given]
    return [f"{name} is missing: TEAMBOT_ACTIVITY_SOURCE={source} needs it" for name in missing]
