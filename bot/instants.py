"""An instant on the command line, in UTC unless it says another zone."""

from datetime import UTC, datetime
from typing import Any

import click


class InstantType(click.ParamType[datetime]):
    """As ISO 8601 writes it: a day, or a day and a time. What it converts to is in UTC and names no zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value).strip())
        except ValueError:
            self.fail(f"{value!r} is no instant: write 2026-10-01 or 2026-10-01T02:00 (UTC).", param, ctx)
        return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)


INSTANT = InstantType()
