"""A card that has waited is sent to nobody who decides no more: in chat, and by e-mail (rule 22)."""

from datetime import timedelta

import pytest

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.notices import Topic
from tests.fakes.mails import FakeMails
from tests.services.company import MINUTE
from tests.services.world import World

BUSY = UpstreamBusy("throttled", side=Side.AWS, retry_after=timedelta(minutes=2))
GONE = UpstreamRefused("That account takes no messages.", code="user_disabled", side=Side.CHAT)


async def take_away(world: World, how: str) -> None:
    """Bob decides nothing any more."""
    match how:
        case "policy":
            carol = frozenset({world.carol.id})
            await world.set_policies(
                world.book_with_approval(channels=(), approver_groups=frozenset(), approver_users=carol)
            )
        case "group":
            world.principals.leave("Payments Leads", world.bob.id)
        case "leaver":
            world.principals.disable(world.bob.id)
        case _:
            pass


@pytest.mark.parametrize("how", ["policy", "group", "leaver", "none"])
async def test_an_e_mail_that_was_put_off_goes_to_nobody_who_decides_no_more(world: World, how: str) -> None:
    world.mails = FakeMails()
    world.start()
    await world.set_policies(world.book_with_approval(channels=()))
    world.messenger.fails_for["UBOB"] = GONE
    world.mails.fails.extend([BUSY] * 3)
    await world.asked()
    await world.services.dispatcher.deliver()
    assert not world.mails.sent
    await take_away(world, how)
    world.mails.fails.clear()
    await world.pass_time(10 * MINUTE)
    told = {to for to, _ in world.mails.sent}
    assert ("bob@example.com" in told) == (how == "none")


@pytest.mark.parametrize("how", ["policy", "group", "leaver", "none"])
async def test_a_card_that_the_chat_did_not_take_goes_to_nobody_who_decides_no_more(world: World, how: str) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    world.messenger.fails_for["UBOB"] = BUSY
    await world.asked()
    await world.services.dispatcher.deliver()
    await take_away(world, how)
    del world.messenger.fails_for["UBOB"]
    await world.pass_time(10 * MINUTE)
    await world.settle()
    assert bool(world.messenger.cards_in(world.bob.chat.user)) == (how == "none")
    assert Topic.REMINDER.value not in world.messenger.topics(world.bob.chat.user) or how == "none"
