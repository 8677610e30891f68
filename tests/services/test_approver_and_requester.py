"""Approver and requester: what waits, reminders, shortened approvals, extensions."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Reason, Refused
from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.request import OVERLAP, Status
from core.domain.transition_notices import MOST_REMINDED
from core.services.queries.pending_approvals import PAGE
from tests.services.company import APPROVE, HOUR, MINUTE, POWER, PROD, READ, REJECT, SANDBOX, STAGING, Member
from tests.services.world import World, expiry_of

FOR_TWO = timedelta(hours=2)


async def ids_waiting(world: World, who: Member, after: RequestId | None = None) -> list[int]:
    page = await world.services.pending_approvals.of_user(who.chat, after)
    return [awaiting.request.id for awaiting in page.awaiting]


async def shortened(world: World, who: Member, request_id: RequestId, minutes: int) -> Outcome:
    command = world.click(who, await world.request(request_id))
    return await world.done(replace(command, allowed=minutes * MINUTE))


# --- what waits --------------------------------------------------------------------------------------


async def test_what_waits_is_pending_of_others_undecided_and_mine_to_decide_oldest_first(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    first = await world.asked()
    own = await world.asked(world.dan, Target(STAGING, READ))
    rejected = await world.asked(target=Target(STAGING, POWER))
    await world.decide(world.carol, rejected, REJECT)
    last = await world.asked(target=Target(STAGING, READ))
    await world.decide(world.bob, first)
    assert await ids_waiting(world, world.bob) == [own, last]
    assert await ids_waiting(world, world.carol) == [first, own, last]
    assert await ids_waiting(world, world.dan) == [first, last]


async def test_what_has_expired_waits_no_longer_even_before_anybody_noticed(world: World) -> None:
    request = await world.request(await world.asked())
    world.go_to(expiry_of(request))
    assert await ids_waiting(world, world.bob) == []


async def test_what_waits_comes_in_pages(world: World) -> None:
    asked = await world.asked_often(PAGE + 2)
    page = await world.services.pending_approvals.of_user(world.bob.chat)
    assert ([awaiting.request.id for awaiting in page.awaiting], page.more) == (asked[:PAGE], True)
    rest = await world.services.pending_approvals.of_user(world.bob.chat, asked[PAGE - 1])
    assert ([awaiting.request.id for awaiting in rest.awaiting], rest.more) == (asked[PAGE:], False)


async def test_what_waits_for_others_does_not_hide_what_waits_for_me(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.services.queries.pending_approvals.BATCH", 2)
    eligible = replace(world.book().eligibility[1], approval_required=True)
    payments, book = world.book().approval[0], world.book()
    sandbox = replace(
        payments,
        name="sandbox",
        ous=frozenset(),
        accounts=frozenset({SANDBOX}),
        approver_groups=frozenset(),
        approver_users=frozenset({world.erin.id}),
    )
    await world.set_policies(replace(book, eligibility=(book.eligibility[0], eligible), approval=(payments, sandbox)))
    others = await world.asked_often(5, target=Target(SANDBOX, POWER))
    mine = await world.asked()
    assert await ids_waiting(world, world.bob) == [mine]
    assert await ids_waiting(world, world.erin) == others


async def test_whoever_decides_about_nothing_is_told_so(world: World) -> None:
    with pytest.raises(Refused) as refused:
        await world.services.pending_approvals.of_user(world.ada.chat)
    assert refused.value.refusal.reason is Reason.NOT_PERMITTED


# --- reminders ---------------------------------------------------------------------------------------


async def test_reminders_come_after_a_quarter_of_an_hour_and_then_twice_as_late_each_time(world: World) -> None:
    asked = await world.request(await world.asked())
    await world.settle()
    reminded = []
    for minute in range(1, 180):
        world.go_to(asked.created_at + minute * MINUTE)
        await world.services.schedule.remind()
        await world.services.schedule.remind()
        before = len(world.messenger.topics("UBOB"))
        await world.settle()
        reminded += [minute] * (len(world.messenger.topics("UBOB")) - before)
    assert reminded == [15, 30, 60, 120]
    assert world.messenger.topics("thread:C-PAY") == ["reminder"] * 4
    assert world.messenger.topics("UADA") == ["submitted"]
    assert (await world.actions(asked.id)).count("request.reminded") == 4


async def test_of_two_replicas_one_reminds(world_on_both: World) -> None:
    world = world_on_both
    asked = await world.request(await world.asked())
    world.go_to(asked.created_at + 15 * MINUTE)
    await asyncio.gather(*(world.services.schedule.remind() for _ in range(2)))
    await world.settle()
    assert world.messenger.topics("UBOB") == world.messenger.topics("thread:C-PAY") == ["reminder"]
    assert (await world.request(asked.id)).reminders == 1


async def test_only_who_has_not_decided_is_reminded_and_nobody_once_it_is_decided(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    asked = await world.request(await world.asked())
    await world.decide(world.bob, asked.id)
    world.go_to(asked.created_at + 15 * MINUTE)
    await world.services.schedule.remind()
    await world.settle()
    assert [world.messenger.topics(user) for user in ("UBOB", "UCAROL", "UDAN")] == [[], ["reminder"], ["reminder"]]
    world.go_to(asked.created_at + 30 * MINUTE)
    await world.services.schedule.remind()
    await world.decide(world.carol, asked.id)  # between the reminder and its delivery
    await world.settle()
    assert world.messenger.topics("UDAN") == ["reminder"]
    world.go_to(asked.created_at + HOUR)
    await world.services.schedule.remind()
    await world.settle()
    assert world.messenger.topics("UDAN") == ["reminder"]


async def test_a_reminder_writes_to_a_few_and_another_time_to_the_next(world: World) -> None:
    many = [world.hire(f"Lead{n:02} Long", "Payments Leads") for n in range(MOST_REMINDED + 5)]
    asked = await world.request(await world.asked())
    world.go_to(asked.created_at + 15 * MINUTE)
    await world.services.schedule.remind()
    await world.settle()
    first = {lead.chat.user for lead in many if world.messenger.topics(lead.chat.user)}
    assert len([said for said in world.messenger.said if said.notice.topic == "reminder"]) == MOST_REMINDED + 1
    world.go_to(asked.created_at + 30 * MINUTE)
    await world.services.schedule.remind()
    await world.settle()
    assert {lead.chat.user for lead in many} - first <= {
        lead.chat.user for lead in many if world.messenger.topics(lead.chat.user)
    }


async def test_no_reminders_where_settings_ask_for_none(world: World) -> None:
    await world.set_policies(world.book(reminder_after=None))
    assert (await world.request(await world.asked())).remind_at is None


async def test_what_needs_no_approval_is_never_reminded_of(world: World) -> None:
    assert (await world.request(await world.asked(target=Target(SANDBOX, POWER)))).remind_at is None


# --- shortened approvals -----------------------------------------------------------------------------


async def test_an_approver_may_shorten_and_the_window_is_what_was_approved(world: World) -> None:
    request_id = await world.asked(minutes=120)
    assert (await shortened(world, world.bob, request_id, 45)).result is Result.APPROVED
    await world.settle()
    request = await world.request(request_id)
    assert (request.duration, request.asked_duration) == (45 * MINUTE, FOR_TWO)
    assert request.end_at == request.window_start_at + 45 * MINUTE  # type: ignore[operator]
    approved = next(event for event in await world.events(request_id) if event["action"] == "request.approved")
    assert {name: approved["facts"][name] for name in ("minutes", "minutes_asked", "minutes_approved")} == {
        "minutes": 45,
        "minutes_asked": 120,
        "minutes_approved": 45,
    }


async def test_with_a_quorum_the_shortest_of_the_approvals_holds(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked(minutes=120)
    assert (await shortened(world, world.bob, request_id, 30)).result is Result.COUNTED
    assert (await world.request(request_id)).duration == FOR_TWO  # what the others are shown stays as it is
    assert (await shortened(world, world.carol, request_id, 60)).result is Result.APPROVED
    assert (await world.request(request_id)).duration == 30 * MINUTE


async def test_a_plain_approval_after_a_shortened_one_leaves_it_shortened(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked(minutes=120)
    await shortened(world, world.bob, request_id, 30)
    await world.decide(world.carol, request_id)
    assert (await world.request(request_id)).duration == 30 * MINUTE


@pytest.mark.parametrize(("minutes", "reason"), [(121, Reason.LONGER_THAN_ASKED), (14, Reason.DURATION_TOO_SHORT)])
async def test_an_approval_that_lengthens_or_leaves_too_little_is_refused(
    world: World, minutes: int, reason: Reason
) -> None:
    request_id = await world.asked(minutes=120)
    outcome = await shortened(world, world.bob, request_id, minutes)
    assert (outcome.result, outcome.refusals[0].reason) == (Result.DECLINED, reason)
    assert await world.status(request_id) is Status.PENDING
    assert await world.votes(request_id) == ()


async def test_a_shortened_approval_of_another_card_than_is_shown_is_refused(world: World) -> None:
    """Rule 13."""
    request_id = await world.asked(minutes=120)
    command = world.click(world.bob, await world.request(request_id))
    other = replace(command, allowed=30 * MINUTE, digest="0" * 16)
    assert (await world.done(other)).refusals[0].reason is Reason.CARD_OUTDATED
    assert await world.status(request_id) is Status.PENDING


async def test_approving_for_as_long_as_was_asked_for_shortens_nothing(world: World) -> None:
    request_id = await world.asked(minutes=120)
    await shortened(world, world.bob, request_id, 120)
    request = await world.request(request_id)
    assert (request.duration, request.asked_duration) == (FOR_TWO, None)


async def test_a_limit_that_fell_meanwhile_can_be_met_by_shortening(world: World) -> None:
    request_id = await world.asked(minutes=120)
    book = world.book()
    lower = replace(book.eligibility[0], max_duration=HOUR)
    await world.set_policies(replace(book, eligibility=(lower, book.eligibility[1])))
    assert (await shortened(world, world.bob, request_id, 60)).result is Result.APPROVED
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE


# --- extensions --------------------------------------------------------------------------------------


async def test_an_extension_continues_the_access_without_a_gap_and_ends_with_the_last(world: World) -> None:
    first = await world.request(await world.active(minutes=60))
    assert first.end_at is not None
    world.go_to(first.end_at - 15 * MINUTE)
    second_id = await world.asked(minutes=60, start_at=first.end_at - OVERLAP)
    assert (await world.request(second_id)).extends == first.id
    await world.settle()
    card = next(card for card in world.messenger.cards_in("C-PAY") if card.request.id == second_id)
    assert card.extends is not None
    assert (card.extends.id, card.extends.status) == (first.id, Status.ACTIVE)
    await world.decide(world.bob, second_id)
    made = [kind for kind, *_ in world.cloud.begun]
    await world.pass_time(16 * MINUTE)
    assert (await world.status(first.id), await world.status(second_id)) == (Status.ENDED, Status.ACTIVE)
    assert world.holds()
    assert [kind for kind, *_ in world.cloud.begun] == made  # AWS was asked for nothing in between
    await world.pass_time(HOUR)
    assert await world.status(second_id) is Status.ENDED
    assert not world.holds()


async def test_what_begins_after_the_end_or_is_for_something_else_extends_nothing(world: World) -> None:
    first = await world.request(await world.active(minutes=60))
    assert first.end_at is not None
    for target, start_at in ((Target(PROD, POWER), first.end_at + MINUTE), (Target(PROD, READ), None)):
        assert (await world.request(await world.asked(target=target, start_at=start_at))).extends is None


# --- Home --------------------------------------------------------------------------------------------


async def test_open_homes_of_those_concerned_are_drawn_anew(world: World) -> None:
    for member in (world.ada, world.bob, world.grace):
        await world.services.homes.note(member.chat, member.id, "", "")
    request_id = await world.asked()
    await world.settle()
    assert world.screens.redrawn.count(world.bob.chat) == 1
    await world.decide(world.carol, request_id, APPROVE)
    await world.settle()
    assert {user.user for user in world.screens.redrawn} == {"UADA", "UBOB"}
    assert world.screens.redrawn.count(world.bob.chat) == 3, "asked, approved, active"


async def test_a_home_that_cannot_be_drawn_is_left_and_keeps_nothing_waiting(world: World) -> None:
    await world.services.homes.note(world.ada.chat, world.ada.id, "", "")
    world.screens.fails.append(Refused())
    await world.asked()
    await world.settle()
    assert world.screens.redrawn == []
    assert world.messenger.topics("UADA") == ["submitted"]
    assert await world.undeliverable() == 0


async def test_nobody_who_has_not_looked_for_long_is_drawn_anew(world: World) -> None:
    await world.services.homes.note(world.ada.chat, PrincipalId(world.ada.id), "", "")
    world.go_to(world.clock.now() + 13 * HOUR)
    await world.asked()
    await world.settle()
    assert world.screens.redrawn == []
