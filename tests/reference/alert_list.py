"""Every alert rule, with how bad it is and where it leads."""

import re

import yaml

from tests.reference.markdown import code
from tests.reference.markdown import table as markdown_table
from tests.repo.tree import ROOT

RULES = ROOT / "infra/dashboards/alerts.yml"


def table() -> str:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    rows = (
        (
            code(rule["alert"]),
            rule["labels"]["severity"],
            _plain(rule["annotations"]["summary"]),
            f"[What to do]({rule['annotations']['runbook_url'].removeprefix('docs/')})",
        )
        for rule in rules
    )
    return markdown_table(("Alert", "Severity", "Says", ""), rows)


def _plain(template: str) -> str:
    """As it would read: a label by its name, a value as a number of something."""
    return re.sub(r"\{\{ \$value[^}]*\}\}", "N", re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"*\1*", template))
