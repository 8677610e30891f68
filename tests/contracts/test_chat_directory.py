"""The behaviour that core may rely on when it asks a chat platform who somebody is."""

import pytest

from core.domain.errors import Reason, Refused, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.people import ChatUser, refuse_outsiders
from core.domain.policy_validation import Obstacle
from tests.contracts.benches import ADA_IN_CHAT, CHANNEL, ChatBench


async def test_a_member_has_a_confirmed_address(chat: ChatBench) -> None:
    profile = await chat.port.profile(ADA_IN_CHAT)
    refuse_outsiders(profile)
    assert (profile.chat_user, profile.email, profile.email_confirmed) == (ADA_IN_CHAT, "ada@example.com", True)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ("guest", Reason.GUEST),
        ("bot", Reason.BOT),
        ("stranger", Reason.STRANGER),
        ("deactivated", Reason.DEACTIVATED),
        ("unconfirmed", Reason.EMAIL_UNCONFIRMED),
    ],
)
async def test_what_somebody_has_become_shows_in_a_fresh_profile(chat: ChatBench, fact: str, reason: Reason) -> None:
    await chat.port.profile(ADA_IN_CHAT)
    chat.change_ada(fact)
    with pytest.raises(Refused) as caught:
        refuse_outsiders(await chat.port.profile(ADA_IN_CHAT, fresh=True))
    assert caught.value.refusal.reason is reason


async def test_somebody_unknown_is_a_stranger(chat: ChatBench) -> None:
    profile = await chat.port.profile(ChatUser("slack", "T1", "UNOBODY"))
    assert profile.is_stranger
    assert not profile.is_of_this_workspace


async def test_a_member_is_found_by_address_without_regard_to_case(chat: ChatBench) -> None:
    assert await chat.port.user_of_email("ada@example.com") == ADA_IN_CHAT
    assert await chat.port.user_of_email("ADA@example.com") == ADA_IN_CHAT


async def test_nobody_is_found_by_an_unknown_address_or_after_leaving(chat: ChatBench) -> None:
    assert await chat.port.user_of_email("nobody@example.com") is None
    chat.change_ada("deactivated")
    assert await chat.port.user_of_email("ada@example.com") is None


async def test_a_channel_says_what_it_is(chat: ChatBench) -> None:
    found = await chat.port.conversation(CHANNEL)
    assert (found.id, found.exists, found.bot_is_member) == (CHANNEL, True, True)
    assert not found.is_archived
    assert not found.is_shared_outside
    chat.change_channel("archived")
    assert (await chat.port.conversation(CHANNEL)).is_archived


async def test_a_channel_shared_with_others_says_so(chat: ChatBench) -> None:
    chat.change_channel("shared")
    assert (await chat.port.conversation(CHANNEL)).is_shared_outside


async def test_an_unknown_channel_does_not_exist(chat: ChatBench) -> None:
    found = await chat.port.conversation(ConversationId("C0NOWHERE"))
    assert (found.exists, found.bot_is_member) == (False, False)


async def test_a_public_channel_is_joined_once_and_again(chat: ChatBench) -> None:
    chat.change_channel("left")
    assert (await chat.port.conversation(CHANNEL)).obstacle is Obstacle.BOT_IS_OUTSIDE
    await chat.port.join(CHANNEL)
    await chat.port.join(CHANNEL)
    assert (await chat.port.conversation(CHANNEL)).obstacle is None


async def test_an_archived_or_unknown_channel_is_not_joined(chat: ChatBench) -> None:
    chat.change_channel("left")
    chat.change_channel("archived")
    for channel in (CHANNEL, ConversationId("C0NOWHERE")):
        with pytest.raises(UpstreamRefused):
            await chat.port.join(channel)


async def test_while_it_is_away_nothing_is_known(chat: ChatBench) -> None:
    chat.go_down()
    with pytest.raises(UpstreamBusy):
        await chat.port.profile(ADA_IN_CHAT, fresh=True)
    with pytest.raises(UpstreamBusy):
        await chat.port.user_of_email("ada@example.com")
    with pytest.raises(UpstreamBusy):
        await chat.port.conversation(CHANNEL)
