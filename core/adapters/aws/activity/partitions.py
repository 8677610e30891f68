"""By what a table over CloudTrail's bucket is partitioned, and what of it a question needs.

CloudTrail files an event under the account, the region and the day on which it was delivered, which may be the day
after it happened. How a table names these is free; the names known here are those that AWS's own examples and
common generators use. What is not known here prunes nothing, and the limit on what is scanned still holds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.adapters.aws.activity.sql import literal
from core.domain.activity import ActivityQuery

DELIVERED_WITHIN = timedelta(hours=2)
_ACCOUNT = frozenset({"account", "accountid", "account_id", "aws_account_id"})
_DAY = frozenset({"timestamp", "date", "day", "dt", "eventdate", "event_date", "partition_date"})
_PARTS = ("year", "month", "day")
_SORTED = re.compile("yyyy([-/_.]?)MM([-/_.]?)dd")
"""Days written so sort as text, which a range of them relies on. In any other range some would silently be missing."""


@dataclass(frozen=True, slots=True)
class Partition:
    """``form`` is how a day is written; empty where that is not known."""

    name: str
    is_number: bool = False
    form: str = ""


def read(keys: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]) -> tuple[Partition, ...]:
    """From the table's metadata; the format of days stands in the parameters of partition projection."""
    found = []
    for key in keys:
        name = str(key["Name"]).lower()
        written = parameters.get(f"projection.{name}.format", "")
        is_number = str(key.get("Type", "string")).lower() in {"int", "integer", "bigint", "smallint", "tinyint"}
        found.append(Partition(name, is_number, _strftime(written)))
    return tuple(found)


def conditions(partitions: Sequence[Partition], query: ActivityQuery) -> list[str]:
    """SQL for what of the table is needed."""
    return [*_accounts(partitions, query), *_days(partitions, query)]


def _accounts(partitions: Sequence[Partition], query: ActivityQuery) -> Iterator[str]:
    for partition in partitions:
        if partition.name in _ACCOUNT:
            yield f'"{partition.name}" = {query.account if partition.is_number else literal(query.account)}'


def _days(partitions: Sequence[Partition], query: ActivityQuery) -> Iterator[str]:
    by_name = {partition.name: partition for partition in partitions}
    first, last = query.start_at.date(), (query.end_at + DELIVERED_WITHIN).date()
    if set(_PARTS) <= set(by_name):
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        yield "(" + " OR ".join(_one_day([by_name[part] for part in _PARTS], day) for day in days) + ")"
        return
    for partition in _whole_days(partitions)[:1]:
        between = (literal(day.strftime(partition.form)) for day in (first, last))
        yield f'"{partition.name}" BETWEEN {" AND ".join(between)}'


def has_days(partitions: Sequence[Partition]) -> bool:
    """True if a query scans only the days that it needs."""
    return set(_PARTS) <= {partition.name for partition in partitions} or bool(_whole_days(partitions))


def _whole_days(partitions: Sequence[Partition]) -> list[Partition]:
    return [each for each in partitions if each.name in _DAY and each.form and not each.is_number]


def _one_day(partitions: Sequence[Partition], day: date) -> str:
    each = (
        f'"{partition.name}" {_is_number(partition, value)}'
        for partition, value in zip(partitions, (day.year, day.month, day.day), strict=True)
    )
    return f"({' AND '.join(each)})"


def _is_number(partition: Partition, value: int) -> str:
    """As text with or without the nought in front, as whoever added the partitions wrote it."""
    if partition.is_number:
        return f"= {value}"
    padded, bare = literal(f"{value:02}"), literal(str(value))
    return f"= {bare}" if padded == bare else f"IN ({padded}, {bare})"


def _strftime(written: str) -> str:
    """``yyyy/MM/dd`` as Python writes it; empty for another than day by day, the year first."""
    found = _SORTED.fullmatch(written)
    return f"%Y{found[1]}%m{found[2]}%d" if found else ""
