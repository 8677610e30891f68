"""The answer to a form **Request access** that was sent: what it becomes, or why it is refused."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from core.domain.commands import SubmitRequest, SubmitTogether
from core.domain.errors import Upstream
from core.domain.ids import RequestId
from core.domain.outcome import InHand, Result
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.ports import MessageRef
from core.services.queries.request_queries import NamedApprovers
from handlers.flows.answers import FieldErrors, FormAnswer, NextScreen
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import refused
from handlers.flows.platform import FormSubmission, Platform
from handlers.screens import request_form, request_note
from handlers.screens.screen import Screen
from handlers.words import sentences

log = structlog.get_logger()

CARD_LOOKS, CARD_LOOK_EVERY = 27, 0.03
"""The number of looks for the posted card, and the seconds between them."""
FILED_WITHIN = timedelta(seconds=0.5)
"""The time for answering a form by what is known; what has to be asked for may take longer."""
FOLLOWED_AFTER = (*[0.1] * 5, *[0.2] * 5, *[0.5] * 5)
"""Seconds before each look for what came of an answered form: when judging takes long, hundreds may look at once."""
LINKED_WITHIN = 0.8
"""Seconds that are left for finding the address of a card."""


async def judge(platform: Platform, submission: FormSubmission, form: request_form.SubmittedForm) -> FormAnswer:
    """By what is known, where that is enough; else by what is so, with errors on the fields."""
    deadline = AnswerDeadline()
    had = deadline.left
    if form.problems:
        return FieldErrors(request_form.errors(form.problems, form.inputs))
    user = submission.sender.chat_user
    key = f"form:{form.key or submission.key}"
    command = (
        SubmitTogether(user, key, access=form.access, others=form.others)
        if form.others
        else SubmitRequest(user, key, access=form.access)
    )
    if isinstance(command, SubmitRequest):
        filed = await platform.services.commands.file(command, FILED_WITHIN)
        if filed is not None:
            platform.boundary.go_on("request", submission.sender, _follow(platform, submission, filed.id))
            return _update(await deadline.or_else(_filed(platform, user, filed), request_note.sent_as(filed.id)))
    outcome = await platform.services.commands.perform(command, ACT_WITHIN - timedelta(seconds=had - deadline.left))
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your request"))
    if outcome.result is Result.DECLINED:
        return FieldErrors(request_form.errors(outcome.refusals, form.inputs))
    if outcome.request_id is None:
        return _update(refused(request_note.TITLE, sentences.outcome(outcome, None, platform.clock.now())))
    if outcome.together:
        sent = _sent_together(platform, user, outcome.together)
    else:
        sent = _sent(platform, user, outcome.request_id, deadline)
    return _update(await deadline.or_else(sent, request_note.sent_as(outcome.request_id)))


async def _filed(platform: Platform, reader: ChatUser, request: Request) -> Screen:
    """The answer by what is known. It shows by itself what comes of it (``_follow``)."""
    deciders = await platform.services.request_queries.deciders(request)
    links = await platform.links_to(None, reader)
    return request_note.sent(request, _named(deciders), links, waits=True)


async def _follow(platform: Platform, submission: FormSubmission, request_id: RequestId) -> None:
    """Show where the form was sent what came of it: the card, why it is not sent after all, or what it waits for."""
    user = submission.sender.chat_user
    try:
        request, place = await _what_came(platform, request_id, user)
        if request is not None:
            await platform.exchange(submission.screen_id, await _come_of(platform, request, place, user))
    except Upstream as error:  # nothing is wrong with the request: it would read as if it were
        log.info("form does not show what came of it: a message does", user=user.user, because=str(error))


async def _what_came(
    platform: Platform, request_id: RequestId, user: ChatUser
) -> tuple[Request | None, MessageRef | None]:
    """The request once it is judged and its card is posted, or as it is when nobody waits any longer."""
    request = None
    for pause in FOLLOWED_AFTER:
        await asyncio.sleep(pause)
        request = await platform.services.request_queries.request(request_id)
        if request is None or request.is_over:
            break
        if not request.unjudged:
            place = await platform.services.request_queries.place(request_id, user)
            if place is not None or not _has_card(request):
                return request, place
    return request, None


async def _come_of(platform: Platform, request: Request, place: MessageRef | None, reader: ChatUser) -> Screen:
    if request.unjudged:
        return request_note.unjudged(request, platform.clock.now())
    deciders = await platform.services.request_queries.deciders(request)
    return request_note.sent(request, _named(deciders), await platform.links_to(place, reader))


async def _sent(platform: Platform, reader: ChatUser, request_id: RequestId, deadline: AnswerDeadline) -> Screen:
    request = await platform.services.request_queries.request(request_id)
    if request is None:
        return refused(request_note.TITLE, sentences.NO_SUCH_REQUEST)
    if request.unjudged:  # the form was sent before
        return request_note.unjudged(request, platform.clock.now())
    deciders, place = await asyncio.gather(
        platform.services.request_queries.deciders(request), _place(platform, request, reader, deadline)
    )
    links = await platform.links_to(place, reader)
    return request_note.sent(request, _named(deciders), links)


def _named(deciders: NamedApprovers) -> list[str]:
    return [*(deciders.groups or deciders.people), *deciders.personal]


async def _sent_together(platform: Platform, reader: ChatUser, made: Sequence[RequestId]) -> Screen:
    found = [await platform.services.request_queries.request(each) for each in made]
    links = await platform.links_to(None, reader)
    return request_note.sent_together([each for each in found if each is not None], links, platform.clock.now())


async def _place(platform: Platform, request: Request, reader: ChatUser, deadline: AnswerDeadline) -> MessageRef | None:
    """The address of the card: it is being posted at this moment, and waited for as long as there is time."""
    for _ in range(CARD_LOOKS if _has_card(request) else 0):
        place = await platform.services.request_queries.place(request.id, reader)
        if place is not None or deadline.left < LINKED_WITHIN:
            return place
        await asyncio.sleep(CARD_LOOK_EVERY)
    return None


def _has_card(request: Request) -> bool:
    return request.status is Status.PENDING and bool(request.channels)


def _update(view: Screen) -> FormAnswer:
    return NextScreen(view)
