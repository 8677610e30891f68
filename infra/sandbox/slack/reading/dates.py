"""`<!date^…>` as its reader sees it: own time zone, own clock, days near today by name."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from infra.sandbox.slack.model import User

_TOKEN = re.compile(r"\{(\w+)\}")
_NEAR = {0: "today", -1: "yesterday", 1: "tomorrow"}


def spoken_date(unix: int, pattern: str, reader: User, now: float) -> str:
    """The pattern with every token Slack knows put into words; unknown tokens stay as they are."""
    zone = ZoneInfo(reader.tz)
    at = dt.datetime.fromtimestamp(unix, zone)
    today = dt.datetime.fromtimestamp(now, zone).date()
    return _TOKEN.sub(lambda token: _put(token[1], at, today, reader, now) or token[0], pattern)


def _put(token: str, at: dt.datetime, today: dt.date, reader: User, now: float) -> str:
    if token in ("time", "time_secs"):
        return _time(at, reader, seconds=token == "time_secs")
    if token == "ago":
        return _ago(int(now - at.timestamp()))
    name, pretty = token.removesuffix("_pretty"), token.endswith("_pretty")
    near = _NEAR.get((at.date() - today).days, "") if pretty else ""
    return near or _date(name, at)


def _date(name: str, at: dt.datetime) -> str:
    long = f"{at:%B} {at.day}{_ordinal(at.day)}, {at.year}"
    return {
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%m/%d/%Y}",
        "date": long,
        "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A}, {long}",
        "day_divider": f"{at:%A}, {at:%B} {at.day}{_ordinal(at.day)}",
    }.get(name, "")


def _time(at: dt.datetime, reader: User, *, seconds: bool) -> str:
    tail = f":{at:%S}" if seconds else ""
    if reader.clock_24h:
        return f"{at:%H:%M}{tail}"
    return f"{at.hour % 12 or 12}:{at:%M}{tail} {'AM' if at.hour < 12 else 'PM'}"


def _ago(seconds: int) -> str:
    size = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if size >= length:
            count = size // length
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def _ordinal(day: int) -> str:
    if 10 < day < 14:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
