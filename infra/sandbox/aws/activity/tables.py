"""The trail as a table that SQL is asked of: DuckDB evaluates the question, so that every literal in it matters.

DuckDB is not Trino; both know what is asked here. It sees one table, in memory, and nothing else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from .questions import Answered, Row

_ISSUER = {"type": "VARCHAR", "principalid": "VARCHAR", "arn": "VARCHAR", "accountid": "VARCHAR", "username": "VARCHAR"}


def _identity(time_type: str) -> dict[str, Any]:
    return {
        "type": "VARCHAR",
        "principalid": "VARCHAR",
        "arn": "VARCHAR",
        "accountid": "VARCHAR",
        "invokedby": "VARCHAR",
        "accesskeyid": "VARCHAR",
        "username": "VARCHAR",
        "onbehalfof": {"userid": "VARCHAR", "identitystorearn": "VARCHAR"},
        "sessioncontext": {
            "attributes": {"mfaauthenticated": "VARCHAR", "creationdate": time_type},
            "sessionissuer": _ISSUER,
        },
    }


_RESOURCES = [{"arn": "VARCHAR", "accountid": "VARCHAR", "type": "VARCHAR"}]
_TEXTS = (
    *("eventversion", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode"),
    *("errormessage", "requestid", "eventid", "eventtype", "recipientaccountid", "eventcategory"),
)

#: As the Athena user guide has the table: everything in the record's own text.
ATHENA: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    "eventtime": "VARCHAR",
    "useridentity": _identity("VARCHAR"),
    "requestparameters": "VARCHAR",
    "responseelements": "VARCHAR",
    "readonly": "VARCHAR",
    "resources": _RESOURCES,
}
ATHENA_PARTITIONS = ("account", "region", "timestamp")
#: As the CloudTrail user guide has the schema of an event data store.
LAKE: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    "eventtime": "TIMESTAMP",
    "useridentity": _identity("TIMESTAMP"),
    "requestparameters": "MAP(VARCHAR, VARCHAR)",
    "responseelements": "MAP(VARCHAR, VARCHAR)",
    "readonly": "BOOLEAN",
    "resources": _RESOURCES,
}
_KEPT_AS_TEXT = ("requestparameters", "responseelements")
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\?")
_LITERAL = re.compile(r"'(?:[^']|'')*'|\d+(\.\d+)?")


class BadParametersError(ValueError):
    """The parameters are not literals, or not as many as the question marks."""


def with_parameters(sql: str, parameters: Sequence[str]) -> str:
    """The question with each `?` outside of a string replaced, in order."""
    if not all(_LITERAL.fullmatch(parameter) for parameter in parameters):
        raise BadParametersError("Execution parameters must be literals")
    left = list(parameters)

    def put(found: re.Match[str]) -> str:
        if found[0] != "?":
            return found[0]
        if not left:
            raise BadParametersError("Incorrect number of parameters: expected more")
        return left.pop(0)

    whole = _PARAMETER.sub(put, sql)
    if left:
        raise BadParametersError(f"Incorrect number of parameters: {len(left)} too many")
    return whole


def for_athena(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """With the partitions that the bucket's folders make."""
    return [
        {
            **_lowered(found, _as_json),
            "readonly": str(found["readOnly"]).lower(),
            "account": found["recipientAccountId"],
            "region": found["awsRegion"],
            "timestamp": str(found["eventTime"])[:10].replace("-", "/"),
        }
        for found in records
    ]


def for_lake(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_lowered(found, _as_map) for found in records]


def ask(sql: str, name: str, columns: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Answered:
    """The answer to one SELECT over one table; in the words of the service where there is none."""
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
        schema, _, table = name.rpartition(".")
        if schema:
            connection.execute(f'CREATE SCHEMA "{schema}"')
            connection.execute(f"SET schema = '{schema}'")
        quoted = f'"{schema}"."{table}"' if schema else f'"{table}"'
        connection.execute("CREATE MACRO json_format(found) AS CAST(found AS VARCHAR)")
        connection.execute(
            f"CREATE TABLE {quoted} AS SELECT unnest(from_json(record, ?)) "  # noqa: S608 - the sandbox's own name
            "FROM (SELECT unnest(?::VARCHAR[]) AS record)",
            [json.dumps(columns), [json.dumps(row) for row in rows]],
        )
        connection.execute("SET lock_configuration = true")
        try:
            return _answered(connection, sql)
        except duckdb.CatalogException as error:
            return Answered(failure=f"TABLE_NOT_FOUND: line 1:1: {error}")
        except duckdb.BinderException as error:
            return Answered(failure=f"COLUMN_NOT_FOUND: line 1:1: {error}")
        except duckdb.Error as error:
            return Answered(failure=f"SYNTAX_ERROR: line 1:1: {error}")


def _answered(connection: duckdb.DuckDBPyConnection, sql: str) -> Answered:
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        return Answered(failure="SYNTAX_ERROR: line 1:1: only one SELECT may be asked")
    found = connection.execute(statements[0])
    names = [column[0] for column in found.description or ()]
    rows: list[Row] = [dict(zip(names, map(_written, line), strict=True)) for line in found.fetchall()]
    return Answered(names, rows)


def _written(value: object) -> str | None:
    """As a result has its values: text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M:%S}.000"
    return str(value)


def _lowered(found: Mapping[str, Any], keep: Any) -> dict[str, Any]:
    """Names in lower case, as tables have them, at every depth that has columns."""
    return {
        name.lower(): keep(value) if name.lower() in _KEPT_AS_TEXT else _lower(value) for name, value in found.items()
    }


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lower(each) for name, each in value.items()}
    return [_lower(each) for each in value] if isinstance(value, list) else value


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _as_map(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in value.items()}
