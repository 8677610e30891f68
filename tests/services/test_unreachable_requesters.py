"""A requester whom no message reaches shows on the card and in the audit channel; what has no thread is said anew."""

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.ids import RequestId
from core.domain.request import Status
from tests.fakes.chat import gone
from tests.services.company import AUDIT_CHANNEL, MINUTE, PAYMENTS_CHANNEL, REJECT
from tests.services.test_unwritable import refused
from tests.services.world import World


async def untold(world: World, request_id: RequestId) -> str:
    return (await world.request(request_id)).untold


@pytest.mark.parametrize("code", ["user_disabled", "users_not_found", "messages_tab_disabled"])
async def test_an_account_that_takes_no_messages_is_said_on_the_card_and_in_the_audit_channel_once(
    world: World, code: str
) -> None:
    world.messenger.fails_for["UADA"] = gone(code)
    request_id = await world.active()
    await world.revoke(world.bob, request_id)
    await world.settle()
    assert await untold(world, request_id) == code
    assert world.messenger.card_in(PAYMENTS_CHANNEL).request.untold == code
    assert world.messenger.topics(AUDIT_CHANNEL).count("untold") == 1
    events = [event for event in await world.events(request_id) if event["action"] == "request.requester_untold"]
    assert [event["facts"]["because"] for event in events] == [code]
    assert await world.status(request_id) is Status.REVOKED


async def test_somebody_whom_nobody_in_chat_is_shows_too(world: World) -> None:
    """The account has gone since, and its address with it."""
    request_id = await world.asked()
    world.chat.change(world.ada.chat, is_deactivated=True)
    world.principals.change(world.ada.id, emails=("ada@elsewhere.example.com",), user_name="ada-l")
    await world.settle()
    assert await untold(world, request_id) == "no_recipient"


async def test_when_a_message_arrives_again_the_card_says_nothing_of_it_any_more(world: World) -> None:
    world.messenger.fails_for["UADA"] = gone("messages_tab_disabled")
    request_id = await world.asked()
    await world.settle()
    assert await untold(world, request_id)
    world.messenger.fails_for.clear()
    await world.decide(world.bob, request_id)
    await world.settle()
    assert await untold(world, request_id) == ""
    assert world.messenger.card_in(PAYMENTS_CHANNEL).request.untold == ""
    assert "active" in world.messenger.topics("UADA")


async def test_an_outage_of_the_platform_is_nobodys_account(world: World) -> None:
    world.messenger.fails_for["UADA"] = UpstreamBusy("away")
    request_id = await world.asked()
    await world.services.dispatcher.deliver()
    await world.services.dispatcher.deliver()
    assert await untold(world, request_id) == ""


async def test_an_approver_who_cannot_be_told_is_not_the_requester(world: World) -> None:
    world.messenger.fails_for["UBOB"] = gone("user_disabled")
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()
    await world.settle()
    assert await untold(world, request_id) == ""


# --- what is said under a card ---------------------------------------------------------------------


def lines(world: World, where: str) -> list[str]:
    return world.messenger.topics(f"thread:{where}")


async def test_a_line_whose_card_was_deleted_is_said_under_a_new_one(world: World) -> None:
    """A reminder comes without a new picture of the card."""
    request_id = await world.asked()
    await world.settle()
    (card,) = [ref for ref in world.messenger.cards if ref.conversation == PAYMENTS_CHANNEL]
    world.messenger.delete(card)
    await world.pass_time(16 * MINUTE)
    await world.settle()
    assert lines(world, PAYMENTS_CHANNEL) == ["reminder"]
    (anew,) = [ref for ref in world.messenger.cards if ref.conversation == PAYMENTS_CHANNEL]
    assert anew != card
    async with world.open_unit() as unit:
        assert anew in (await unit.cards.of(request_id)).values()
    assert await world.undeliverable() == 0


async def test_where_the_channel_takes_no_card_its_lines_go_to_the_approvers_who_have_it(world: World) -> None:
    world.messenger.fails_for[PAYMENTS_CHANNEL] = gone("is_archived")
    request_id = await world.asked()
    await world.settle()
    await world.decide(world.bob, request_id)
    await world.settle()
    for who in ("UBOB", "UCAROL"):
        assert lines(world, who)[:2] == ["approved", "active"]


async def test_a_message_that_arrived_is_not_said_again_while_its_request_cannot_be_written(world: World) -> None:
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    request_id = await world.asked()
    await world.settle()
    assert (await world.request(request_id)).untold
    del world.messenger.fails_for["UADA"]
    await world.decide(world.bob, request_id, REJECT)
    async with refused(world, "BEFORE UPDATE ON request"):
        for _ in range(20):
            await world.services.dispatcher.deliver()
            world.clock.move(MINUTE)
    assert world.messenger.topics("UADA") == ["rejected"]
