"""sts AssumeRole: credentials that stand for another account. Only for the roles that the conduct allows."""

import re
from datetime import UTC, datetime, timedelta

from infra.sandbox.aws.callers import SECRET_KEY, SESSION_TOKEN
from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/([\w+=,.@-]+)", re.ASCII)


_SSO = re.compile(r"AWSReservedSSO_([\w+=,.@-]+)_[0-9a-f]{16}", re.ASCII)


def _is_sso(world: World, role: str, session: str) -> bool:
    """A session such as the access portal gives to a user. In AWS nobody assumes these roles; here everybody may."""
    found = _SSO.fullmatch(role)
    known = found is not None and world.permission_sets.named(found[1]) is not None
    return known and next(world.directory.users_named(session), None) is not None


def assume_role(world: World) -> Operation:
    """The operation, for the roles of any account of the organization."""

    def answer(call: Call) -> Answer:
        arn = str(call.arguments["RoleArn"])
        found = _ROLE.fullmatch(arn)
        known = found is not None and found[1] in world.organization.accounts
        session = call.arguments["RoleSessionName"]
        is_open = found is not None and (found[2] in world.conduct.assumable_roles or _is_sso(world, found[2], session))
        if found is None or not known or not is_open:
            message = (
                f"User: {world.callers.of(call).arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            )
            raise AwsError("AccessDenied", message, 403)
        key = world.callers.assume(found[1], found[2], call.arguments["RoleSessionName"])
        lasts = world.conduct.role_session_seconds or int(call.arguments.get("DurationSeconds", 3600))
        until = datetime.fromtimestamp(world.clock(), UTC) + timedelta(seconds=lasts)
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": SECRET_KEY,
                "SessionToken": f"{SESSION_TOKEN}{key}",
                "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "AssumedRoleUser": {
                "AssumedRoleId": f"AROALOCALSANDBOX00000:{call.arguments['RoleSessionName']}",
                "Arn": f"arn:aws:sts::{found[1]}:assumed-role/{found[2]}/{call.arguments['RoleSessionName']}",
            },
        }

    return answer
