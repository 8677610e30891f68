"""The Slack app's scopes and events, and its manifest for Socket Mode."""

import yaml

from manifests.slack import EVENTS, SCOPES
from manifests.slack import manifest as build
from tests.reference.markdown import code, table
from tests.repo.tree import ROOT

MANIFEST = ROOT / "manifests/slack.yaml"
_HEAD = """\
# The Slack app for Socket Mode, to paste at api.slack.com/apps, "From a manifest", YAML: docs/slack.md says what to
# click. `teambot manifest` prints it for HTTP, or with another command than /team. Written by `make reference`.
"""


def scopes() -> str:
    return table(("Scope", "For"), ((code(name), what) for name, what in SCOPES.items()))


def events() -> str:
    return table(("Event", "Tells"), ((code(name), what) for name, what in EVENTS.items()))


def manifest() -> str:
    return _HEAD + yaml.safe_dump(build("socket"), sort_keys=False, allow_unicode=True, width=120)
