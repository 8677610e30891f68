"""The event history of one account and region: management events of ninety days, newest first."""

import json
from typing import Any

from infra.sandbox.aws.cloudtrail.trail import Entry
from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.pages import page
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

PAGE = 50
MEMORY = 90 * 86_400


class LookupOperations:
    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Operation]:
        return {"LookupEvents": self.look_up}

    def look_up(self, call: Call) -> Answer:
        attributes = call.arguments.get("LookupAttributes", [])
        if len(attributes) > 1:
            raise AwsError("InvalidLookupAttributesException", "You can look up by one attribute only.")
        if call.arguments.get("MaxResults", PAGE) > PAGE:
            raise AwsError("InvalidMaxResultsException", "MaxResults is 50 at most.")
        since, until = self._range(call)
        account = self._world.callers.of(call).account
        found = [
            entry
            for entry in reversed(self._world.trail.entries(account))
            if since <= entry.at <= until and _is_here(entry, call.region) and _fits(entry, attributes)
        ]
        return page(call, "Events", found, PAGE, _described)

    def _range(self, call: Call) -> tuple[float, float]:
        now = self._world.clock()
        since = call.arguments.get("StartTime", now - MEMORY)
        until = call.arguments.get("EndTime", now)
        if since > until:
            raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
        return max(since, now - MEMORY), until


def _is_here(entry: Entry, region: str) -> bool:
    return (entry.record["awsRegion"], entry.record["eventCategory"]) == (region, "Management")


def _fits(entry: Entry, attributes: list[dict[str, str]]) -> bool:
    described = _described(entry)
    names = {"EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId"}
    for attribute in attributes:
        if attribute["AttributeKey"] not in names:
            raise AwsError("InvalidLookupAttributesException", "This attribute is not looked up here.")
        if described[attribute["AttributeKey"]] != attribute["AttributeValue"]:
            return False
    return True


def _described(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "AccessKeyId": record["userIdentity"]["accessKeyId"],
        "EventTime": int(entry.at),
        "EventSource": record["eventSource"],
        "Username": record["userIdentity"]["arn"].rpartition("/")[2],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }
