"""Every metric at ``/metrics``, the process's own included."""

from dataclasses import dataclass

from prometheus_client.metrics import MetricWrapperBase

from bot.metrics import Metrics
from tests.reference.markdown import code
from tests.reference.markdown import table as markdown_table


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as Prometheus names it. ``series`` are the names of its samples."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    @property
    def series(self) -> tuple[str, ...]:
        parts = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return tuple(f"{self.name}{part}" for part in parts)


def all_metrics() -> tuple[Metric, ...]:
    """In the order of their names."""
    collectors = set(Metrics("1").registry._names_to_collectors.values())
    return tuple(sorted((_metric(each) for each in collectors if isinstance(each, MetricWrapperBase)), key=_name))


def table() -> str:
    rows = ((code(each.name), each.kind, " ".join(map(code, each.labels)), each.meaning) for each in all_metrics())
    return markdown_table(("Metric", "Kind", "Labels", "Meaning"), rows)


def _metric(collector: MetricWrapperBase) -> Metric:
    kind = str(collector._type)
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    labels = ("version",) if kind == "info" else tuple(collector._labelnames)
    return Metric(f"{collector._name}{suffix}", kind, labels, collector._documentation)


def _name(metric: Metric) -> str:
    return metric.name
