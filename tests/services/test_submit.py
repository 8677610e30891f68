"""A form becomes a request, or a refusal with every reason; and a refusal leaves nothing but its audit event."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import Field, Reason
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.request import Request, Status
from core.domain.settings import Requirement
from tests.services.company import (
    ADMIN,
    MANAGEMENT,
    OLD,
    PAYMENTS_CHANNEL,
    POWER,
    PROD,
    READ,
    SANDBOX,
    STAGING,
    TARGET,
    VAULT,
)
from tests.services.world import World


def reasons(outcome: Outcome) -> list[Reason]:
    return [refusal.reason for refusal in outcome.refusals]


async def refused(world: World, outcome: Outcome) -> list[Reason]:
    """The reasons; what was refused has left no request, no message, and one audit event that names them."""
    assert outcome.result is Result.DECLINED
    assert await world.requests() == ()
    assert "messages" not in await world.due()
    (event,) = [event for event in await world.events() if event["action"].endswith(".refused")]
    assert event["facts"]["reasons"] == [reason.value for reason in reasons(outcome)]
    assert event["actor"]["chat_user"] == ["slack", "T1", "UADA"]
    return reasons(outcome)


async def test_a_request_has_its_names_from_the_organization_and_its_facts_from_the_form(world: World) -> None:
    request = await world.request(await world.asked(minutes=90, justification="  mend it \n", ticket=" PAY-1 "))
    assert (request.requester, request.requester_name, request.requester_chat) == (
        world.ada.id,
        "Ada Lovelace",
        world.ada.chat,
    )
    assert (request.account_name, request.permission_set_name) == ("Payments Prod", "PowerUserAccess")
    assert (request.duration, request.session_duration) == (timedelta(minutes=90), timedelta(hours=4))
    assert (request.justification, request.ticket) == ("mend it", "PAY-1")
    assert request.expires_at == request.created_at + timedelta(hours=3)
    assert (request.eligibility_policies, request.approval_policies) == (("payments-engineers",), ("payments-leads",))
    assert (request.channels, request.quorum, request.policy_revision) == ((PAYMENTS_CHANNEL,), 1, 1)
    (event,) = await world.events(request.id)
    assert event["actor"]["principal_id"] == world.ada.id
    assert event["facts"]["justification"] == "mend it"


async def test_where_no_approval_is_needed_the_request_is_scheduled_at_once(world: World) -> None:
    request = await world.request(await world.asked(target=Target(SANDBOX, POWER)))
    assert (request.status, request.quorum, request.channels) == (Status.SCHEDULED, 0, ())
    assert request.decided_at == request.created_at
    assert await world.actions(request.id) == ["request.submitted_without_approval"]


@pytest.mark.parametrize(("minutes_ahead", "starts"), [(-5, None), (0, None), (1, 1), (30 * 24 * 60, 30 * 24 * 60)])
async def test_a_start_that_has_just_passed_means_now(world: World, minutes_ahead: int, starts: int | None) -> None:
    now = world.clock.now()
    request = await world.request(await world.asked(start_at=now + timedelta(minutes=minutes_ahead)))
    assert request.start_at == (None if starts is None else now + timedelta(minutes=starts))


@pytest.mark.parametrize(
    ("form", "reason", "field"),
    [
        ({"minutes": 14}, Reason.DURATION_TOO_SHORT, Field.DURATION),
        ({"minutes": 241}, Reason.DURATION_TOO_LONG, Field.DURATION),
        ({"justification": " \u200b"}, Reason.JUSTIFICATION_MISSING, Field.JUSTIFICATION),
        ({"justification": "x" * 1001}, Reason.JUSTIFICATION_TOO_LONG, Field.JUSTIFICATION),
        ({"ticket": "none"}, Reason.TICKET_MISMATCH, Field.TICKET),
        ({"target": Target(OLD, POWER)}, Reason.UNKNOWN_ACCOUNT, Field.ACCOUNT),
        ({"target": Target(PROD, ADMIN)}, Reason.NOT_ELIGIBLE, Field.PERMISSION_SET),
        ({"target": Target(SANDBOX, READ)}, Reason.NOT_ELIGIBLE, Field.PERMISSION_SET),
        ({"target": Target(MANAGEMENT, POWER)}, Reason.MANAGEMENT_ACCOUNT, Field.ACCOUNT),
    ],
)
async def test_a_form_is_refused_on_the_input_that_is_to_blame(
    world: World, form: dict[str, Any], reason: Reason, field: Field
) -> None:
    outcome = await world.submit(world.ada, **form)
    assert await refused(world, outcome) == [reason]
    assert outcome.refusals[0].field is field


@pytest.mark.parametrize(
    ("target", "noted"),
    [
        (Target(AccountId("0" * 12), POWER), "unknown_account"),
        (Target(PROD, PermissionSetArn("none")), "unknown_permission_set"),
    ],
)
async def test_a_guessed_id_is_answered_like_somebody_else_s_and_noted_as_what_it_is(
    world: World, target: Target, noted: str
) -> None:
    outcome = await world.submit(world.ada, target=target)
    assert [(refusal.reason, refusal.field) for refusal in outcome.refusals] == [
        (Reason.NOT_ELIGIBLE, Field.PERMISSION_SET)
    ]
    (event,) = [event for event in await world.events() if event["action"].endswith(".refused")]
    assert event["facts"]["reasons"] == [noted]


@pytest.mark.parametrize(("ahead", "reason"), [(-6, Reason.START_IN_PAST), (30 * 24 * 60 + 1, Reason.START_TOO_FAR)])
async def test_a_start_out_of_bounds_is_refused(world: World, ahead: int, reason: Reason) -> None:
    start_at = world.clock.now() + timedelta(minutes=ahead)
    assert await refused(world, await world.submit(world.ada, start_at=start_at)) == [reason]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"ticket": Requirement.REQUIRED}, Reason.TICKET_MISSING),
        ({"protected_accounts": frozenset({PROD})}, Reason.PROTECTED_ACCOUNT),
        ({"protected_permission_sets": frozenset({POWER})}, Reason.PROTECTED_PERMISSION_SET),
    ],
)
async def test_settings_refuse(world: World, settings: dict[str, object], reason: Reason) -> None:
    await world.set_policies(world.book(**settings))
    assert await refused(world, await world.submit(world.ada)) == [reason]


async def test_a_ticket_that_is_optional_may_be_left_out_and_has_to_fit_when_it_is_given(world: World) -> None:
    await world.set_policies(world.book(ticket=Requirement.OPTIONAL))
    assert await refused(world, await world.submit(world.ada, ticket="twelve")) == [Reason.TICKET_MISMATCH]
    assert (await world.submit(world.ada, ticket="")).result is Result.SUBMITTED
    assert (await world.submit(world.ada, ticket="OPS-1", target=Target(STAGING, POWER))).result is Result.SUBMITTED


async def test_every_reason_is_told_at_once(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    outcome = await world.submit(world.ada, minutes=600, justification="", ticket="?")
    assert await refused(world, outcome) == [
        Reason.ALREADY_ASSIGNED,
        Reason.JUSTIFICATION_MISSING,
        Reason.TICKET_MISMATCH,
        Reason.DURATION_TOO_LONG,
    ]


async def test_nobody_to_decide_no_request(world: World) -> None:
    world.principals.members[world.principals.group("Payments Leads")].clear()
    assert await refused(world, await world.submit(world.ada)) == [Reason.NO_APPROVER]


async def test_disabled_approvers_and_the_requester_do_not_count(world: World) -> None:
    world.principals.join("Payments Leads", world.ada.id)
    for who in (world.bob, world.carol, world.dan):
        world.principals.disable(who.id)
    assert await refused(world, await world.submit(world.ada)) == [Reason.NO_APPROVER]


async def test_a_quorum_that_cannot_be_reached_is_no_request(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=4))
    outcome = await world.submit(world.ada)
    assert await refused(world, outcome) == [Reason.QUORUM_UNREACHABLE]
    assert outcome.refusals[0].detail == "3 of 4"


async def test_what_somebody_else_assigned_directly_is_not_granted(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)
    assert await refused(world, await world.submit(world.ada)) == [Reason.ALREADY_ASSIGNED]


async def test_what_this_product_assigned_is_no_obstacle(world: World) -> None:
    await world.active()
    assert (await world.submit(world.ada)).result is Result.SUBMITTED


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_bot": True}, Reason.BOT),
        ({"is_guest": True}, Reason.GUEST),
        ({"is_stranger": True}, Reason.STRANGER),
        ({"is_of_this_workspace": False}, Reason.OTHER_WORKSPACE),
        ({"is_deactivated": True}, Reason.DEACTIVATED),
        ({"email": ""}, Reason.NO_EMAIL),
        ({"email_confirmed": False}, Reason.EMAIL_UNCONFIRMED),
        ({"email": "ada@elsewhere.test"}, Reason.NO_PRINCIPAL),
    ],
)
async def test_an_outsider_is_refused_in_its_own_words(world: World, facts: dict[str, object], reason: Reason) -> None:
    world.chat.change(world.ada.chat, **facts)
    assert await refused(world, await world.submit(world.ada)) == [reason]


async def test_a_disabled_user_asks_for_nothing(world: World) -> None:
    world.principals.disable(world.ada.id)
    assert await refused(world, await world.submit(world.ada)) == [Reason.PRINCIPAL_DISABLED]


async def test_an_address_of_two_users_is_nobody(world: World) -> None:
    world.principals.change(world.grace.id, emails=("ADA@example.com",))
    assert await refused(world, await world.submit(world.ada)) == [Reason.SEVERAL_PRINCIPALS]


async def test_a_suspended_pair_asks_for_nothing(world: World) -> None:
    await world.asked()
    world.chat.change(world.ada.chat, email="grace@example.com")
    outcome = await world.submit(world.ada)
    assert reasons(outcome) == [Reason.IDENTITY_SUSPENDED]
    assert len(await world.requests()) == 1
    assert (await world.actions())[-2:] == ["identity.suspended", "identity.refused"]


async def test_the_groups_are_those_held_at_this_moment(world: World) -> None:
    world.principals.remember()
    world.principals.leave("Payments", world.ada.id)
    assert await refused(world, await world.submit(world.ada)) == [Reason.NOT_ELIGIBLE]


async def test_a_policy_changed_in_between_holds_at_once(world: World) -> None:
    book = world.book()
    await world.set_policies(replace(book, eligibility=book.eligibility[1:]))
    assert await refused(world, await world.submit(world.ada)) == [Reason.NOT_ELIGIBLE]


async def test_the_target_in_a_unit_at_any_depth_is_open(world: World) -> None:
    def of(request: Request) -> str:
        return request.account_name

    assert of(await world.request(await world.asked(target=Target(VAULT, READ)))) == "Vault"


async def test_a_ticket_that_cannot_be_held_to_its_pattern_in_time_is_refused(world: World) -> None:
    await world.set_policies(world.book(ticket_pattern="(a|aa)+b"))
    begun = time.monotonic()
    outcome = await world.submit(world.ada, ticket="a" * 99)
    assert time.monotonic() - begun < 30
    assert await refused(world, outcome) == [Reason.TICKET_MISMATCH]
