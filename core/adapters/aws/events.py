"""Events to an SNS topic and to an EventBridge event bus, one call an event, so that each keeps its place."""

from typing import Any

from core.adapters.aws.budget import Priority
from core.adapters.aws.roles import PROCESS, Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import OutgoingEvent

SOURCE = "teambot"
"""The source of events on the bus: rules match on it."""
GROUP = "teambot"
"""In a FIFO topic all events are one group: their order is kept."""
_FIFO = ".fifo"
_PASSING = frozenset({"InternalFailure", "InternalException", "ThrottlingException", "ServiceUnavailable"})
"""Codes of an entry that was not taken and may be later (EventBridge API reference, PutEvents)."""


class SnsTopic:
    """The ``EventReceiver`` of a topic, standard or FIFO. The type is an attribute, for filters of subscriptions."""

    def __init__(self, session: AwsSession, arn: str, role: Role = PROCESS) -> None:
        self._sns = session.service("sns", session.budgets.events, region=arn.split(":")[3], role=role)
        self._arn = arn

    async def send(self, event: OutgoingEvent) -> None:
        order = {"MessageGroupId": GROUP, "MessageDeduplicationId": event.id} if self._arn.endswith(_FIFO) else {}
        await self._sns.call(
            Priority.BACKGROUND,
            self._sns.client.publish,
            TopicArn=self._arn,
            Message=event.body,
            MessageAttributes={"type": {"DataType": "String", "StringValue": event.action}},
            **order,
        )

    async def check(self) -> str:
        """Look at the topic, and publish nothing."""
        found: Any = await self._sns.call(Priority.READ, self._sns.client.get_topic_attributes, TopicArn=self._arn)
        key = found["Attributes"].get("KmsMasterKeyId")
        return f"{self._arn} is there, {f'encrypted with {key}' if key else 'not encrypted with a key of its own'}"


class EventBus:
    """The ``EventReceiver`` of an event bus: source ``teambot``, the type as detail-type, the body as detail."""

    def __init__(self, session: AwsSession, arn: str, role: Role = PROCESS) -> None:
        self._events = session.service("events", session.budgets.events, region=arn.split(":")[3], role=role)
        self._arn = arn

    async def send(self, event: OutgoingEvent) -> None:
        """The call succeeds where an entry is refused: the entry's own answer counts."""
        entry = {"Source": SOURCE, "DetailType": event.action, "Detail": event.body, "EventBusName": self._arn}
        answer: Any = await self._events.call(Priority.BACKGROUND, self._events.client.put_events, Entries=[entry])
        if not answer.get("FailedEntryCount"):
            return
        refused = answer["Entries"][0]
        code, why = str(refused.get("ErrorCode", "")), f"EventBridge: {refused.get('ErrorMessage') or 'not taken'}"
        if code in _PASSING:
            raise UpstreamBusy(why, side=Side.AWS)
        raise UpstreamRefused(why, code=code, side=Side.AWS)

    async def check(self) -> str:
        """Look at the bus, and put nothing on it."""
        name = self._arn.rpartition("/")[2]
        await self._events.call(Priority.READ, self._events.client.describe_event_bus, Name=name)
        return f"{self._arn} is there"
