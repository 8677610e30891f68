"""By what a table over CloudTrail's bucket is partitioned, and what of it a question needs.

CloudTrail files an event under the account, the region and the day on which it was delivered, which may be the day
after it happened. How a table names these is free; the names known here are those that AWS's own examples and
common generators use. What is not known here prunes nothing, and the limit on what is scanned still holds.
"""

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
_DEFAULT_FORMAT = "yyyy/MM/dd"
_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}


@dataclass(frozen=True, slots=True)
class Partition:
    """``form`` is how a day is written, for one that is a day."""

    name: str
    is_number: bool = False
    form: str = ""


def read(keys: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]) -> tuple[Partition, ...]:
    """From the table's metadata; the format of days stands in the parameters of partition projection."""
    found = []
    for key in keys:
        name = str(key["Name"]).lower()
        written = parameters.get(f"projection.{name}.format", _DEFAULT_FORMAT)
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
    whole = [partition for partition in partitions if partition.name in _DAY and not partition.is_number]
    for partition in whole[:1]:
        between = (literal(day.strftime(partition.form)) for day in (first, last))
        yield f'"{partition.name}" BETWEEN {" AND ".join(between)}'


def _one_day(partitions: Sequence[Partition], day: date) -> str:
    values = (f"{day:%Y}", f"{day:%m}", f"{day:%d}")
    each = (
        f'"{partition.name}" = {int(value) if partition.is_number else literal(value)}'
        for partition, value in zip(partitions, values, strict=True)
    )
    return f"({' AND '.join(each)})"


def _strftime(written: str) -> str:
    """``yyyy/MM/dd`` as Python writes it; another than day by day is taken for the default."""
    form = written
    for theirs, ours in _FORMATS.items():
        form = form.replace(theirs, ours)
    return form if all(ours in form for ours in _FORMATS.values()) else _strftime(_DEFAULT_FORMAT)
