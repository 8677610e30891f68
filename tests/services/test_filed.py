"""A form is answered by what is known, and judged by what is so before anybody is told (rules 1, 3, 8, 11 and 14)."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.adapters.storage.tables import FIRST_REQUEST_ID
from core.domain.approval import Verdict
from core.domain.errors import Reason, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.notices import Topic
from core.domain.organization import Target
from core.domain.outcome import InHand, Outcome, Result
from core.domain.request import Request, Status
from core.services.queries.request_queries import RequestQueries
from core.services.requests.second_judgement import JUDGED_WITHIN, SecondJudgement
from core.services.requests.submit import JUDGED_FIRST_FOR
from core.services.runtime.row_boundaries import FORGOTTEN_AFTER, PAUSE_FIRST
from handlers.flows import request_answer
from handlers.flows.answers import NextScreen
from handlers.screens import notices, request_note
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.request_form import SubmittedForm
from tests.services.company import MANAGEMENT, MINUTE, PAYMENTS_CHANNEL, POWER, SANDBOX, SECOND, TARGET
from tests.services.pause import Pause
from tests.services.world import World

PATIENCE = timedelta(seconds=30)
AUTOMATIC = Target(SANDBOX, POWER)


async def filed(world: World, target: Target = TARGET, key: str = "") -> Request | None:
    """A target is chosen, and the form is sent."""
    await world.services.form_options.look_ahead(world.ada.chat, target)
    return await world.services.commands.file(world.form(world.ada, target, key=key), PATIENCE)


async def number(world: World, target: Target = TARGET) -> RequestId:
    request = await filed(world, target)
    assert request is not None
    return request.id


def leaves_the_group(world: World) -> None:
    world.principals.leave("Payments", world.ada.id)


def is_disabled(world: World) -> None:
    world.principals.disable(world.ada.id)


def is_assigned_by_hand(world: World) -> None:
    world.cloud.make(world.ada.id, TARGET)


def has_another_address(world: World) -> None:
    world.chat.change(world.ada.chat, email="grace@example.com")


CHANGES = pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (leaves_the_group, Reason.NOT_ELIGIBLE),
        (is_disabled, Reason.PRINCIPAL_DISABLED),
        (is_assigned_by_hand, Reason.ALREADY_ASSIGNED),
        (has_another_address, Reason.IDENTITY_SUSPENDED),
    ],
)


async def test_the_request_is_there_at_once_and_its_messages_follow_when_it_is_judged(world: World) -> None:
    request_id = await number(world)
    request = await world.request(request_id)
    assert (request.status, request.unjudged) == (Status.PENDING, True)
    await world.services.dispatcher.deliver()
    assert world.messenger.said == []
    assert world.messenger.cards_in(PAYMENTS_CHANNEL) == []
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.unjudged) == (Status.PENDING, False)
    assert world.messenger.topics("UADA") == ["submitted"]
    assert len(world.messenger.cards_in(PAYMENTS_CHANNEL)) == 1
    assert await world.actions(request_id) == ["request.submitted"]


@CHANGES
async def test_what_has_changed_since_is_told_in_words_and_the_form_comes_back(
    world: World, happens: Callable[[World], None], reason: Reason
) -> None:
    await world.asked(target=AUTOMATIC)  # the chat account is known, and what is known is a minute old at most
    await world.settle()
    world.principals.remember()
    request_id = await number(world)
    happens(world)
    if happens is is_assigned_by_hand:  # what AWS listed when the target was chosen counts for a minute
        world.clock.move(2 * MINUTE)
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, reason.value)
    assert (await world.actions(request_id))[:2] == ["request.submitted", "request.disallowed"]
    assert world.messenger.cards_in(PAYMENTS_CHANNEL) == []
    assert all(
        each.notice.topic in {Topic.FAILED, Topic.UNTOLD}
        for each in world.messenger.said
        if each.notice.request_id == request_id
    )
    if reason is Reason.IDENTITY_SUSPENDED:  # nobody on the chat platform is this person any more
        return
    (said,) = [each for each in world.messenger.said if each.notice.request_id == request_id and each.to == "UADA"]
    drawn = notices.build(said.notice, request, Links(), world.clock.now())
    assert ActionId.ASK_AGAIN in str(drawn.parts[-1])


@CHANGES
async def test_what_needs_no_approval_is_not_granted_either(
    world: World, happens: Callable[[World], None], reason: Reason
) -> None:
    await world.asked()
    world.principals.remember()
    request_id = await number(world, AUTOMATIC)
    if happens is is_assigned_by_hand:
        world.cloud.make(world.ada.id, AUTOMATIC)
        world.clock.move(2 * MINUTE)
    else:
        happens(world)
    await world.services.schedule.start()
    assert (await world.request(request_id)).status is Status.SCHEDULED, "it is not started before it is judged"
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.failure) == (Status.FAILED, reason.value)


async def test_what_needs_no_approval_is_granted_once_it_is_judged(world: World) -> None:
    request_id = await number(world, AUTOMATIC)
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert world.messenger.topics("UADA") == ["submitted", "active"]


async def test_policies_that_ask_for_approval_since_are_heeded(world: World) -> None:
    request_id = await number(world, AUTOMATIC)
    book = world.book()
    asking = tuple(replace(each, approval_required=True) for each in book.eligibility)
    await world.set_policies(replace(book, eligibility=asking))
    await world.services.second_judgement.work()
    request = await world.request(request_id)
    assert request.status is Status.FAILED
    assert request.failure.startswith((Reason.NO_APPROVER.value, Reason.APPROVAL_NOW_REQUIRED.value))


async def test_whoever_was_refused_behind_an_answer_is_judged_before_the_next_ones(world: World) -> None:
    """Somebody who may no longer ask is known for a minute as one who may: no flood comes of it (rule 26)."""
    await world.asked(target=AUTOMATIC)
    await world.settle()
    world.principals.remember()
    request_id = await number(world)
    is_disabled(world)
    await world.services.second_judgement.work()
    assert await world.status(request_id) is Status.FAILED
    assert await filed(world) is None
    outcome = await world.services.commands.perform(world.form(world.ada), PATIENCE)
    assert isinstance(outcome, Outcome)
    assert outcome.result is Result.DECLINED
    world.principals.change(world.ada.id, enabled=True)
    world.principals.remember()
    world.clock.move(JUDGED_FIRST_FOR)
    assert await filed(world) is not None, "and not for long"


async def test_nobody_decides_on_what_is_not_judged_yet(world: World) -> None:
    request_id = await number(world)
    assert not (await world.services.pending_approvals.of_user(world.bob.chat)).awaiting
    command = world.click(world.bob, await world.request(request_id))
    assert isinstance(await world.services.commands.perform(command, PATIENCE), InHand)
    assert (await world.request(request_id)).status is Status.PENDING
    await world.settle()  # the click is carried out once it may be
    assert await world.status(request_id) is Status.ACTIVE


async def test_it_can_be_withdrawn_at_once_and_nobody_but_the_auditors_hears_of_it(world: World) -> None:
    request_id = await number(world)
    world.clock.move(2 * MINUTE)
    pause = Pause(world.cloud)
    judging = asyncio.create_task(world.services.second_judgement.work())
    await pause.reached.wait()
    outcome = await world.cancel(world.ada, request_id)
    pause.go_on.set()
    await judging
    assert outcome.result is Result.CANCELLED
    await world.settle()
    assert await world.status(request_id) is Status.CANCELLED
    assert (await world.events())[-1]["facts"]["unjudged"] is True
    assert world.messenger.cards_in(PAYMENTS_CHANNEL) == []
    assert world.messenger.topics("UADA") == []


async def test_a_crash_between_answer_and_judgement_loses_nothing(world: World) -> None:
    request_id = await number(world)
    world.clock.move(2 * MINUTE)
    pause = Pause(world.cloud)
    judging = asyncio.create_task(world.services.second_judgement.work())
    await pause.reached.wait()
    judging.cancel()
    world.start()
    await world.settle()
    assert (await world.request(request_id)).unjudged is False
    assert world.messenger.topics("UADA") == ["submitted"]


async def test_of_two_replicas_one_judges(world: World) -> None:
    request_id = await number(world)
    here, there = world.services.second_judgement, world._services().second_judgement
    await asyncio.gather(here.work(), there.work())
    await world.settle()
    assert (await world.request(request_id)).unjudged is False
    assert world.messenger.topics("UADA") == ["submitted"]
    assert len(world.messenger.cards_in(PAYMENTS_CHANNEL)) == 1


async def test_it_waits_while_aws_is_away_and_is_refused_when_it_is_too_late(world: World) -> None:
    request_id = await number(world)
    world.principals.down = UpstreamBusy("AWS is away")
    await world.services.second_judgement.work()
    assert (await world.request(request_id)).unjudged
    world.clock.move(MINUTE)
    world.principals.down = None
    await world.settle()
    assert not (await world.request(request_id)).unjudged
    late = await filed(world, Target(TARGET.account, TARGET.permission_set)) or await filed(world, AUTOMATIC)
    assert late is not None
    world.clock.move(JUDGED_WITHIN + SECOND)
    await world.services.second_judgement.work()
    assert (await world.request(late.id)).failure.startswith(Reason.ACT_TOO_LATE.value)


async def test_a_fault_in_one_leaves_the_others_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await number(world)
    second = await number(world, AUTOMATIC)
    judge = SecondJudgement._judgement

    async def faulty(self: SecondJudgement, request: Request) -> object:
        if request.id == first:
            raise ZeroDivisionError
        return await judge(self, request)

    monkeypatch.setattr(SecondJudgement, "_judgement", faulty)
    await world.services.second_judgement.work()
    assert (await world.request(first)).unjudged
    assert not (await world.request(second)).unjudged
    assert world.services.second_judgement.stuck() == {"judgements": 1}
    monkeypatch.undo()
    world.clock.move(MINUTE + PAUSE_FIRST)
    await world.settle()
    assert not (await world.request(first)).unjudged


async def test_what_another_replica_judged_is_not_stuck_here(world: World) -> None:
    await number(world)
    here, there = world.services.second_judgement, world._services().second_judgement
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SecondJudgement, "_judgement", lambda *_: 1 / 0)
        await here.work()
    assert here.stuck() == {"judgements": 1}
    world.clock.move(MINUTE)
    await there.work()
    world.clock.move(FORGOTTEN_AFTER)
    assert here.stuck() == {}


async def test_what_may_be_refused_is_judged_before_the_answer(world: World) -> None:
    assert await filed(world, replace(TARGET, account=MANAGEMENT)) is None
    await world.asked()
    assert await filed(world) is None, "one waits for the same target and time already"
    assert await world.services.commands.file(world.form(world.ada, AUTOMATIC), PATIENCE) is None, "nobody looked"
    world.cloud.make(world.ada.id, AUTOMATIC)
    assert await filed(world, AUTOMATIC) is None, "it is held already"
    world.principals.disable(world.ada.id)
    assert await filed(world, AUTOMATIC) is None


async def test_a_look_that_is_under_way_is_waited_for(world: World) -> None:
    pause = Pause(world.cloud)
    looking = asyncio.create_task(world.services.form_options.look_ahead(world.ada.chat, TARGET))
    await pause.reached.wait()
    filing = asyncio.create_task(world.services.commands.file(world.form(world.ada), PATIENCE))
    await asyncio.sleep(0)
    pause.go_on.set()
    await looking
    assert await filing is not None


async def test_a_form_that_was_refused_meanwhile_is_not_filed_afterwards_and_takes_no_number(
    world_on_both: World,
) -> None:
    world = world_on_both
    world.principals.remember()
    pause = Pause(world.cloud)
    looking = asyncio.create_task(world.services.form_options.look_ahead(world.ada.chat, TARGET))
    await pause.reached.wait()
    form = world.form(world.ada, key="one")
    assert await world.services.commands.file(form, timedelta(seconds=0.5)) is None
    leaves_the_group(world)
    outcome = await world.services.commands.perform(form, PATIENCE)
    assert isinstance(outcome, Outcome)
    assert outcome.result is Result.DECLINED
    pause.go_on.set()
    await looking
    await world.background.drained()
    assert not await world.requests()
    world.principals.join("Payments", world.ada.id)
    assert await number(world, AUTOMATIC) == FIRST_REQUEST_ID


async def test_it_waits_also_where_the_clock_is_behind_that_of_the_replica_that_stored_it(world: World) -> None:
    request_id = await number(world)
    world.clock.move(-MINUTE)
    world.principals.down = UpstreamBusy("AWS is away")
    await world.services.second_judgement.work()
    assert (await world.request(request_id)).unjudged
    assert world.services.second_judgement.stuck() == {}


async def test_forms_that_are_sent_at_once_pass_no_limit(world: World) -> None:
    there = world._services()
    book = world.book()
    await world.set_policies(replace(book, settings=replace(book.settings, max_open_requests=1)))
    for each in (world.services, there):
        for target in (TARGET, AUTOMATIC):
            await each.form_options.look_ahead(world.ada.chat, target)
    came = await asyncio.gather(
        *(
            replica.commands.file(world.form(world.ada, target, key=f"{number} {target.account}"), PATIENCE)
            for number, replica in enumerate((world.services, there))
            for target in (TARGET, AUTOMATIC)
        )
    )
    assert len([one for one in came if one]) == 1
    assert len(await world.requests()) == 1


async def test_a_look_from_before_the_clock_was_set_back_counts_no_longer(world: World) -> None:
    request_id = await number(world)
    world.cloud.make(world.ada.id, TARGET)
    world.clock.move(-10 * MINUTE)
    await world.services.second_judgement.work()
    assert (await world.request(request_id)).failure == Reason.ALREADY_ASSIGNED.value


class _Chat:
    """The platform, as far as a form that is sent needs it."""

    def __init__(self, world: World) -> None:
        self.services, self.clock, self.boundary = world.services, world.clock, self

    def go_on(self, _kind: str, _sender: object, work: Coroutine[None, None, None]) -> None:
        work.close()

    async def links_to(self, _place: object, _reader: object) -> Links:
        return Links()


@pytest.mark.parametrize("fault", [UpstreamBusy("AWS is away"), TimeoutError()])
async def test_a_stored_form_is_answered_though_its_approvers_cannot_be_named(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    async def faulty(*_: object) -> None:
        raise fault

    monkeypatch.setattr(RequestQueries, "deciders", faulty)
    await world.services.form_options.look_ahead(world.ada.chat, TARGET)
    form = SubmittedForm("one", world.form(world.ada).access)
    sender = SimpleNamespace(chat_user=world.ada.chat)
    submission: Any = SimpleNamespace(sender=sender, key="", screen_id="")
    chat: Any = _Chat(world)
    answer = await request_answer.judge(chat, submission, form)
    (request,) = await world.requests()
    assert answer == NextScreen(request_note.sent_as(request.id))


async def test_an_old_picture_of_the_organization_answers_nothing(world: World) -> None:
    world.reader.down = UpstreamBusy("AWS is away")
    world.clock.move(20 * MINUTE)
    assert await filed(world) is None


async def test_the_same_form_twice_is_one_request(world: World) -> None:
    one, other = await asyncio.gather(filed(world, key="one"), filed(world, key="one"))
    assert (one is None) is not (other is None)
    again = await world.services.commands.perform(world.form(world.ada, key="one"), PATIENCE)
    assert again == Outcome(Result.SUBMITTED, (one or other).id)  # type: ignore[union-attr]
    assert len(await world.requests()) == 1


async def test_what_a_replica_of_the_release_before_went_on_with_loses_its_mark_alone(world: World) -> None:
    """That release knows nothing of the mark: it judges at the start, and grants."""
    request_id = await number(world, AUTOMATIC)
    await world.settle()
    async with world.database.open() as unit:
        active = await unit.requests.get(request_id)
        assert active is not None
        await unit.requests.save(active, replace(active, unjudged=True))
        await unit.commit()
    said = len(world.messenger.said)
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.unjudged) == (Status.ACTIVE, False)
    assert len(world.messenger.said) == said
    assert (await world.actions(request_id))[-1] == "request.granted"


async def test_no_reminder_and_no_alarm_about_deciders_before_it_is_judged(world: World) -> None:
    request_id = await number(world)
    world.principals.members[world.principals.group("Payments Leads")].clear()
    world.clock.move(20 * MINUTE)
    await world.services.schedule.remind()
    await world.services.schedule.tell_undecidable()
    request = await world.request(request_id)
    assert (request.reminders, request.undecidable_since) == (0, None)
    await world.settle()
    assert (await world.request(request_id)).failure == Reason.NO_APPROVER.value


def sent_by_ada(world: World, key: str = "one", target: Target = TARGET) -> tuple[Any, Any, SubmittedForm]:
    submission = SimpleNamespace(sender=SimpleNamespace(chat_user=world.ada.chat), key="", screen_id="V1")
    return _Chat(world), submission, SubmittedForm(key, world.form(world.ada, target).access)


async def test_a_form_that_is_sent_again_does_not_read_as_sent_when_it_was_refused(world: World) -> None:
    await world.services.form_options.look_ahead(world.ada.chat, AUTOMATIC)
    form = sent_by_ada(world, target=AUTOMATIC)
    await request_answer.judge(*form)
    leaves_the_group(world)
    await world.settle()
    (request,) = await world.requests()
    assert request.status is Status.FAILED
    world.principals.join("Payments", world.ada.id)
    again = await request_answer.judge(*form)
    assert again == NextScreen(request_note.unjudged(request, world.clock.now()))


async def test_a_form_does_not_read_as_sent_once_its_request_is_over(world: World) -> None:
    request_id = await world.asked()
    await world.decide(world.bob, request_id, Verdict.REJECT, "not today")
    shown = str(request_note.sent(await world.request(request_id), ["Payments Leads"], Links()))
    assert "Rejected" in shown
    assert "Sent" not in shown
    assert "set up" not in shown


async def test_nobody_is_told_of_a_failure_because_a_stored_form_cannot_be_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, submission, _ = sent_by_ada(world)
    request_id = await number(world)
    monkeypatch.setattr(request_answer, "FOLLOWED_AFTER", (0,))

    async def away(*_: object) -> None:
        raise UpstreamBusy("the database is away")

    monkeypatch.setattr(RequestQueries, "request", away)
    await request_answer._follow(chat, submission, request_id)
