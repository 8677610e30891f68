"""The log of the process: one line an event, nothing secret in it, nothing people wrote to each other.

Everything goes through the standard library's root logger to standard error: structlog's events and those of the
libraries alike. Secrets are taken out of the finished line, so that they are found in tracebacks and foreign
messages too. Context (request, replica) is bound with ``structlog.contextvars.bound_contextvars``.
"""

import logging
import re
import secrets as randomness
import sys
from collections.abc import Callable, Iterable
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core.domain.ids import RequestId, show_request_id

LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

REDACTED = "[redacted]"
_SHORTEST_SECRET = 6
"""Shorter values are too likely to be part of something harmless."""

_SECRETS = re.compile(
    r"""
    \bxox[a-z](?:[.-][A-Za-z0-9]+)+         # Slack: bot, user, refresh and configuration tokens
    | \bxapp-[A-Za-z0-9-]+                  # Slack: app-level tokens
    | \bv0=[0-9a-f]{64}                     # Slack: signature of a request
    | (?<=hooks\.slack\.com/)[^\s"'\\<>]+   # Slack: response_url, which lets its holder answer
    | \beyJ[\w-]+\.[\w-]+\.[\w-]*              # Teams and AWS: a JSON Web Token, which speaks for its holder
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b         # AWS: access key id
    | \btb_[A-Za-z0-9_-]{43}                # the HTTP API: a token
    | (?<=TeamBot-AWS\ )[\w=-]+             # the HTTP API: a signed call, with the session token of whoever signed it
    | \bwhsec_[A-Za-z0-9+/=]+               # webhook: the key that events are signed with
    | (?<=://)[^\s/@:"']*:[^\s/@"']+(?=@)   # user and password in a URL
    """,
    re.VERBOSE,
)
_NAMED_SECRETS = re.compile(
    r"""((?:signing_?secret|secret_?access_?key|session_?token|security[_-]?token|client_?secret|password|authorization)
    \\*["']? \s*[=:]\s* (?:(?:Bearer|Basic)\s+)? \\*["']?) [^\s"'\\,;&}]+""",
    re.VERBOSE | re.IGNORECASE,
)

_VALUES = re.compile(
    r"""
    (\bDETAIL: | \bCONTEXT: | invalid\ input\ for\ query\ argument\ \$\d+: | invalid\ input\ syntax\ for\ [\w ]+:)
    .*? (?= \n\[SQL: | \n\nThe\ above\ exception | \n\nDuring\ handling | \Z)
    """,
    re.VERBOSE | re.DOTALL,
)
"""From where an error of PostgreSQL or its driver quotes a row or a value, to where the traceback goes on."""
_BODIES = frozenset({"body", "payload", "text", "blocks", "view", "message", "justification", "comment", "headers"})
_REQUESTS = frozenset({"request", "request_id"})
_TALKATIVE = (
    *("slack_bolt", "slack_sdk", "boto3", "botocore", "urllib3", "aiohttp.access"),
    *("apscheduler", "asyncio", "aiosqlite", "sqlalchemy.engine", "alembic.runtime.migration"),
)
"""Libraries that write whole requests, rows or every tick when asked for detail: never below warning."""
_TOLD_BY_US = ("botocore.credentials",)
"""Loggers that write a traceback at every call: the same trouble is logged once, in words, where it is met."""


def configure(
    style: LogFormat, level: LogLevel = "info", *, known: Iterable[str] = (), to: TextIO | None = None
) -> None:
    """Set up logging for the process; a second call replaces the first.

    ``known`` are secrets in plain text that have no telling form (a signing secret, a database password).
    """
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(_Formatter(style, redaction(known)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in _TOLD_BY_US:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def new_incident() -> str:
    """An id that finds the one log line of something unexpected."""
    return randomness.token_hex(4)


class _Hidden:
    """Secrets in plain text, longest first."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self.exact: re.Pattern[str] | None = None
        self.add(known)

    def add(self, values: Iterable[str]) -> None:
        self._values |= {value for value in values if len(value) >= _SHORTEST_SECRET}
        longest_first = sorted(self._values, key=len, reverse=True)
        self.exact = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


_LEARNED = _Hidden()
"""Secrets read since the logs were set up, for the whole process: a secret never stops being one."""


def hide(*secrets: str) -> None:
    """From now on take these out of every line as well: secrets that were read while the process runs."""
    _LEARNED.add(secrets)


def redaction(known: Iterable[str] = ()) -> Callable[[str], str]:
    """Make a function that takes secrets out of a line."""
    given = _Hidden(known)

    def redact(line: str) -> str:
        for hidden in (given.exact, _LEARNED.exact):
            if hidden is not None:
                line = hidden.sub(REDACTED, line)
        return _NAMED_SECRETS.sub(rf"\g<1>{REDACTED}", _SECRETS.sub(REDACTED, line))

    return redact


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders an event of anybody, and redacts the finished line."""

    def __init__(self, style: LogFormat, redact: Callable[[str], str]) -> None:
        super().__init__(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(style)],
        )
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return _visible(self._redact(super().format(record)))


def _visible(line: str) -> str:
    """The same with what an eye cannot see written out: names begin no line, and turn no terminal or line around.

    The escapes are those of JSON, which reads the same text out of them.
    """
    if line.isprintable():  # as nearly every line is
        return line
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in line)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _leave_out_bodies,
        _name_requests,
    ]


def _leave_out_bodies(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep what people wrote and what a platform sent out of the log, even when somebody passes it along."""
    for key in _BODIES & event.keys():
        event[key] = "[left out]"
    return event


def _name_requests(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A request is called what it is called everywhere: a line of the log is found by what a person was shown."""
    for key in _REQUESTS & event.keys():
        if isinstance(event[key], int):
            event[key] = show_request_id(RequestId(event[key]))
    return event


def _leave_out_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A database quotes rows and values in its errors: they are what people typed."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _VALUES.sub(r"\g<1> [left out]", event["exception"])
    return event


def _renderers(style: LogFormat) -> list[Processor]:
    traceback: list[Processor] = [structlog.processors.format_exc_info, _leave_out_values]
    if style == "console":
        shown = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        return [*traceback, shown]
    return [*traceback, structlog.processors.JSONRenderer(ensure_ascii=False)]
