"""The calls of the HTTP API as a table, and its OpenAPI document."""

import json
from typing import Any, cast

from bot import __version__
from handlers.api.openapi import BASE, describe
from handlers.api.operations import operations
from handlers.api.policy_calls import PolicyCalls, PolicyDocuments
from tests.reference.markdown import code, table
from tests.repo.tree import ROOT

OPENAPI = ROOT / "docs/openapi.json"
_NONE = PolicyCalls(cast("PolicyDocuments", None))


def document() -> dict[str, Any]:
    return describe(operations(_NONE), __version__)


def openapi() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def calls() -> str:
    rows = [
        (code(f"{each.method} {BASE}{each.path}"), code(each.scope.value) if each.scope else "any", each.does)
        for each in operations(_NONE)
    ]
    return table(("Call", "Scope", "Does"), rows)
