"""People whom no chat reaches are told by e-mail: in the words of the message, once, and noted in the trail."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from core.adapters.storage.tables import OutgoingRow
from core.domain.alarm import LeasesHeld
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.notice_content import AlarmRaised, TrailBroken
from core.domain.notices import ADMINS, Form, Notice
from core.domain.outgoing_events import EventKind
from core.services.notifications.unreachable_mail import TOLD
from tests.databases import POSTGRESQL_AT_NIGHT
from tests.fakes.chat import gone
from tests.fakes.mails import FakeMails
from tests.services.company import HOUR, MINUTE
from tests.services.test_unwritable import refused
from tests.services.world import World


def with_mail(world: World) -> FakeMails:
    world.mails = FakeMails()
    world.start()
    return world.mails


async def noted(world: World, request_id: RequestId) -> list[dict[str, Any]]:
    return [dict(event["facts"]) for event in await world.events(request_id) if event["action"] == TOLD]


@POSTGRESQL_AT_NIGHT
async def test_a_requester_whose_account_takes_no_messages_reads_each_of_them_once_by_e_mail(
    world_on_both: World,
) -> None:
    world = world_on_both
    mails = with_mail(world)
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    request_id = await world.active()
    await world.revoke(world.bob, request_id)
    await world.settle()
    (address,) = {to for to, _ in mails.sent}
    assert address == world.principals.users[world.ada.id].emails[0]
    subjects = [mail.subject for _, mail in mails.sent]
    assert len(set(subjects)) == len(subjects)
    assert any("is active" in subject for subject in subjects)
    facts = await noted(world, request_id)
    assert [each["mail"] for each in facts] == [f"mail-{number + 1}" for number in range(len(subjects))]
    assert {(each["user"], each["because"]) for each in facts} == {(world.ada.id, "user_disabled")}
    assert (await world.request(request_id)).untold == ""


async def test_a_message_that_was_sent_and_not_noted_as_sent_is_not_sent_again(world: World) -> None:
    mails = with_mail(world)
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    await world.asked()
    await world.settle()
    async with world.database.engine.begin() as connection:
        sent = update(OutgoingRow).where(col(OutgoingRow.recipient) == world.ada.id).values(closed_at=None)
        assert (await connection.execute(sent)).rowcount
    world.clock.move(MINUTE)
    await world.settle()
    assert len(mails.sent) == 1


async def test_what_is_said_again_after_an_hour_is_told_again(world: World) -> None:
    mails = with_mail(world)
    await world.set_policies(world.book_with_approval(channels=(), approvals_required=2))
    for lost in ("UADA", "UBOB"):
        world.messenger.fails_for[lost] = gone("user_disabled")
    request_id = await world.asked(minutes=240)
    await world.settle()
    told = [mail.subject for to, mail in mails.sent if to == world.principals.users[world.ada.id].emails[0]]
    world.clock.move(HOUR + MINUTE)
    await world.decide(world.carol, request_id)
    await world.settle()
    again = [mail.subject for to, mail in mails.sent if to == world.principals.users[world.ada.id].emails[0]]
    assert again == [*told, told[-1]]


async def test_what_becomes_so_again_is_told_again(world: World) -> None:
    mails = with_mail(world)
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    await world.asked()
    for who in (world.bob, world.dan):
        world.principals.leave("Payments Leads", who.id)
    for _ in range(2):
        world.principals.leave("Payments Leads", world.carol.id)
        await world.services.schedule.tell_undecidable()
        await world.settle()
        world.clock.move(MINUTE)
        world.principals.join("Payments Leads", world.carol.id)
        await world.services.schedule.tell_undecidable()
    address = world.principals.users[world.ada.id].emails[0]
    subjects = [mail.subject for to, mail in mails.sent if to == address]
    assert [subjects.count(subject) for subject in dict.fromkeys(subjects)] == [1, 2]


async def test_an_approver_whom_no_chat_knows_hears_of_the_request_and_the_admins_hear_of_the_approver(
    world: World,
) -> None:
    mails = with_mail(world)
    await world.set_policies(world.book_with_approval(channels=()))
    world.messenger.fails_for["UBOB"] = gone("user_disabled")
    request_id = await world.asked()
    await world.settle()
    await world.pass_time(2 * MINUTE)
    cards = [mail for to, mail in mails.sent if to == world.principals.users[world.bob.id].emails[0]]
    assert len(cards) == 1
    assert "R-1001" in cards[0].subject
    assert "Ada Lovelace" in cards[0].body
    assert "mend the stuck pipeline" in cards[0].body
    assert "nothing can be decided by e-mail" in cards[0].body.replace("\n", " ")
    assert [each["message"] for each in await noted(world, request_id)] == ["card"]


async def test_settings_choose_what_is_said_by_e_mail(world: World) -> None:
    mails = with_mail(world)
    await world.set_policies(world.book(email_events=frozenset({EventKind.ACCESS})))
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    request_id = await world.active()
    await world.settle()
    assert [mail.subject.count("is active") for _, mail in mails.sent] == [1]
    assert (await world.request(request_id)).untold == "user_disabled"


async def test_an_e_mail_that_is_refused_leaves_the_message_given_up_as_without_e_mail(world: World) -> None:
    mails = with_mail(world)
    mails.fails.extend([UpstreamRefused("not verified", code="MessageRejected", side=Side.AWS)] * 9)
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    request_id = await world.asked()
    await world.settle()
    assert (await world.request(request_id)).untold == "user_disabled"
    assert await noted(world, request_id) == []


async def test_an_e_mail_service_that_is_busy_is_tried_again_and_a_chat_that_reaches_again_is_preferred(
    world: World,
) -> None:
    mails = with_mail(world)
    mails.fails.append(UpstreamBusy("throttled", side=Side.AWS))
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    await world.asked()
    await world.services.dispatcher.deliver()
    world.clock.move(MINUTE)
    await world.services.dispatcher.deliver()
    assert len(mails.sent) <= 1
    await world.settle()
    assert len(mails.sent) == 1


@pytest.mark.parametrize("change", [{"enabled": False}, {"emails": ()}])
async def test_nobody_is_written_to_who_is_disabled_or_has_no_address(world: World, change: dict[str, Any]) -> None:
    mails = with_mail(world)
    request_id = await world.asked()
    world.messenger.fails_for["UADA"] = gone("user_disabled")
    world.principals.change(world.ada.id, **change)
    await world.settle()
    assert mails.sent == []
    assert await noted(world, request_id) == []


async def test_an_admin_whom_no_chat_reaches_hears_of_an_alarm(world: World) -> None:
    mails = with_mail(world)
    await world.services.dispatcher.know_admins()
    world.messenger.fails_for["UFRANK"] = gone("user_disabled")
    async with world.open_unit() as unit:
        await unit.outbox.put([Notice(Form.DIRECT, AlarmRaised(LeasesHeld("outgoing (3)")), ADMINS)], world.clock.now())
        await unit.commit()
    await world.settle()
    (mail,) = [mail for _, mail in mails.sent]
    assert "outgoing (3)" in mail.body
    async with world.open_unit() as unit:
        actions = [event.body for event in await unit.audit.page(0, 1000) if TOLD in event.body]
    assert len(actions) == 1


async def test_while_the_trail_takes_no_event_an_e_mail_is_sent_once_and_noted_afterwards(world: World) -> None:
    mails = with_mail(world)
    await world.services.dispatcher.know_admins()
    world.messenger.fails_for["UFRANK"] = gone("user_disabled")
    async with world.open_unit() as unit:
        await unit.outbox.put([Notice(Form.DIRECT, TrailBroken(7, "was changed"), ADMINS)], world.clock.now())
        await unit.commit()
    async with refused(world, "BEFORE INSERT ON audit_event"):
        for _ in range(20):
            await world.services.dispatcher.deliver()
            world.clock.move(MINUTE)
    assert len(mails.sent) == 1
    await world.settle()
    assert len(mails.sent) == 1
    assert (await world.actions()).count(TOLD) == 1
