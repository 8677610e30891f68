"""A channel is written in one way, however a file says it, and is posted to only where its platform is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.conversations import (
    conversation_on,
    is_teams_channel,
    on_platforms,
    own_id,
    platform_of,
    read_conversation,
)
from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.platforms import SLACK, TEAMS
from core.domain.policy import ApprovalPolicy
from tests.strategies import CHANNELS, OF_TEAMS, approval_policies


@given(st.text())
def test_what_is_read_once_is_read_the_same_again(text: str) -> None:
    once = read_conversation(text)
    assert read_conversation(once) in {once, once.removeprefix("slack:")}


@pytest.mark.parametrize("link", ["19%3Aa%40thread.tacv2", "19:a@thread.tacv2"])
def test_the_link_that_teams_copies_is_the_channel(link: str) -> None:
    for host in ("teams.microsoft.com", "teams.cloud.microsoft", "gov.teams.microsoft.us", "dod.teams.microsoft.us"):
        assert read_conversation(f"https://{host}/l/channel/{link}/General?tenantId=1") == OF_TEAMS


@pytest.mark.parametrize("text", ["teams:", "teams:general", "teams:19:a@thread.tacv2/x", "19:a@thread.tacv2", "C1"])
def test_what_is_written_otherwise_is_no_channel_of_teams(text: str) -> None:
    assert not is_teams_channel(read_conversation(text))


def test_a_channel_of_slack_may_say_so() -> None:
    assert read_conversation("slack:C1") == read_conversation("C1") == CHANNELS[0]


@given(approval_policies)
def test_every_channel_is_of_the_platform_that_its_id_tells(policy: ApprovalPolicy) -> None:
    """Rule 10: those of a platform that is not configured are left out."""
    of_slack, of_teams = (on_platforms(policy.channels, {platform}) for platform in (SLACK, TEAMS))
    assert set(of_teams) == set(policy.channels) & {OF_TEAMS}
    assert sorted((*of_slack, *of_teams)) == sorted(policy.channels)
    assert on_platforms(policy.channels, {SLACK, TEAMS}) == policy.channels


@pytest.mark.parametrize("channel", [*CHANNELS, OF_TEAMS])
def test_what_a_platform_calls_a_channel_leads_back_to_it(channel: ConversationId) -> None:
    assert conversation_on(platform_of(channel), own_id(channel)) == channel


@pytest.mark.parametrize("platform", [SLACK, TEAMS])
def test_a_person_is_of_the_platform_that_knows_them(platform: str) -> None:
    assert platform_of(ChatUser(platform, "T1", "U1")) == platform
