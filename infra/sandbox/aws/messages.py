"""SNS and EventBridge, as far as the bot asks them: topics and event buses that keep what they were given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .operation import Answer, Operation
from .wire import AwsError, Call

_LARGEST = 262_144
_ATTRIBUTE = "MessageAttributes.entry."


@dataclass(frozen=True, slots=True)
class Published:
    """One message of a topic or a bus; ``about`` is what stands beside the body."""

    body: str
    about: Mapping[str, str]


@dataclass(slots=True)
class Messages:
    """Every topic and bus of the account that was made by hand, by its ARN, and what arrived there."""

    arrived: dict[str, list[Published]] = field(default_factory=dict)

    def make(self, arn: str) -> None:
        self.arrived.setdefault(arn, [])

    def operations(self) -> dict[str, dict[str, Operation]]:
        """By service."""
        return {
            "sns": {"Publish": self._publish, "GetTopicAttributes": self._topic},
            "events": {"PutEvents": self._put, "DescribeEventBus": self._bus},
        }

    def _publish(self, call: Call) -> Answer:
        arn, body = str(call.arguments["TopicArn"]), str(call.arguments["Message"])
        if arn not in self.arrived:
            raise AwsError("NotFound", "Topic does not exist", 404)
        if len(body.encode()) > _LARGEST:
            raise AwsError("InvalidParameter", "Invalid parameter: Message too long")
        group = str(call.arguments.get("MessageGroupId", ""))
        if arn.endswith(".fifo") and not group:
            message = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
            raise AwsError("InvalidParameter", message)
        about = {"group": group, "deduplication": str(call.arguments.get("MessageDeduplicationId", ""))}
        self.arrived[arn].append(Published(body, about | _attributes(call.arguments)))
        return {"MessageId": call.request_id}

    def _topic(self, call: Call) -> Answer:
        arn = str(call.arguments["TopicArn"])
        if arn not in self.arrived:
            raise AwsError("NotFound", "Topic does not exist", 404)
        return {"Attributes": {"entry": {"key": "TopicArn", "value": arn}}}

    def _put(self, call: Call) -> Answer:
        answers = [self._entry(entry, f"{call.request_id}-{number}") for number, entry in enumerate(_entries(call))]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}

    def _entry(self, entry: Mapping[str, Any], id_: str) -> dict[str, str]:
        """An entry that is refused fails by itself: the call does not (EventBridge API reference, PutEvents)."""
        bus, detail = str(entry.get("EventBusName", "default")), str(entry.get("Detail", ""))
        if bus not in self.arrived:
            return {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"Event bus {bus} does not exist."}
        try:
            is_object = isinstance(json.loads(detail), dict)
        except ValueError:
            is_object = False
        if not is_object:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        about = {"source": str(entry["Source"]), "type": str(entry["DetailType"])}
        self.arrived[bus].append(Published(detail, about))
        return {"EventId": id_}

    def _bus(self, call: Call) -> Answer:
        name = str(call.arguments.get("Name", "default"))
        for arn in self.arrived:
            if arn.endswith(f":event-bus/{name}"):
                return {"Name": name, "Arn": arn}
        raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def _entries(call: Call) -> list[Mapping[str, Any]]:
    return list(call.arguments.get("Entries", ()))


def _attributes(form: Mapping[str, Any]) -> dict[str, str]:
    """Attributes of a message, which the query protocol numbers."""
    found: dict[str, str] = {}
    for name, value in form.items():
        if name.startswith(_ATTRIBUTE) and name.endswith(".Name"):
            found[str(value)] = str(form.get(f"{name.removesuffix('.Name')}.Value.StringValue", ""))
    return found
