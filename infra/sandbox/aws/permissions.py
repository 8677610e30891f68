"""The rights of each role: IAM's policies, checked at every call. A caller without any may do everything.

Knows what the documents of this repository use: Allow and Deny, Action, Resource, and four operators of conditions.
"""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from . import refusals
from .callers import Caller
from .needs import Need
from .wire import AwsError, Call

Document = Mapping[str, Any]

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "ForAllValues:StringEquals": lambda value, wanted: value == wanted,
    "StringLike": fnmatchcase,
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
}


class Permissions:
    """Policies by the names of roles, and what of them was used."""

    def __init__(self, documents: Mapping[str, list[Document]]) -> None:
        self.documents = dict(documents)
        #: Actions that were allowed, by role.
        self.used: dict[str, set[str]] = {}

    def check(self, caller: Caller, call: Call, needs: list[Need]) -> None:
        """AWS's refusal unless everything that the call needs is allowed."""
        if caller.role not in self.documents:
            return
        for need in needs:
            if self.decision(caller.role, need) != "allowed":
                raise _refused(caller, call, need)
            self.used.setdefault(caller.role, set()).add(need.action)

    def decision(self, role: str, need: Need) -> str:
        """`allowed`, `explicitDeny` or `implicitDeny`, in the words of IAM's simulator."""
        if role not in self.documents:
            return "allowed"
        effects = {s["Effect"] for document in self.documents[role] for s in document["Statement"] if _fits(s, need)}
        if "Deny" in effects:
            return "explicitDeny"
        return "allowed" if "Allow" in effects else "implicitDeny"


def _fits(statement: Mapping[str, Any], need: Need) -> bool:
    acts = any(fnmatchcase(need.action.lower(), each.lower()) for each in _listed(statement["Action"]))
    on = any(fnmatchcase(need.resource, each) for each in _listed(statement["Resource"]))
    return acts and on and all(_conditions(statement.get("Condition", {}), need))


def _conditions(conditions: Mapping[str, Mapping[str, Any]], need: Need) -> Iterator[bool]:
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            value = need.context.get(key)
            yield value is not None and any(_OPERATORS[operator](value, each) for each in _listed(wanted))


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _refused(caller: Caller, call: Call, need: Need) -> AwsError:
    if need.action == "kms:Decrypt":
        return refusals.key_unusable(call.service, "key_denied")
    said = (
        f"User: {caller.arn} is not authorized to perform: {need.action} on resource: {need.resource} "
        f"because no identity-based policy allows the {need.action} action"
    )
    return refusals.denied(call.service, said)
