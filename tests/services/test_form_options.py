"""A form offers what this person may ask for, and nothing else; quickly, however large the organization is."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Field, Reason, Refused
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import Account, OrganizationalUnit, PermissionSet, Target
from core.domain.outcome import Result
from core.domain.policy import Bundle
from core.domain.request import Status
from core.services.queries.form_options import GoneTarget, LeftOut, OfferedBundle
from tests.services.company import (
    ADMIN,
    HOUR,
    MANAGEMENT,
    MINUTE,
    OLD,
    PAYMENTS,
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


async def offered(world: World, typed: str = "", permission_set: PermissionSetArn | None = None) -> list[AccountId]:
    choices = await world.services.form_options.accounts(world.ada.chat, typed, permission_set)
    return [choice.account.id for choice in choices]


async def test_accounts_are_those_open_to_the_person_by_name(world: World) -> None:
    assert await offered(world) == [PROD, STAGING, SANDBOX, VAULT]
    assert not {MANAGEMENT, OLD} & set(await offered(world))


async def test_nobody_is_offered_what_only_others_may_ask_for(world: World) -> None:
    for who in (world.grace, world.bob, world.frank, world.erin):
        assert await world.services.form_options.accounts(who.chat, "") == []
        assert await world.services.form_options.permission_sets(who.chat, "") == []
        preview = await world.services.form_options.preview(who.chat, PROD, POWER)
        assert (preview.account, preview.permission_set, preview.eligibility) == (None, None, None)
        with pytest.raises(Refused) as caught:
            await world.services.form_options.may_ask(who.chat)
        assert caught.value.refusal.reason is Reason.NOT_ELIGIBLE


async def test_what_is_chosen_narrows_the_other(world: World) -> None:
    assert await offered(world, permission_set=READ) == [PROD, STAGING, VAULT]
    sets = await world.services.form_options.permission_sets(world.ada.chat, "", SANDBOX)
    assert [found.arn for found in sets] == [POWER]
    assert await world.services.form_options.permission_sets(world.ada.chat, "", MANAGEMENT) == []


async def test_protected_targets_are_not_offered(world: World) -> None:
    await world.set_policies(
        world.book(protected_accounts=frozenset({PROD}), protected_permission_sets=frozenset({READ}))
    )
    assert PROD not in await offered(world)
    assert [p.arn for p in await world.services.form_options.permission_sets(world.ada.chat, "")] == [POWER]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pay", [PROD, STAGING, VAULT]),
        ("PROD", [PROD]),
        ("stag pay", [STAGING]),
        (STAGING[:6], [STAGING]),
        ("workloads", [PROD, STAGING, SANDBOX, VAULT]),
        ("management", []),
        ("  ", [PROD, STAGING, SANDBOX, VAULT]),
    ],
)
async def test_accounts_are_found_by_name_number_or_path_and_the_best_come_first(
    world: World, typed: str, found: list[AccountId]
) -> None:
    assert await offered(world, typed) == found


async def test_permission_sets_are_found_by_name_or_description(world: World) -> None:
    search = world.services.form_options.permission_sets
    assert [p.name for p in await search(world.ada.chat, "looking")] == ["ReadOnlyAccess"]
    assert [p.name for p in await search(world.ada.chat, "admin")] == []


async def test_three_thousand_accounts_are_searched_in_no_time(world: World) -> None:
    old = world.reader.organization
    units = {OuId(f"ou-{n}"): OrganizationalUnit(OuId(f"ou-{n}"), f"Division {n}", PAYMENTS) for n in range(600)}
    accounts = {
        AccountId(f"{n:012}"): Account(AccountId(f"{n:012}"), f"Team {n:04}", OuId(f"ou-{n // 5}")) for n in range(3000)
    }
    sets = {
        PermissionSetArn(f"arn-{n}"): PermissionSet(PermissionSetArn(f"arn-{n}"), f"Team{n:03}Access")
        for n in range(300)
    }
    world.reader.organization = replace(
        old,
        accounts={**old.accounts, **accounts},
        ous={**old.ous, **units},
        permission_sets={**old.permission_sets, **sets},
        taken_at=world.clock.now() + MINUTE,
    )
    await world.services.organizations.refresh(force=True)
    await offered(world)  # the tree is walked once
    begun = time.process_time()
    found = [await offered(world, typed) for typed in ("t", "te", "team 2", "division 17", "")]
    assert (time.process_time() - begun) / 5 < 0.25
    assert [len(accounts) for accounts in found[:3]] == [100, 100, 100]
    assert "000000000085" in found[3]


# --- durations ---------------------------------------------------------------------------------------


async def lengths(world: World, typed: str, target: Target | None = TARGET) -> list[timedelta]:
    return [
        choice.length
        for choice in await world.services.form_options.durations(world.ada.chat, typed, [target] if target else [])
    ]


async def test_durations_go_up_to_the_limit_of_the_target(world: World) -> None:
    steps = await lengths(world, "")
    assert (steps[0], steps[-1]) == (15 * MINUTE, 4 * HOUR)
    assert (await lengths(world, "", None))[-1] == 9 * HOUR
    assert (await lengths(world, "", Target(SANDBOX, POWER)))[-1] == 9 * HOUR


async def test_what_was_typed_is_offered_exactly(world: World) -> None:
    assert await lengths(world, "1h17") == [77 * MINUTE]
    assert await lengths(world, "90 minutes") == [90 * MINUTE]


async def test_what_is_longer_than_the_limit_says_so_and_offers_the_limit(world: World) -> None:
    over, limit = await world.services.form_options.durations(world.ada.chat, "12h", [TARGET])
    assert (over.length, over.over) == (12 * HOUR, 4 * HOUR)
    assert (limit.length, limit.over) == (4 * HOUR, None)


async def test_a_number_alone_offers_the_steps_that_begin_with_it(world: World) -> None:
    assert await lengths(world, "3") == [30 * MINUTE, 90 * MINUTE, 2.5 * HOUR, 3 * HOUR, 3.5 * HOUR]
    assert await lengths(world, "45") == [45 * MINUTE, 105 * MINUTE]


async def test_the_limit_of_a_target_that_is_not_open_is_not_told(world: World) -> None:
    assert (await lengths(world, "", Target(PROD, ADMIN)))[-1] == 9 * HOUR


# --- what applies ------------------------------------------------------------------------------------


async def test_a_preview_says_what_applies_to_the_choice(world: World) -> None:
    preview = await world.services.form_options.preview(world.ada.chat, PROD, POWER)
    assert preview.eligibility is not None
    assert (preview.eligibility.limit, preview.eligibility.approval_required) == (4 * HOUR, True)
    assert (preview.channels, preview.quorum, preview.refusal) == ((PAYMENTS_CHANNEL,), 1, None)
    assert preview.account is not None
    assert preview.account.path == ("Workloads", "Payments")


async def test_a_preview_names_approvers_that_a_policy_names_and_not_whoever_asks(world: World) -> None:
    named = frozenset({world.erin.id, world.ada.id})
    await world.set_policies(world.book_with_approval(approver_users=named))
    preview = await world.services.form_options.preview(world.ada.chat, PROD, POWER)
    assert preview.approver_names[-1] == "Erin Gray"
    assert len(preview.approver_names) == 2  # and the group


async def test_a_preview_of_half_a_choice_says_half(world: World) -> None:
    preview = await world.services.form_options.preview(world.ada.chat, PROD, None)
    assert preview.account is not None
    assert (preview.permission_set, preview.eligibility) == (None, None)


async def test_a_preview_says_that_nobody_could_decide(world: World) -> None:
    book = world.book()
    await world.set_policies(replace(book, approval=()))
    preview = await world.services.form_options.preview(world.ada.chat, PROD, POWER)
    assert preview.refusal is not None
    assert preview.refusal.reason is Reason.NO_APPROVER


async def test_a_combination_that_no_single_policy_allows_is_not_eligible(world: World) -> None:
    preview = await world.services.form_options.preview(world.ada.chat, SANDBOX, READ)
    assert preview.refusal is not None
    assert preview.refusal.reason is Reason.NOT_ELIGIBLE


async def test_a_preview_says_how_old_it_is(world: World) -> None:
    world.clock.move(2 * HOUR)
    preview = await world.services.form_options.preview(world.ada.chat, None, None)
    assert preview.is_stale
    assert preview.settings == await world.services.form_options.settings()


async def test_where_settings_name_lengths_those_up_to_the_limit_are_offered_and_no_other_is_taken(
    world: World,
) -> None:
    await world.set_policies(world.book(durations=(HOUR, 2 * HOUR, 8 * HOUR)))
    options, user = world.services.form_options, world.ada.chat
    assert [each.length for each in await options.durations(user, "", [TARGET])] == [HOUR, 2 * HOUR]
    assert [each.length for each in await options.durations(user, "2 hours", [TARGET])] == [2 * HOUR]
    assert await options.durations(user, "90m", [TARGET]) == []
    refused = await world.submit(world.ada, minutes=90)
    assert [(each.reason, each.detail) for each in refused.refusals] == [(Reason.DURATION_NOT_OFFERED, "1 h, 2 h")]
    assert (await world.submit(world.ada, minutes=120)).result is Result.SUBMITTED


async def test_what_was_shortened_to_no_such_length_starts_all_the_same(world: World) -> None:
    await world.set_policies(world.book(durations=(HOUR,)))
    request = await world.request(await world.asked(minutes=60))
    await world.done(replace(world.click(world.bob, request), allowed=20 * MINUTE))
    await world.settle()
    assert await world.status(request.id) is Status.ACTIVE


async def test_a_bundle_is_offered_by_the_part_that_somebody_may_ask_for(world: World) -> None:
    """Rule 22: of the rest only the number is said, and of a bundle that is all closed nothing.

    What exists no more is named: nobody can ask for it.
    """
    hers, not_hers, gone = TARGET, Target(PROD, ADMIN), Target(OLD, POWER)
    bundles = (Bundle("incident", (not_hers, hers, gone)), Bundle("closed", (not_hers,)))
    await world.set_policies(replace(world.book(), bundles=bundles))
    assert await world.services.form_options.bundles(world.ada.chat) == [
        OfferedBundle("incident", (hers,), LeftOut(1, (GoneTarget(3, Field.ACCOUNT, OLD),)))
    ]
    listed = await world.services.form_options.listed(world.ada.chat, [hers, not_hers])
    assert [(each.called, each.limit, each.needs_approval) for each in listed] == [
        ("PowerUserAccess in Payments Prod", 4 * HOUR, True),
        (f"ps-admin in {PROD}", None, False),
    ]
