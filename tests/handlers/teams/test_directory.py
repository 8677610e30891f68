"""The identity of people and channels in Teams. Doubt refuses, and nothing is known while Teams is away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.storage.engine import Database
from core.domain.conversations import conversation_on
from core.domain.errors import Reason, Refused, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.people import ChatUser, refuse_outsiders
from core.domain.platforms import TEAMS
from core.domain.policy_validation import Obstacle
from infra.sandbox.local_teams import OTHER_TENANT_ID, TENANT_ID, LocalTeams
from tests.contracts.teams_benches import SendingSide, ada_of, learn_team, sending_side, tenant_of_two
from tests.fakes.clock import FakeClock


@pytest.fixture
async def local(clock: FakeClock) -> AsyncIterator[LocalTeams]:
    async with LocalTeams(tenant_of_two(clock)) as teams:
        yield teams


@pytest.fixture
async def side(local: LocalTeams, database: Database, clock: FakeClock) -> AsyncIterator[SendingSide]:
    async with sending_side(local, database, clock) as side:
        await learn_team(side, local, clock)
        yield side


@pytest.fixture
def bob(local: LocalTeams) -> ChatUser:
    return ChatUser(TEAMS, TENANT_ID, local.tenant.person("bob").aad_object_id)


@pytest.fixture
def approvals(local: LocalTeams) -> ConversationId:
    return conversation_on(TEAMS, local.tenant.channel("approvals").id)


async def test_a_member_has_name_address_and_tenant(side: SendingSide, bob: ChatUser) -> None:
    profile = await side.directory.profile(bob)
    refuse_outsiders(profile)
    assert (profile.display_name, profile.email, profile.account) == ("Bob Kahn", "bob@example.com", bob)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"role": "guest"}, Reason.GUEST),
        ({"user_principal_name": "bob_elsewhere.example#EXT#@example.com"}, Reason.GUEST),
        ({"role": "anonymous"}, Reason.ANONYMOUS),
        ({"tenant_id": OTHER_TENANT_ID}, Reason.OTHER_TENANT),
        ({"mri": "28:another-bot"}, Reason.BOT),
        ({"left": True}, Reason.STRANGER),
        ({"user_principal_name": ""}, Reason.NO_USER_PRINCIPAL_NAME),
    ],
)
async def test_what_somebody_has_become_shows_in_a_fresh_profile_alone(
    side: SendingSide, local: LocalTeams, bob: ChatUser, facts: dict[str, object], reason: Reason
) -> None:
    await side.directory.profile(bob)
    for name, value in facts.items():
        setattr(local.tenant.person("bob"), name, value)
    refuse_outsiders(await side.directory.profile(bob))
    with pytest.raises(Refused) as caught:
        refuse_outsiders(await side.directory.profile(bob, fresh=True))
    assert caught.value.refusal.reason is reason


@pytest.mark.parametrize("user", ["nobody", "28:bot", "../teams", ""])
async def test_somebody_unknown_is_an_outsider(side: SendingSide, user: str) -> None:
    with pytest.raises(Refused):
        refuse_outsiders(await side.directory.profile(ChatUser(TEAMS, TENANT_ID, user)))


async def test_who_is_mentioned_is_known_by_the_id_that_teams_mentions_people_by(
    side: SendingSide, local: LocalTeams, bob: ChatUser
) -> None:
    """Teams names no object id in a mention. The account is the same; a guest stays one."""
    mentioned = replace(bob, user=local.tenant.person("bob").mri)
    profile = await side.directory.profile(mentioned)
    refuse_outsiders(profile)
    assert profile.account == bob
    local.tenant.person("bob").role = "guest"
    with pytest.raises(Refused):
        refuse_outsiders(await side.directory.profile(mentioned, fresh=True))


async def test_somebody_of_another_tenant_is_not_even_looked_up(
    side: SendingSide, local: LocalTeams, bob: ChatUser
) -> None:
    profile = await side.directory.profile(replace(bob, team=OTHER_TENANT_ID))
    assert not profile.is_of_this_workspace
    assert local.calls.named("getMember") == []


async def test_who_has_the_app_and_is_in_no_team_is_read_in_the_own_conversation(
    side: SendingSide, local: LocalTeams, clock: FakeClock
) -> None:
    ada = ada_of(local.tenant)
    assert (await side.directory.profile(ada)).is_stranger, "nothing was heard of Ada yet"
    begun = await side.connector.create(local.service_url, TENANT_ID, ada.user)
    await side.book.begun(ada, begun)
    clock.move(timedelta(minutes=2))
    refuse_outsiders(await side.directory.profile(ada))
    assert await side.directory.user_of_email("ADA@example.com") == ada, "people who were learnt are found by address"


async def test_a_member_of_a_team_is_found_by_principal_name(side: SendingSide, bob: ChatUser) -> None:
    assert await side.directory.user_of_email(" Bob@Example.com") == bob
    assert await side.directory.user_of_email("nobody@example.com") is None
    assert await side.directory.user_of_email("bob") is None


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429, "retry_after": 3}, {"drop": "before"}])
async def test_while_it_is_away_nothing_is_known(
    side: SendingSide, local: LocalTeams, bob: ChatUser, approvals: ConversationId, fault: dict[str, object]
) -> None:
    local.faults.add("connector", **fault)
    for asked in (
        side.directory.profile(bob, fresh=True),
        side.directory.user_of_email("bob@example.com"),
        side.directory.conversation(approvals),
    ):
        with pytest.raises(UpstreamBusy):
            await asked


async def test_a_channel_that_nobody_told_of_is_looked_for_in_the_teams_of_the_bot(
    side: SendingSide, local: LocalTeams, approvals: ConversationId
) -> None:
    found = await side.directory.conversation(approvals)
    assert (found.id, found.name, found.obstacle) == (approvals, "Payments / approvals", None)
    assert [(each.id, each.name) for each in await side.book.channels(10)][-1][1] in {"approvals", "General"}
    general = await side.directory.conversation(conversation_on(TEAMS, local.tenant.team("Payments").id))
    assert (general.name, general.obstacle) == ("Payments / General", None)


@pytest.mark.parametrize("id_", ["teams:19:nowhere@thread.tacv2", "teams:a:1", "teams:", "teams:29:ada", "C0PAYMENTS"])
async def test_what_is_no_channel_of_the_bots_does_not_exist(side: SendingSide, id_: str) -> None:
    found = await side.directory.conversation(ConversationId(id_))
    assert (found.exists, found.obstacle) == (False, Obstacle.UNKNOWN)


async def test_a_channel_says_what_has_become_of_it(
    side: SendingSide, local: LocalTeams, approvals: ConversationId
) -> None:
    await side.directory.conversation(approvals)
    known = await side.book.get(approvals.removeprefix("teams:"))
    assert known is not None
    await side.book.put(replace(known, archived=True))
    assert (await side.directory.conversation(approvals)).obstacle is Obstacle.ARCHIVED
    await side.book.put(known)
    team = local.tenant.team("Payments")
    team.has_bot = False
    assert (await side.directory.conversation(approvals)).obstacle is Obstacle.BOT_IS_OUTSIDE
    team.has_bot = True
    local.tenant.channel("approvals").deleted = True
    assert (await side.directory.conversation(approvals)).obstacle is Obstacle.UNKNOWN


async def test_a_shared_channel_is_shared_outside_when_somebody_of_another_tenant_reads_it(
    side: SendingSide, local: LocalTeams
) -> None:
    tenant = local.tenant
    tenant.add_person("eve", "Eve", "eve@elsewhere.example", tenant_id=OTHER_TENANT_ID)
    for name, members in (("inside", ["bob"]), ("outside", ["bob", "eve"])):
        made = tenant.add_channel(tenant.team("Payments"), name, channel_type="shared", members=members)
        found = await side.directory.conversation(conversation_on(TEAMS, made.id))
        assert found.is_shared_outside == (name == "outside")
    many = [f"p{number}" for number in range(600)]
    for name in many:
        tenant.add_person(name, name, f"{name}@example.com")
    large = tenant.add_channel(tenant.team("Payments"), "large", channel_type="shared", members=[*many, "eve"])
    assert (await side.directory.conversation(conversation_on(TEAMS, large.id))).is_shared_outside, "on the second page"


async def test_nobody_adds_the_bot_to_a_team_but_its_people(side: SendingSide, approvals: ConversationId) -> None:
    with pytest.raises(UpstreamRefused):
        await side.directory.join(approvals)
