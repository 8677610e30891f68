"""The OpenAPI 3.1 document, made of the table of operations and of their models."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.api.models import ProblemDocument, SigningDocument
from handlers.api.operations import Answer, ApiOperation, Parameter
from handlers.api.problems import PROBLEM

BASE = "/api/v1"
_SCHEMA = "#/components/schemas/{model}"
_INTRODUCTION = (
    "Temporary elevated access to AWS. A token acts for the admin who made it, within its scopes, and decides nothing."
)


def describe(operations: Iterable[ApiOperation], version: str) -> dict[str, Any]:
    """The whole document, as JSON values."""
    several = tuple(operations)
    paths: dict[str, Any] = {}
    for each in several:
        paths.setdefault(BASE + each.path, {})[each.method.lower()] = _operation(each)
    paths[f"{BASE}/signing"] = {"get": _signing()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "TEAM Bot", "version": version, "description": _INTRODUCTION},
        "paths": paths,
        "components": {
            "schemas": _schemas(several),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token that an admin made: `tb_…`."},
                "terminal": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`TeamBot-AWS …`: a GetCallerIdentity signed for this call, by `teambot request`.",
                },
            },
        },
        "security": [{"token": []}, {"terminal": []}],
    }


def _operation(each: ApiOperation) -> dict[str, Any]:
    answers = {str(status.value): _content(status.phrase, given) for status, given in each.gives.items()}
    problem = {"description": "A problem", "content": {PROBLEM: {"schema": _ref(ProblemDocument)}}}
    found: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.does,
        "responses": {**answers, "default": problem},
    }
    if each.scope is not None:
        found["description"] = f"Scope: `{each.scope.value}`."
        found["x-scope"] = each.scope.value
    if each.parameters:
        found["parameters"] = [_parameter(one) for one in each.parameters]
    if each.takes is not None:
        found["requestBody"] = {"required": True, "content": _media(each.takes)}
    return found


def _signing() -> dict[str, Any]:
    return {
        "operationId": "readSigning",
        "summary": "Says what a call from a terminal is signed for.",
        "security": [],
        "responses": {"200": _content("OK", SigningDocument)},
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "description": one.does,
        "required": one.is_required,
        "schema": {"type": "integer" if one.is_number else "string"},
    }


def _content(said: str, given: Answer) -> dict[str, Any]:
    return {"description": said, "content": _media(given)}


def _media(given: Answer) -> dict[str, Any]:
    if isinstance(given, str):
        return {given: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": _ref(given)}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMA.format(model=model.__name__)}


def _schemas(several: Iterable[ApiOperation]) -> dict[str, Any]:
    """Answers as they are written, bodies as they are read."""
    taken = {each.takes for each in several if isinstance(each.takes, type)}
    given = {one for each in several for one in each.gives.values() if isinstance(one, type)}
    given |= {ProblemDocument, SigningDocument}
    wanted = [
        *((model, "validation") for model in sorted(taken, key=lambda model: model.__name__)),
        *((model, "serialization") for model in sorted(given, key=lambda model: model.__name__)),
    ]
    _, schema = models_json_schema(wanted, ref_template=_SCHEMA)  # type: ignore[arg-type]
    found: dict[str, Any] = schema["$defs"]
    return found
