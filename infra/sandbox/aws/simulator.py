"""The iam operation SimulatePrincipalPolicy: what a role would be allowed, without doing it."""

from . import refusals
from .needs import Need
from .operation import Answer, Operation
from .permissions import Permissions
from .wire import Call


def simulate(permissions: Permissions) -> Operation:
    """The operation, for the roles that have policies."""

    def answer(call: Call) -> Answer:
        role = str(call.arguments["PolicySourceArn"]).rpartition("/")[2]
        if role not in permissions.documents:
            raise refusals.no_such_entity(role)
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": permissions.decision(role, Need(action, resource)),
            }
            for action in call.arguments["ActionNames"]
            for resource in call.arguments.get("ResourceArns", ["*"])
        ]
        return {"EvaluationResults": results, "IsTruncated": "false"}

    return answer
