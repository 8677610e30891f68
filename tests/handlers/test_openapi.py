"""The OpenAPI document says what the API does: no call is missing, and nothing in it leads nowhere."""

import json
from collections.abc import Iterator
from typing import Any

from core.domain.machines import Scope
from handlers.api.openapi import BASE
from tests.reference.api import OPENAPI, document, openapi

DOCUMENT = document()


def _references(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        yield from (value for key, value in found.items() if key == "$ref")
        for each in found.values():
            yield from _references(each)
    elif isinstance(found, list):
        for each in found:
            yield from _references(each)


def test_the_document_in_the_docs_is_made_of_the_same_models() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == openapi(), "run `make reference`"


def test_every_reference_leads_to_a_schema() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(_references(DOCUMENT)) <= known


def test_each_scope_opens_something_and_each_call_has_a_name_of_its_own() -> None:
    calls = [call for path in DOCUMENT["paths"].values() for call in path.values()]
    assert {call["x-scope"] for call in calls if "x-scope" in call} == {scope.value for scope in Scope}
    assert len({call["operationId"] for call in calls}) == len(calls)
    assert all("default" in call["responses"] for call in calls if call.get("security") != [])


def test_no_call_decides_anything() -> None:
    assert not [
        path for path in DOCUMENT["paths"] if any(word in path for word in ("approve", "reject", "decide", "vote"))
    ]
    assert f"{BASE}/requests/{{id}}/end" in DOCUMENT["paths"]


def test_what_a_call_brings_is_read_strictly_and_every_field_is_bounded() -> None:
    schema = DOCUMENT["components"]["schemas"]["FileRequest"]
    assert schema["additionalProperties"] is False
    bounds = [{"maxLength", "maxItems"} & field.keys() for field in schema["properties"].values()]
    assert all(bounds), json.dumps(schema)
