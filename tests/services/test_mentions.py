"""Approvers that a card mentions: up to ten, when it is posted, and only where a setting says so."""

from core.domain.errors import Side, UpstreamBusy
from core.domain.people import ChatUser
from core.domain.settings import MentionApprovers
from tests.services.company import PAYMENTS_CHANNEL
from tests.services.world import World


def mentioned(world: World) -> set[ChatUser]:
    """The people whom the card in the channel mentions, as it was drawn last."""
    return {*world.messenger.card_in(PAYMENTS_CHANNEL).mentioned}


async def mentioning(world: World) -> None:
    await world.set_policies(world.book(mention_approvers=MentionApprovers.USERS))


async def test_a_card_mentions_nobody_unless_a_setting_says_so(world: World) -> None:
    await world.asked()
    await world.settle()
    assert mentioned(world) == set()


async def test_a_card_that_is_posted_mentions_its_approvers_without_the_requester(world: World) -> None:
    await mentioning(world)
    await world.asked(who=world.dan)
    await world.settle()
    assert mentioned(world) == {world.bob.chat, world.carol.chat}


async def test_ten_are_mentioned_at_most(world: World) -> None:
    await mentioning(world)
    for number in range(12):
        world.hire(f"Lead{number:02} Smith", "Payments Leads")
    await world.asked()
    await world.settle()
    assert len(mentioned(world)) == 10


async def test_a_card_that_changes_mentions_nobody_any_more(world: World) -> None:
    await mentioning(world)
    request = await world.asked()
    await world.settle()
    await world.decide(world.bob, request)
    await world.settle()
    assert mentioned(world) == set()


async def test_an_approver_who_cannot_be_looked_up_is_left_out_and_the_card_is_posted(world: World) -> None:
    await mentioning(world)
    world.chat.down_for = set(world.carol.principal.emails)
    await world.asked()
    await world.settle()
    assert mentioned(world) == {world.bob.chat, world.dan.chat}


async def test_an_outage_of_aws_costs_the_mentions_and_not_the_card(world: World) -> None:
    await mentioning(world)
    await world.asked()
    world.principals.down = UpstreamBusy("away", side=Side.AWS)
    world.start()
    await world.settle()
    assert mentioned(world) == set()
