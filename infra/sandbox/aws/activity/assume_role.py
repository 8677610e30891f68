"""sts AssumeRole: credentials that stand for another account. Only for the roles that the conduct allows."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/([\w+=,.@-]+)", re.ASCII)


def assume_role(world: World) -> Operation:
    """The operation, for the roles of any account of the organization."""

    def answer(call: Call) -> Answer:
        arn = str(call.arguments["RoleArn"])
        found = _ROLE.fullmatch(arn)
        known = found is not None and found[1] in world.organization.accounts
        if found is None or not known or found[2] not in world.conduct.assumable_roles:
            me = f"arn:aws:sts::{world.caller_account_id}:assumed-role/TeamBot/local"
            message = f"User: {me} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise AwsError("AccessDenied", message, 403)
        key = f"ASIA{uuid4().hex[:16].upper()}"
        world.assumed[key] = found[1]
        until = datetime.now(UTC) + timedelta(seconds=int(call.arguments.get("DurationSeconds", 3600)))
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": "opens-nothing",
                "SessionToken": "opens-nothing",
                "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "AssumedRoleUser": {
                "AssumedRoleId": f"AROALOCALSANDBOX00000:{call.arguments['RoleSessionName']}",
                "Arn": f"arn:aws:sts::{found[1]}:assumed-role/{found[2]}/{call.arguments['RoleSessionName']}",
            },
        }

    return answer
