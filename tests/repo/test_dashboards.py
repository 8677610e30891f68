"""The alert rules and the dashboard: Prometheus's own tools take them, and they name nothing that is not there."""

import inspect
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import ticks
from tests.reference.metric_list import all_metrics
from tests.repo.test_documents import anchors
from tests.repo.tree import ROOT

FOLDER = ROOT / "infra/dashboards"
RULES, TESTS, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "alerts_test.yml", FOLDER / "teambot.json"
SERIES = {name: metric for metric in all_metrics() for name in metric.series}
SELECTED = re.compile(r"\b(teambot_\w+)(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"le", "job", "instance"}


def rules() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def queries() -> Iterator[str]:
    """The queries of the dashboard, as Grafana fills them in."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*")


def expressions() -> list[str]:
    return [*(rule["expr"] for rule in rules()), *queries()]


def promtool(*arguments: object, folder: Path = FOLDER) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", RULES)


def test_prometheus_raises_each_alert_when_it_must_and_none_while_all_is_well() -> None:
    promtool("test", "rules", TESTS)


def test_prometheus_takes_every_query_of_the_dashboard(tmp_path: Path) -> None:
    recorded = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}), encoding="utf-8")

    assert len(recorded) > 30
    promtool("check", "rules", file, folder=tmp_path)


def test_every_metric_and_label_that_is_asked_for_is_there() -> None:
    for expression in expressions():
        asked = {name: re.findall(r"(\w+)(?:=~|!~|!=|=)", chosen) for name, chosen in SELECTED.findall(expression)}
        assert asked, expression
        assert asked.keys() <= SERIES.keys(), expression
        known = OF_PROMETHEUS.union(*(SERIES[name].labels for name in asked))
        grouped = [label.strip() for labels in BY.findall(expression) for label in labels.split(",")]
        assert known.issuperset([*grouped, *(label for labels in asked.values() for label in labels)]), expression


def test_every_round_that_an_alert_names_is_there() -> None:
    there = re.findall(r'Tick\("([\w ]+)"', inspect.getsource(ticks))
    named = re.findall(r'tick=~"([^"]*)"', RULES.read_text(encoding="utf-8"))

    assert named
    assert {tick for each in named for tick in each.split("|")} <= set(there)


def test_every_metric_is_on_the_dashboard() -> None:
    asked = {SERIES[name].name for query in queries() for name, _ in SELECTED.findall(query)}

    assert {metric.name for metric in all_metrics()} - asked == set()


def test_every_alert_says_how_bad_it_is_and_leads_to_what_to_do() -> None:
    places = anchors(ROOT / "docs/operations.md")
    for rule in rules():
        annotations = rule["annotations"]
        document, _, place = annotations["runbook_url"].partition("#")
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, rule["alert"]
        assert annotations.keys() == {"summary", "description", "runbook_url"}, rule["alert"]
        assert document == "docs/operations.md"
        assert place in places, rule["alert"]


def test_every_alert_has_a_test_that_raises_it() -> None:
    tried = TESTS.read_text(encoding="utf-8")
    raised = set(re.findall(r'(?:exp_samples:|- \{ labels:) .*?alertname="(\w+)"|alertname: (\w+)', tried))

    assert {rule["alert"] for rule in rules()} == {name for found in raised for name in found if name}


def test_the_panels_of_the_dashboard_stand_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
