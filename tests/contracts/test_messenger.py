"""The behaviour that core may rely on when it sends a message on a chat platform."""

from datetime import timedelta

import pytest

from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.notices import Form, Notice, Plain, Recipient, Topic
from core.domain.request import Status
from core.ports import NO_THREAD
from tests.contracts.benches import ADA_IN_CHAT, MessageBench
from tests.handlers.samples import REQUEST, STATES, card

TOLD = Notice(Form.DIRECT, Plain(Topic.ACTIVE), Recipient.chat(ADA_IN_CHAT), REQUEST.id)
ACTIVE = STATES[Status.ACTIVE]


async def test_a_card_is_posted_once_and_then_updated(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.channel, None)
    assert await messages.port.show_card(card(ACTIVE), messages.channel, posted) == posted
    assert messages.count(messages.channel) == 1


async def test_a_card_that_was_deleted_is_posted_again(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.channel, None)
    messages.delete(posted)
    again = await messages.port.show_card(card(REQUEST), messages.channel, posted)
    assert again != posted
    assert messages.count(messages.channel) == 1


async def test_an_update_alone_never_posts(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.ada, None)
    assert await messages.port.update_card(card(ACTIVE), posted)
    assert messages.count(messages.ada) == 1
    messages.delete(posted)
    assert not await messages.port.update_card(card(REQUEST), posted)
    assert messages.count(messages.ada) == 0


async def test_a_card_for_one_person_stands_in_the_conversation_with_that_person(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.ada, None)
    assert await messages.port.show_card(card(ACTIVE), messages.ada, posted) == posted
    assert messages.count(messages.ada) == 1


async def test_replies_messages_and_lines_are_added(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.channel, None)
    await messages.port.reply(posted, TOLD, ACTIVE)
    await messages.port.write_line(messages.channel, TOLD, ACTIVE, posted)
    assert messages.count(messages.channel) == 3
    first = await messages.port.tell(messages.ada, TOLD, ACTIVE, None)
    second = await messages.port.tell(messages.ada, TOLD, ACTIVE, posted)
    assert first != second
    assert messages.count(messages.ada) == 2


async def test_under_a_card_that_was_deleted_nothing_is_said(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.channel, None)
    messages.delete(posted)
    with pytest.raises(UpstreamRefused) as caught:
        await messages.port.reply(posted, TOLD, ACTIVE)
    assert caught.value.code in NO_THREAD
    assert messages.count(messages.channel) == 0


async def test_a_message_to_one_person_is_drawn_anew_where_it_stands(messages: MessageBench) -> None:
    told = await messages.port.tell(messages.ada, TOLD, ACTIVE, None)
    assert await messages.port.edit(told, TOLD, STATES[Status.ENDED])
    assert messages.count(messages.ada) == 1
    messages.delete(told)
    assert not await messages.port.edit(told, TOLD, STATES[Status.ENDED])


async def test_whoever_is_slow_says_when_to_come_back_and_has_done_nothing(messages: MessageBench) -> None:
    posted = await messages.port.show_card(card(REQUEST), messages.channel, None)
    messages.go_wrong("slow")
    for place, known in ((messages.channel, None), (messages.channel, posted)):
        with pytest.raises(UpstreamBusy) as caught:
            await messages.port.show_card(card(REQUEST), place, known)
        assert caught.value.retry_after == timedelta(seconds=7)
    with pytest.raises(UpstreamBusy):
        await messages.port.tell(messages.ada, TOLD, ACTIVE, None)
    assert messages.count(messages.channel) == 1


async def test_what_is_refused_for_good_says_why(messages: MessageBench) -> None:
    messages.go_wrong("refused")
    with pytest.raises(UpstreamRefused) as caught:
        await messages.port.show_card(card(REQUEST), messages.channel, None)
    assert caught.value.code == messages.refusal
    with pytest.raises(UpstreamRefused):
        await messages.port.write_line(messages.channel, TOLD, ACTIVE, None)
    assert messages.count(messages.channel) == 0


async def test_a_post_whose_answer_is_lost_has_been_made(messages: MessageBench) -> None:
    messages.go_wrong("lost")
    with pytest.raises(AnswerLost):
        await messages.port.show_card(card(REQUEST), messages.channel, None)
    assert messages.count(messages.channel) == 1
