"""A channel is written in one way, however a file says it, and is posted to only where its platform is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.conversations import is_served, is_teams_channel, read_conversation
from core.domain.policy import ApprovalPolicy
from tests.strategies import CHANNELS, OF_TEAMS, approval_policies


@given(st.text())
def test_what_is_read_once_is_read_the_same_again(text: str) -> None:
    once = read_conversation(text)
    assert read_conversation(once) in {once, once.removeprefix("slack:")}


@pytest.mark.parametrize("link", ["19%3Aa%40thread.tacv2", "19:a@thread.tacv2"])
def test_the_link_that_teams_copies_is_the_channel(link: str) -> None:
    assert read_conversation(f"https://teams.microsoft.com/l/channel/{link}/General?tenantId=1") == OF_TEAMS


@pytest.mark.parametrize("text", ["teams:", "teams:general", "teams:19:a@thread.tacv2/x", "19:a@thread.tacv2", "C1"])
def test_what_is_written_otherwise_is_no_channel_of_teams(text: str) -> None:
    assert not is_teams_channel(read_conversation(text))


def test_a_channel_of_slack_may_say_so() -> None:
    assert read_conversation("slack:C1") == read_conversation("C1") == CHANNELS[0]


@given(approval_policies)
def test_cards_are_posted_in_every_channel_but_those_of_teams(policy: ApprovalPolicy) -> None:
    """Rule 10, until Teams is configured."""
    assert policy.served_channels == tuple(channel for channel in policy.channels if channel != OF_TEAMS)
    assert all(is_served(channel) for channel in policy.served_channels)
