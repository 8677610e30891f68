"""The configuration of a source of session activity: which one, where it is, and how much may be read of it."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

GIGABYTE = 1_000_000_000
MOST_EVENTS = 10_000
"""Events read for one question; CloudWatch Logs Insights returns no more (quotas)."""


class SourceName(StrEnum):
    ATHENA = "athena"
    CLOUDWATCH = "cloudwatch"
    LAKE = "cloudtrail-lake"
    LOOKUP = "lookup-events"


@dataclass(frozen=True, slots=True)
class AthenaTable:
    """The table over the trail's bucket. ``output`` is empty where the workgroup says where results go."""

    database: str = ""
    table: str = ""
    workgroup: str = "primary"
    output: str = ""
    catalog: str = "AwsDataCatalog"


@dataclass(frozen=True, slots=True)
class SourceConfiguration:
    """``role`` is assumed to read; ``{account}`` in it stands for the account that is looked into."""

    source: SourceName
    region: str = ""
    """The Region of the source; empty: that of Identity Center."""
    role: str = ""
    most_scanned: int = 100 * GIGABYTE
    """Bytes; a question that scans more is stopped."""
    patience: timedelta = timedelta(minutes=3)
    """A question that takes longer is stopped."""
    most_events: int = MOST_EVENTS
    athena: AthenaTable = field(default_factory=AthenaTable)
    log_groups: tuple[str, ...] = ()
    event_data_store: str = ""
    regions: tuple[str, ...] = ()
    """Those that LookupEvents asks in, one after the other."""
