"""Charts are drawn by a process of their own: whatever people are called, and whatever goes wrong with it."""

import io
import struct
import sys
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
import structlog
from structlog.testing import capture_logs

from core.adapters import charts as charts_adapter
from core.adapters.charts import MatplotlibPainter
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.ports import Chart, Series

HOSTILE = ("$x^2$ </text><script>alert(1)</script>", "林 美咲 🎉", r"\frac{", "&amp; % _", "Zoë")
RANKED = Chart(
    "People <b>", HOSTILE, (Series("granted", (1, 2, 3, 4, 5)), Series("$", (0, 0, 1, 0, 0))), "requests", ""
)
OVER_TIME = Chart("Days", tuple(f"{n} Mar" for n in range(1, 46)), (Series("a", (1.0,) * 45),), "r", "", over_time=True)
EMPTY = Chart("Nothing", (), (Series("a", ()),), "requests", "")
NOTHING_YET = Chart("Zeros", ("1 Mar",), (Series("a", (0.0,)), Series("b", (0.0,))), "requests", "", over_time=True)
ALL = (RANKED, OVER_TIME, EMPTY, NOTHING_YET)


async def test_one_picture_has_all_charts_whatever_people_are_called() -> None:
    drawn = await MatplotlibPainter().picture("Access report", [("Requests", "5"), ("$ < &", "x" * 90)], ALL)
    assert drawn.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", drawn[16:24])
    assert 1000 < width < 2500
    assert 1000 < height < 2500


async def test_each_chart_is_a_drawing_that_runs_nothing() -> None:
    drawings = await MatplotlibPainter().drawings(ALL)
    assert len(drawings) == len(ALL)
    for drawing in drawings:
        names = {element.tag.rpartition("}")[2] for _, element in ET.iterparse(io.StringIO(drawing))}  # noqa: S314
        assert "svg" in names
        assert names.isdisjoint({"script", "foreignObject", "image", "a"})


async def test_what_draws_is_given_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    program = "import json, os, sys; sys.stdin.read(); json.dump(sorted(os.environ), sys.stdout)"
    known = await _painter(program).drawings(())
    assert "MPLCONFIGDIR" in known
    assert "SLACK_BOT_TOKEN" not in known


async def test_without_the_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_adapter, "LIBRARY", "there_is_no_such_library")
    with pytest.raises(UpstreamRefused, match=r"pip install 'teambot\[report\]'") as refused:
        await MatplotlibPainter().drawings(ALL)
    assert refused.value.side is Side.BOT


async def test_a_process_that_fails_is_told_of_and_its_complaint_is_logged_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charts_adapter, "log", structlog.get_logger())  # as logging is set up now, not at its first use
    with capture_logs() as logged, pytest.raises(UpstreamRefused, match="see the log") as refused:
        await _painter("import sys; sys.exit('no fonts of Ada')").drawings(ALL)
    assert "Ada" not in str(refused.value)
    assert ["no fonts of Ada" in line["said"] for line in logged] == [True]


async def test_a_process_that_stands_still_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_adapter, "DRAWN_WITHIN", 0.2)
    with pytest.raises(UpstreamBusy, match="not drawn in time"):
        await _painter("import time; time.sleep(600)").drawings(ALL)


def _painter(program: str) -> MatplotlibPainter:
    command: Sequence[str] = (sys.executable, "-c", program)
    return MatplotlibPainter(command)
