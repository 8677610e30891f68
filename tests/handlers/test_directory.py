"""In doubt somebody is an outsider, and what cannot be known is never a yes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Reason, Refused, Side, UpstreamBusy
from core.domain.ids import ConversationId
from core.domain.people import ChatUser, refuse_outsiders
from core.ports import watching
from handlers.flows.pace import Pace, PaceKind
from handlers.slack.directory import SlackDirectory
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from infra.sandbox.slack import Enterprise, LocalSlack, Workspace
from tests.fakes.clock import FakeClock
from tests.handlers.samples import ADA


def member(user: str) -> ChatUser:
    return ChatUser("slack", "T0EXAMPLE", user)


@pytest.fixture
def directory(client: AsyncWebClient, clock: FakeClock, installation: Installation) -> SlackDirectory:
    return SlackDirectory(client, clock, installation)


async def test_a_member_is_known_by_the_confirmed_address(directory: SlackDirectory) -> None:
    profile = await directory.profile(ADA)
    refuse_outsiders(profile)
    assert (profile.email, profile.email_confirmed, profile.display_name) == ("ada@example.com", True, "ada")


async def test_who_waits_for_a_profile_is_told_that_slack_was_asked(
    directory: SlackDirectory, slack: LocalSlack
) -> None:
    slack.faults.add("users.info", latency=0.3)
    with watching() as pending:
        asking = asyncio.ensure_future(directory.profile(ADA))
        while not asking.done() and pending.side is not Side.SLACK:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0)
        assert not asking.done()
        await asking
    assert pending.side is None


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_bot": True}, Reason.BOT),
        ({"deleted": True}, Reason.DEACTIVATED),
        ({"is_restricted": True}, Reason.GUEST),
        ({"is_ultra_restricted": True}, Reason.GUEST),
        ({"is_stranger": True}, Reason.STRANGER),
        ({"is_invited_user": True}, Reason.STRANGER),
        ({"team_id": "T0ELSEWHERE"}, Reason.OTHER_WORKSPACE),
        ({"team_id": ""}, Reason.OTHER_WORKSPACE),
        ({"is_email_confirmed": False}, Reason.EMAIL_UNCONFIRMED),
        ({"email": None}, Reason.NO_EMAIL),
        ({"is_stranger": True, "team_id": "T0ELSEWHERE", "is_restricted": True}, Reason.STRANGER),
    ],
)
async def test_outsiders_are_told_apart(
    facts: dict[str, Any], reason: Reason, directory: SlackDirectory, workspace: Workspace
) -> None:
    somebody = workspace.add_user("eve", "Eve", facts.pop("email", "eve@example.com"), **facts)
    with pytest.raises(Refused) as caught:
        refuse_outsiders(await directory.profile(member(somebody.id)))
    assert caught.value.refusal.reason is reason


async def test_a_colleague_of_the_own_enterprise_is_no_outsider(
    directory: SlackDirectory, workspace: Workspace
) -> None:
    own, other = Enterprise("E0OWN", "Own"), Enterprise("E0OTHER", "Other")
    workspace.enterprise = own
    colleague = workspace.add_user("col", email="c@example.com", team_id="T0SISTER", enterprise=own)
    for team in ("T0EXAMPLE", "T0SISTER"):
        profile = await directory.profile(ChatUser("slack", team, colleague.id))
        assert profile.account == ChatUser("slack", "E0OWN", colleague.id)
    partner = workspace.add_user("par", email="p@example.com", team_id="T0PARTNER", enterprise=other)
    assert (await directory.profile(member(colleague.id))).is_of_this_workspace
    assert not (await directory.profile(member(partner.id))).is_of_this_workspace


async def test_what_another_enterprise_sends_is_not_of_this_installation(
    client: AsyncWebClient, clock: FakeClock, workspace: Workspace, slack: LocalSlack
) -> None:
    for own in (None, Enterprise("E0OWN", "Own")):
        workspace.enterprise = own
        links = LinkMaker(client, Installation(client), clock)
        assert await links.is_of("E0OWN")
        assert await links.is_of("E0OTHER") is (own is None)
    slack.faults.add("*", status=500)
    assert await LinkMaker(client, Installation(client), clock).is_of("E0OTHER")  # nobody is identified either


async def test_without_an_own_enterprise_every_other_workspace_is_foreign(
    directory: SlackDirectory, workspace: Workspace
) -> None:
    partner = workspace.add_user("par", team_id="T0PARTNER", enterprise=Enterprise("E0OTHER", "Other"))
    assert not (await directory.profile(member(partner.id))).is_of_this_workspace


@pytest.mark.parametrize("confirmed", [None, False])
@pytest.mark.parametrize("managed", [False, True])
async def test_where_a_directory_manages_addresses_a_confirmation_is_not_needed(
    client: AsyncWebClient,
    clock: FakeClock,
    installation: Installation,
    workspace: Workspace,
    *,
    confirmed: bool | None,
    managed: bool,
) -> None:
    workspace.change_user(workspace.user("ada"), is_email_confirmed=confirmed)
    profile = await SlackDirectory(client, clock, installation, managed=managed).profile(ADA)
    assert profile.email_confirmed is managed


@pytest.mark.parametrize("facts", [{"is_restricted": True}, {"team_id": "T0ELSEWHERE"}, {"deleted": True}], ids=str)
async def test_a_managed_address_lets_no_outsider_in(
    facts: dict[str, Any],
    client: AsyncWebClient,
    clock: FakeClock,
    installation: Installation,
    workspace: Workspace,
) -> None:
    eve = workspace.add_user("eve", "Eve", "eve@example.com", **facts)
    with pytest.raises(Refused):
        refuse_outsiders(await SlackDirectory(client, clock, installation, managed=True).profile(member(eve.id)))


async def test_somebody_whom_slack_does_not_show_is_a_stranger(directory: SlackDirectory) -> None:
    assert (await directory.profile(member("U0NOBODY"))).is_stranger


async def test_a_profile_is_a_minute_old_at_most_and_fresh_when_it_decides(
    directory: SlackDirectory, workspace: Workspace, slack: LocalSlack, clock: FakeClock
) -> None:
    await directory.profile(ADA)
    workspace.change_user(workspace.user("ada"), is_restricted=True)
    clock.move(timedelta(seconds=59))
    assert not (await directory.profile(ADA)).is_guest
    assert (await directory.profile(ADA, fresh=True)).is_guest
    workspace.change_user(workspace.user("ada"), is_restricted=False)
    clock.move(timedelta(seconds=60))
    assert not (await directory.profile(ADA)).is_guest
    assert len(slack.calls.named("users.info")) == 3


async def test_a_flood_of_one_persons_acts_leaves_the_look_ups_of_the_others_to_them(
    client: AsyncWebClient, clock: FakeClock, installation: Installation, slack: LocalSlack, workspace: Workspace
) -> None:
    """Slack allows a hundred a minute for everybody together; what is read anew is a few seconds old then."""
    seconds = 0.0
    directory = SlackDirectory(client, clock, installation, pace=Pace(lambda: seconds))
    for _ in range(100):
        await directory.profile(ADA, fresh=True)
    assert len(slack.calls.named("users.info")) <= PaceKind.BEING_LOOKED_UP.value.at_once + 1
    workspace.change_user(workspace.user("ada"), deleted=True)
    assert not (await directory.profile(ADA, fresh=True)).is_deactivated
    seconds += 1 / PaceKind.BEING_LOOKED_UP.value.a_second
    assert (await directory.profile(ADA, fresh=True)).is_deactivated


async def test_a_changed_user_is_forgotten(directory: SlackDirectory, workspace: Workspace) -> None:
    await directory.profile(ADA)
    workspace.change_user(workspace.user("ada"), deleted=True)
    directory.forget("U0ADA")
    assert (await directory.profile(ADA)).is_deactivated


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429, "retry_after": 9},
        {"drop": "after"},
        {"error": "missing_scope"},
        {"error": "odd"},
    ],
    ids=str,
)
async def test_what_cannot_be_known_is_busy_and_never_a_yes(
    fault: dict[str, Any], directory: SlackDirectory, slack: LocalSlack
) -> None:
    slack.faults.add("*", **fault)
    with pytest.raises(UpstreamBusy):
        await directory.profile(ADA)
    with pytest.raises(UpstreamBusy):
        await directory.user_of_email("ada@example.com")
    with pytest.raises(UpstreamBusy):
        await directory.conversation(ConversationId("C0PAYMENTS"))


async def test_a_failed_look_up_is_not_remembered(directory: SlackDirectory, slack: LocalSlack) -> None:
    slack.faults.add("users.info", status=500, times=1)
    with pytest.raises(UpstreamBusy):
        await directory.profile(ADA)
    assert (await directory.profile(ADA)).email == "ada@example.com"


async def test_somebody_is_found_by_address(directory: SlackDirectory) -> None:
    assert await directory.user_of_email("ADA@example.com") == ADA
    assert await directory.user_of_email("nobody@example.com") is None


async def test_channels_are_judged_by_where_they_are_shared(directory: SlackDirectory, workspace: Workspace) -> None:
    own = await directory.conversation(ConversationId("C0PAYMENTS"))
    assert (own.name, own.exists, own.bot_is_member, own.is_shared_outside) == ("payments-approvals", True, True, False)
    partners = workspace.add_channel("partners", ["ada"], is_ext_shared=True)
    invited = workspace.add_channel("invited", ["ada"], is_pending_ext_shared=True)
    for outside in (partners, invited):
        assert (await directory.conversation(ConversationId(outside.id))).is_shared_outside
    inside = workspace.add_channel("grid", ["ada"], is_org_shared=True)
    assert not (await directory.conversation(ConversationId(inside.id))).is_shared_outside


async def test_a_channel_without_the_bot_is_known_to_be_so(directory: SlackDirectory, workspace: Workspace) -> None:
    public = workspace.add_channel("random", ["ada"], is_archived=True)
    found = await directory.conversation(ConversationId(public.id))
    assert (found.exists, found.bot_is_member, found.is_archived) == (True, False, True)
    hidden = workspace.add_channel("hidden", ["ada"], kind="private")
    for unseen in (hidden.id, "C0NOWHERE"):
        missing = await directory.conversation(ConversationId(unseen))
        assert (missing.exists, missing.bot_is_member) == (False, False)
    private = await directory.conversation(ConversationId("C0AUDIT"))
    assert (private.is_private, private.bot_is_member) == (True, True)


async def test_a_direct_message_is_no_channel_and_shared_with_nobody(
    directory: SlackDirectory, client: AsyncWebClient
) -> None:
    opened = await client.conversations_open(users="U0ADA")
    found = await directory.conversation(ConversationId(str(opened["channel"]["id"])))
    assert (found.exists, found.bot_is_member, found.is_shared_outside) == (False, False, False)
