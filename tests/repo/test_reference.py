"""The reference in the documents says what the code says: nothing is missing, and nothing is there that is gone."""

from pathlib import Path

import pytest
import yaml

from core.domain.setting_kinds import OneGroup
from core.domain.settings import SETTINGS, settings_of_kind
from tests.reference.metric_list import all_metrics
from tests.reference.parts import PARTS, Part, refreshed
from tests.reference.policy_keys import approval, eligibility, settings, written
from tests.repo.tree import ROOT

DOCUMENTS = sorted({part.document for part in PARTS})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_what_is_generated_is_up_to_date(document: Path) -> None:
    assert document.read_text(encoding="utf-8") == refreshed(document), "run `make reference`"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_each_part_stands_in_its_document_once(part: Part) -> None:
    assert part.document.read_text(encoding="utf-8").count(part.begin) == 1


@pytest.mark.parametrize("table", [settings(), eligibility(), approval()], ids=["settings", "eligibility", "approval"])
def test_every_key_of_a_policy_file_says_what_it_is_for(table: str) -> None:
    assert [row for row in table.splitlines() if row.endswith(("| |", "| None |"))] == []


def test_the_example_of_a_policy_file_has_every_setting_with_the_default_of_a_new_installation() -> None:
    """But for the groups, of which a new installation has none."""
    text = (ROOT / "docs/policies.md").read_text(encoding="utf-8")
    shown = yaml.load(text.partition("```yaml\n")[2].partition("```")[0], Loader=yaml.BaseLoader)["settings"]  # noqa: S506
    groups = {*settings_of_kind(OneGroup)}

    assert shown.keys() == SETTINGS.keys()
    assert {name: shown[name] for name in shown.keys() - groups} == written()["settings"]


def test_every_metric_is_named_by_prometheuss_conventions() -> None:
    """prometheus.io, metric and label naming: a prefix, base units, and `_total` for what only grows."""
    for metric in all_metrics():
        assert metric.name.startswith("teambot_"), metric
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric
        assert metric.kind != "histogram" or metric.name.endswith("_seconds"), metric
        assert metric.meaning.endswith("."), metric
