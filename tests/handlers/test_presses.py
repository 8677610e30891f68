"""A press of Approve counts at once in a message of ours, where one approval does; else what is stored is shown."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.approval import Verdict
from core.domain.ids import RequestId
from core.domain.request import Request, Shown, Status, digest, digest_before
from core.domain.settings import PolicyChanges
from core.ports import Conversation, MessageRef
from handlers.flows import policy_waiting, review
from handlers.flows.boundary import Boundary
from handlers.flows.platform import ButtonPress
from handlers.screens.links import Links
from handlers.screens.screen import Screen
from handlers.slack.context import SlackContext
from handlers.slack.drawing.answers import form_response
from handlers.slack.drawing.render import render_view
from handlers.slack.payloads import SlackSender, read_button_press
from tests.databases import sqlite_databases  # noqa: F401 - a fixture
from tests.handlers.samples import LINKS
from tests.handlers.submissions import sent
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, PROD, Member
from tests.services.conftest import beginnings, one_quick_sqlite, quick_sqlite, world  # noqa: F401 - fixtures
from tests.services.traces import Traces
from tests.services.world import World

ELSEWHERE = MessageRef("slack", "C-RANDOM", "1700000000.000100")


class Sight:
    """The screens that a person sees: modals that were opened, and private answers."""

    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.said: list[str] = []

    async def open(self, _trigger: str, view: Screen) -> str:
        self.opened.append(render_view(view))
        return "V1"

    async def exchange(self, _screen_id: str, view: Screen, **_: Any) -> None:
        self.opened[-1] = render_view(view)

    async def privately(self, _sender: SlackSender, text: str, *_: Any, **__: Any) -> None:
        self.said.append(text)

    async def to(self, *_: Any) -> Links:
        return LINKS


class Presser:
    """The listeners on a world, and what they show."""

    def __init__(self, at: World) -> None:
        self.at = at
        self.screen = Sight()
        screen: Any = self.screen
        self.slack_context = SlackContext(
            services=at.services,
            answers=screen,
            boundary=Boundary(at.background, screen, lambda _kind, _outcome, _seconds: None),
            screens=screen,
            background=at.background,
            links=screen,
            clock=at.clock,
            command="/team",
            forget_user=lambda _user: None,
        )

    async def press(self, who: Member, request: Request, at: MessageRef | None, *, shown: str = "") -> None:
        value = str(Shown(request.id, shown or digest(request)))
        await review.press(self.slack_context, pressed(who, "request.approve", value, at))

    async def approve_change(self, who: Member, number: int, at: MessageRef | None) -> None:
        await policy_waiting.press(self.slack_context, pressed(who, "change.approve", str(number), at))

    async def send(self, who: Member) -> dict[str, Any]:
        """Submit the form that was opened last."""
        submission = sent(SlackSender(who.chat), self.screen.opened[-1], f"form:{len(self.screen.opened)}")
        return form_response(await review.submit(self.slack_context, submission, Verdict.APPROVE, needs_words=False))


def pressed(who: Member, action: str, value: str, at: MessageRef | None) -> ButtonPress:
    """A press in this message; None: in a private answer."""
    container: dict[str, Any] = {"is_ephemeral": True, "channel_id": "C1", "message_ts": "1.1"}
    if at is not None:
        container = {"channel_id": at.conversation, "message_ts": at.message}
    body = {
        "user": {"id": who.chat.user, "team_id": "T1"},
        "team": {"id": "T1"},
        "trigger_id": "1.2.3",
        "container": container,
        "actions": [{"action_id": action, "value": value, "block_id": "x"}],
    }
    return read_button_press(body)


@pytest.fixture
async def admin(world: World, monkeypatch: pytest.MonkeyPatch) -> Presser:  # noqa: F811
    monkeypatch.setattr(review, "KNOWN_LOOK_EVERY", 0)
    monkeypatch.setattr(policy_waiting, "KNOWN_LOOK_EVERY", 0)
    return Presser(world)


async def asked(at: World) -> Request:
    request = await at.request(await at.asked())
    await at.settle()
    return request


async def card_of(at: World, request: Request) -> MessageRef:
    async with at.open_unit() as unit:
        return next(iter((await unit.cards.of(request.id)).values()))


async def test_one_press_on_a_card_of_ours_approves(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.press(admin.at.bob, request, await card_of(admin.at, request))
    assert await admin.at.status(request.id) is Status.SCHEDULED
    assert not admin.screen.opened


async def test_a_press_in_a_private_list_of_ours_approves(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.press(admin.at.bob, request, None)
    assert await admin.at.status(request.id) is Status.SCHEDULED


async def test_a_press_that_is_only_made_again_shows_what_it_opened_and_decides_nothing(admin: Presser) -> None:
    request = await asked(admin.at)
    press = pressed(admin.at.bob, "request.approve", str(Shown(request.id, digest(request))), None)
    await review.press(admin.slack_context, replace(press, is_remade=True))
    assert await admin.at.status(request.id) is Status.PENDING
    assert len(admin.screen.opened) == 1


async def test_a_press_elsewhere_shows_what_is_stored_and_counts_when_that_is_sent(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.press(admin.at.bob, request, ELSEWHERE)
    assert await admin.at.status(request.id) is Status.PENDING
    (form,) = admin.screen.opened
    shown = str(form)
    for fact in ("Ada Lovelace", PROD, "PowerUserAccess", "Payments Prod", "mend the stuck pipeline", "1 h"):
        assert fact in shown
    assert await admin.send(admin.at.bob) == {}
    assert await admin.at.status(request.id) is Status.SCHEDULED


async def test_the_card_of_one_request_does_not_speak_for_another(admin: Presser) -> None:
    first, second = await asked(admin.at), await admin.at.request(await admin.at.asked(minutes=30))
    await admin.press(admin.at.bob, second, await card_of(admin.at, first))
    assert await admin.at.status(second.id) is Status.PENDING
    assert "30 min" in str(admin.screen.opened)


async def test_where_a_quorum_decides_every_approval_is_confirmed(admin: Presser) -> None:
    at = admin.at
    await at.set_policies(at.book_with_approval(approvals_required=2))
    request = await asked(at)
    card = await card_of(at, request)
    for who, expected in ((at.bob, Status.PENDING), (at.carol, Status.SCHEDULED)):
        await admin.press(who, request, card)
        assert len(await at.votes(request.id)) == (0 if who is at.bob else 1)
        await admin.send(who)
        assert await at.status(request.id) is expected


async def test_a_quorum_that_policies_ask_for_since_counts_too(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.at.set_policies(admin.at.book_with_approval(approvals_required=2))
    await admin.press(admin.at.bob, request, await card_of(admin.at, request))
    assert not await admin.at.votes(request.id)
    assert admin.screen.opened


async def test_a_reminder_is_a_message_of_ours(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.at.pass_time(16 * MINUTE)
    await admin.at.settle()
    reminder = await reminder_to(admin.at, admin.at.carol, request)
    await admin.press(admin.at.carol, request, reminder)
    assert await admin.at.status(request.id) is not Status.PENDING
    assert not admin.screen.opened


async def reminder_to(at: World, who: Member, request: Request) -> MessageRef:
    async with at.open_unit() as unit:
        for number in range(1, 200):
            for conversation in (who.chat.user, f"D-{who.chat.user}"):
                ref = MessageRef("slack", conversation, str(number))
                if await unit.cards.is_ours(request.id, ref):
                    return ref
    raise AssertionError("no reminder was noted")


async def test_a_card_of_an_older_release_is_confirmed(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.press(admin.at.bob, request, await card_of(admin.at, request), shown=digest_before(request))
    assert await admin.at.status(request.id) is Status.PENDING
    await admin.send(admin.at.bob)
    assert await admin.at.status(request.id) is Status.SCHEDULED


async def test_what_the_requester_knows_makes_no_fingerprint(admin: Presser) -> None:
    request = await asked(admin.at)
    computed = digest_before(replace(request))
    assert computed != digest(request)
    await admin.at.done(admin.at.click(admin.at.bob, request))
    assert digest(request) == digest(await admin.at.request(request.id))


@pytest.mark.parametrize("place", [None, ELSEWHERE])
async def test_a_forged_press_takes_the_same_way_whatever_it_names(admin: Presser, place: MessageRef | None) -> None:
    """No look more for a request that is there: how long the answer takes would tell (rule 22)."""
    there = await asked(admin.at)
    traces, asked_for = Traces(admin.at), []
    forger = Presser(admin.at)
    for named in (replace(there, id=RequestId(4711)), there, replace(there, id=RequestId(4712))):
        admin.at.clock.move(2 * MINUTE)  # so that each is the first of its minute in the trail
        await admin.at.services.commands.forget()
        with traces.of() as found:
            await forger.press(admin.at.grace, named, place, shown="0123456789abcdef")
        asked_for.append(found)
    _, of_one_that_is_there, of_none = asked_for  # the first ever looks into what is kept afterwards
    assert of_one_that_is_there == of_none
    assert len(set(forger.screen.said)) == 1
    assert not forger.screen.opened


async def test_a_late_press_elsewhere_is_told_who_was_faster(admin: Presser) -> None:
    request = await asked(admin.at)
    await admin.at.decide(admin.at.bob, request.id)
    await admin.press(admin.at.carol, request, ELSEWHERE)
    assert not admin.screen.opened
    assert "Bob Kahn approved this" in admin.screen.said[0]


async def test_a_card_that_is_pressed_before_it_is_noted_counts(
    admin: Presser, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await asked(admin.at)
    looked = admin.slack_context.services.decisions.check_press
    answers = [False, False, True]

    async def late(*given: Any) -> Any:
        found = await looked(*given)
        return replace(found, is_ours=answers.pop(0)) if found else None

    monkeypatch.setattr(admin.slack_context.services.decisions, "check_press", late)
    await admin.press(admin.at.bob, request, ELSEWHERE)
    assert await admin.at.status(request.id) is Status.SCHEDULED


async def change_that_waits(at: World) -> int:
    """Frank's, for a second admin: Erin, who was told."""
    at.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments")
    at.principals.join("Admins", at.erin.id)
    await at.set_policies(at.book(policy_changes=PolicyChanges.SECOND_ADMIN))
    sitting = await at.services.administration.admins.require(at.frank.chat)
    wanted = at.book(policy_changes=PolicyChanges.SECOND_ADMIN, max_duration=12 * HOUR)
    draft = await at.services.administration.drafts.keep(sitting, wanted, sitting.book.revision)
    await at.done(at.saving(draft.id))
    await at.settle()
    (proposal,) = await at.services.administration.proposals.waiting()
    return proposal.id


async def test_a_change_of_policies_is_approved_by_one_press_in_the_message_that_asks_about_it(admin: Presser) -> None:
    number = await change_that_waits(admin.at)
    async with admin.at.open_unit() as unit:
        (told,) = [MessageRef(*one.to.place) for one in await unit.sent.of(f"policies_waiting:{number}")]
    await admin.approve_change(admin.at.erin, number, told)
    assert not await admin.at.services.administration.proposals.waiting()


async def test_a_change_of_policies_that_is_approved_elsewhere_is_shown_first(admin: Presser) -> None:
    """Its number is no secret, and what stands beside the button may be about another change."""
    number = await change_that_waits(admin.at)
    await admin.approve_change(admin.at.erin, number, ELSEWHERE)
    assert len(await admin.at.services.administration.proposals.waiting()) == 1
    assert "12 h" in str(admin.screen.opened)
    again = replace(pressed(admin.at.erin, "change.approve", str(number), None), is_remade=True)
    await policy_waiting.press(admin.slack_context, again)
    assert len(await admin.at.services.administration.proposals.waiting()) == 1
    await admin.approve_change(admin.at.erin, number, None)
    assert not await admin.at.services.administration.proposals.waiting()
