"""Events to a topic and to an event bus, over HTTP: what arrives there, and what is no arrival."""

from collections.abc import AsyncIterator

import pytest

from core.adapters.aws.events import GROUP, SOURCE, EventBus, SnsTopic
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import LARGEST, OutgoingEvent
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.messages import Published
from infra.sandbox.company import Company

TOPIC, FIFO = "arn:aws:sns:eu-west-1:123456789012:events", "arn:aws:sns:eu-west-1:123456789012:events.fifo"
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/security"
EVENT = OutgoingEvent("ab" * 32, 7, "request.granted", '{"id":"ab","facts":"\\u00e9 &<>\\u0000"}')


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    async with LocalAws(company) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.up()


@pytest.fixture
async def session(aws: LocalAws) -> AsyncIterator[AwsSession]:
    async with AwsSession(patience=Patience(attempts=1)) as session:
        yield session
        aws.up()


def arrived(aws: LocalAws, arn: str) -> list[Published]:
    return aws.world.messages.arrived[arn]


async def test_a_topic_gets_the_body_with_its_type_and_a_fifo_topic_what_keeps_the_order(
    aws: LocalAws, session: AwsSession
) -> None:
    for arn in (TOPIC, FIFO):
        aws.world.messages.make(arn)
        assert arn in await SnsTopic(session, arn).check()
        await SnsTopic(session, arn).send(EVENT)
    (plain,), (ordered,) = arrived(aws, TOPIC), arrived(aws, FIFO)
    assert plain.body == ordered.body == EVENT.body
    assert plain.about == {"group": "", "deduplication": "", "type": "request.granted"}
    assert ordered.about == {"group": GROUP, "deduplication": EVENT.id, "type": "request.granted"}


async def test_a_bus_gets_an_event_that_rules_can_match(aws: LocalAws, session: AwsSession) -> None:
    aws.world.messages.make(BUS)
    assert BUS in await EventBus(session, BUS).check()
    await EventBus(session, BUS).send(EVENT)
    assert arrived(aws, BUS) == [Published(EVENT.body, {"source": SOURCE, "type": "request.granted"})]


async def test_the_largest_event_fits(aws: LocalAws, session: AwsSession) -> None:
    largest = OutgoingEvent("ab" * 32, 7, "request.granted", '{"id":"' + "x" * (LARGEST - 9) + '"}')
    aws.world.messages.make(TOPIC)
    await SnsTopic(session, TOPIC).send(largest)
    assert len(arrived(aws, TOPIC)[0].body) == LARGEST


async def test_an_entry_that_the_bus_refuses_was_not_sent_though_the_call_went_well(
    aws: LocalAws, session: AwsSession
) -> None:
    with pytest.raises(UpstreamRefused, match="does not exist") as raised:
        await EventBus(session, BUS).send(EVENT)
    assert (raised.value.code, raised.value.side) == ("ResourceNotFoundException", Side.AWS)
    assert aws.calls("PutEvents")[-1].outcome == "ok"


async def test_a_topic_that_is_gone_refuses_and_one_that_is_throttled_is_tried_again(
    aws: LocalAws, session: AwsSession
) -> None:
    with pytest.raises(UpstreamRefused):
        await SnsTopic(session, TOPIC).send(EVENT)
    aws.world.messages.make(TOPIC)
    aws.faults.add("throttled", operation="Publish", times=1)
    with pytest.raises(UpstreamBusy):
        await SnsTopic(session, TOPIC).send(EVENT)
    await SnsTopic(session, TOPIC).send(EVENT)
    assert len(arrived(aws, TOPIC)) == 1
