"""Connects Teams with the flows: every kind of activity, every act and every word that ``flows.routes`` has.

An act is read, the flow behind it is started, and what it has shown in time is the answer. What is new to us is
answered as somebody does who does not know it (200 for an event, 501 for an invoke), and counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from core.domain.errors import NotFound
from handlers.bot_connector.activities import GROUP, PERSONAL, Activity
from handlers.bot_connector.messages import Json
from handlers.bot_connector.quoted_messages import read_quoted_message
from handlers.flows import home, opening, routes
from handlers.flows.answers import Closed, FieldErrors, FormAnswer, NextScreen
from handlers.flows.deadline import ANSWER_WITHIN, AnswerDeadline
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, ShortcutUse, TypedCommand
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Choice
from handlers.screens.parts import row
from handlers.screens.screen import Screen, message
from handlers.teams import file_answers, wire
from handlers.teams.answers import Asked, PendingAnswer, answering, line
from handlers.teams.context import CHECK, COMMAND, TeamsContext
from handlers.teams.drawing.inputs import draw_choices
from handlers.teams.origins import Opening, Origin
from handlers.teams.payloads import (
    PRESS,
    TeamsSender,
    read_button_press,
    read_command,
    read_options_query,
    read_presser,
    read_sender,
    read_submission,
)
from handlers.teams.pickers import look_up_channels
from handlers.words import sentences, teams_words
from handlers.words.shortcuts import ShortcutId

Flow = Callable[[], Coroutine[Any, Any, Any]]
Press = Callable[[ButtonPress], Coroutine[Any, Any, None]]

COMMANDS = {"request": ShortcutId.REQUEST, "about": ShortcutId.ABOUT}
"""Those of the message extension in the manifest: the shortcut that each stands for."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """``body`` is None where there is nothing to say."""

    status: int = 200
    body: Json | None = None


class TeamsListener:
    """``count`` is told of each activity: its kind, and whether it is known here."""

    def __init__(self, teams: TeamsContext, tenant: str, count: Callable[[str, bool], None]) -> None:
        self._teams = teams
        self._tenant = tenant
        self._count = count
        self._events: Mapping[str, Callable[[Activity], Awaitable[None]]] = {
            "message": self._message,
            "installationUpdate": self._installation,
            "conversationUpdate": self._change,
        }
        self._invokes: Mapping[str, Callable[[Activity], Awaitable[HttpAnswer]]] = {
            "adaptiveCard/action": self._press,
            "task/fetch": self._fetch,
            "task/submit": self._submit,
            "application/search": self._search,
            "composeExtension/fetchTask": self._compose,
            "composeExtension/submitAction": lambda activity: self._submit(_out_of_nowhere(activity)),
            "fileConsent/invoke": self._file,
        }

    async def answer(self, activity: Activity) -> HttpAnswer:
        """Within the time that Teams waits for an answer, whatever the flow behind it waits for."""
        if activity.kind == "invoke":
            invoke = self._invokes.get(activity.name)
            self._count(activity.name if invoke else "invoke", invoke is not None)
            return await invoke(activity) if invoke else HttpAnswer(501)
        event = self._events.get(activity.kind)
        self._count(activity.kind if event else "event", event is not None)
        if event is not None:
            await event(activity)
        return HttpAnswer()

    # --- events ------------------------------------------------------------------------------------

    async def _message(self, activity: Activity) -> None:
        sender = read_sender(activity, self._tenant)
        if activity.conversation.kind == GROUP:
            self._teams.boundary.take("command", sender, self._refuse_group(activity))
            return
        command = read_command(activity, sender, self._teams.command)
        answer = PendingAnswer(Asked.TYPED, sender, Opening(COMMAND, command.typed))
        self._begin("command", activity, answer, lambda: routes.subcommand(self._teams, command))

    async def _refuse_group(self, activity: Activity) -> None:
        sentence = teams_words.NO_GROUP_CHATS
        drawn = await self._teams.readers.drawn(message(sentence, [row(sentence)]), None)
        await self._teams.posts.post(activity.conversation.id, drawn.activity)

    async def _installation(self, activity: Activity) -> None:
        """The first thing that a person sees is Home."""
        if activity.action.startswith("add") and activity.conversation.kind == PERSONAL:
            sender = read_sender(activity, self._tenant)
            answer = PendingAnswer(Asked.TYPED, sender, Opening(COMMAND, "home"))
            self._begin("home", activity, answer, lambda: home.show(self._teams, sender))
        else:
            await self._change(activity)

    async def _change(self, activity: Activity) -> None:
        """Written down before it is answered: Teams tells it once."""
        learning = self._teams.background.start(self._teams.book.learn(activity), "learn conversation")
        await asyncio.wait({learning}, timeout=ANSWER_WITHIN)

    # --- acts --------------------------------------------------------------------------------------

    async def _press(self, activity: Activity) -> HttpAnswer:
        action = activity.value.get("action")
        if not isinstance(action, dict) or activity.value.get("trigger") == "automatic":
            return HttpAnswer(501)  # no card of ours asks to be refreshed
        return await self._act(activity, wire.in_message(action.get("data")), Asked.PRESS)

    async def _fetch(self, activity: Activity) -> HttpAnswer:
        return await self._act(activity, wire.in_message(activity.value.get("data")), Asked.DIALOG)

    async def _compose(self, activity: Activity) -> HttpAnswer:
        chosen = COMMANDS.get(str(activity.value.get("commandId")))
        if chosen is None:
            return HttpAnswer(501)
        flow, quoted = routes.shortcuts()[chosen], read_quoted_message(activity.value)
        return await self._act(
            _out_of_nowhere(activity),
            wire.press(ActionId.ASK, "", "", wire.ControlPlace()),  # makes the dialog again where it is forgotten
            Asked.DIALOG,
            lambda press: flow(self._teams, ShortcutUse(press.sender, chosen, quoted.words, link=quoted.link)),
        )

    async def _submit(self, activity: Activity) -> HttpAnswer:
        data = activity.value.get("data")
        if wire.read_sent(data).form:
            return await self._form(activity, data)
        return await self._act(activity, data, Asked.DIALOG)

    async def _file(self, activity: Activity) -> HttpAnswer:
        """Stored before it is answered, when that takes no longer than Teams waits."""
        deadline, sender = AnswerDeadline(), read_sender(activity, self._tenant)
        answer = PendingAnswer(Asked.TYPED, sender, Opening(COMMAND, "help"))
        task = self._begin("file", activity, answer, lambda: file_answers.answered(self._teams, activity, sender))
        if task is not None:
            await asyncio.wait({task}, timeout=deadline.left)
        return HttpAnswer()

    async def _act(self, activity: Activity, data: object, asked: Asked, flow: Press | None = None) -> HttpAnswer:
        deadline, sender = AnswerDeadline(), read_presser(activity, self._tenant, data)
        press = read_button_press(activity, sender, data, self._teams.clock.now())
        nonce = press.key.removeprefix(PRESS)
        answer = PendingAnswer(asked, sender, _opening(press), _dialog_of(press), nonce, in_home=press.in_home)
        if press.in_screen:
            self._teams.dialogs.fill(sender.chat_user, press.screen_id, press.filled)
        if press.action_id == wire.BACK:
            below = answer.pressed_in.back() if answer.pressed_in else None
            return await self._show_again(activity, answer, below, deadline)
        if press.action_id == CHECK:
            return await self._show_again(activity, answer, answer.pressed_in, deadline)
        return await self._run(activity, answer, lambda: (flow or self._flow)(press), deadline)

    def _flow(self, press: ButtonPress) -> Coroutine[Any, Any, None]:
        if press.action_id == COMMAND:
            return routes.subcommand(self._teams, TypedCommand.read(press.value, press.sender))
        known = routes.presses().get(ActionId(press.action_id)) if press.action_id in list(ActionId) else None
        return known(self._teams, press) if known else _unknown()

    async def _run(self, activity: Activity, answer: PendingAnswer, flow: Flow, deadline: AnswerDeadline) -> HttpAnswer:
        """Answer with the newest that the flow has shown in time, or that it is being looked up."""
        task = self._begin(answer.opening.act, activity, answer, flow)
        is_done = task is None or bool((await asyncio.wait({task}, timeout=deadline.left))[0])
        body = answer.leave()
        if body is not None:
            return HttpAnswer(body=body)
        if is_done:
            return HttpAnswer(body=line(teams_words.DONE, answer.asked) if answer.asked is Asked.PRESS else {})
        if answer.asked is Asked.PRESS:
            return HttpAnswer(body=line(opening.LOOKING, answer.asked))
        waiting = opening.loading(self._teams.command.lstrip("@"))
        shown = await self._teams.draw(answer.sender, answer.pressed_in or answer.opened, waiting)
        return HttpAnswer(body=shown)

    def _begin(self, kind: str, activity: Activity, answer: PendingAnswer, flow: Flow) -> "asyncio.Task[None] | None":
        """Start the flow, as what it shows belongs to this answer."""
        token = answering.set(answer)
        try:
            return self._teams.boundary.take(kind, answer.sender, self._after_learning(activity, flow))
        finally:
            answering.reset(token)

    async def _after_learning(self, activity: Activity, flow: Flow) -> Any:
        await self._teams.book.learn(activity)
        return await flow()

    # --- dialogs -----------------------------------------------------------------------------------

    async def _show_again(
        self, activity: Activity, answer: PendingAnswer, origin: Origin | None, deadline: AnswerDeadline
    ) -> HttpAnswer:
        """A dialog as it was left; one that nobody remembers is made again by what opened it."""
        if origin is None:
            return HttpAnswer(body={})
        known = self._teams.dialogs.find(answer.sender.chat_user, origin.dump())
        if known is not None:
            shown = await self._teams.draw(answer.sender, origin, known.screen, filled=known.filled)
            return HttpAnswer(body=shown)
        return await self._run(activity, *self._remaking(answer.sender, origin), deadline)

    def _remaking(self, sender: TeamsSender, origin: Origin) -> tuple[PendingAnswer, Flow]:
        """The same act once more, for the same dialog. It decides nothing: nobody presses it now."""
        last = origin.path[-1] if origin.path else Opening(COMMAND, "help")
        below = origin.back()
        answer = PendingAnswer(Asked.DIALOG, sender, last, below)
        answer.reopen(origin)
        data = wire.press(last.act, last.value, last.group, wire.ControlPlace(screen=below.dump() if below else ""))
        again = Activity("invoke", conversation=sender.conversation, reply_to=last.message)
        press = read_button_press(again, sender, data, self._teams.clock.now(), nonce=origin.own_nonce)
        return answer, lambda: self._flow(replace(press, is_remade=True))

    async def _form(self, activity: Activity, data: object) -> HttpAnswer:
        deadline, sender = AnswerDeadline(), read_sender(activity, self._tenant)
        submission = read_submission(sender, data, self._teams.clock.now())
        origin = Origin.load(submission.screen_id)
        self._teams.dialogs.fill(sender.chat_user, submission.screen_id, submission.filled)
        work = routes.forms().get(FormId(submission.form)) if submission.form in list(FormId) else None
        if work is None:
            return HttpAnswer(body=line(sentences.error(NotFound()), Asked.DIALOG))
        token = answering.set(PendingAnswer(Asked.TYPED, sender, Opening(COMMAND, "help"), origin))
        try:
            told = await self._teams.boundary.answer(
                f"form {submission.form}",
                submission,
                self._after_learning(activity, lambda: work(self._teams, submission)),
            )
        finally:
            answering.reset(token)
        return await self._after_form(activity, sender, submission, origin, told, deadline)

    async def _after_form(
        self,
        activity: Activity,
        sender: TeamsSender,
        sent: FormSubmission,
        origin: Origin,
        told: FormAnswer,
        deadline: AnswerDeadline,
    ) -> HttpAnswer:
        match told:
            case FieldErrors(by_input):
                screen = await self._screen_of(activity, sender, origin, deadline)
                if screen is None:
                    return HttpAnswer(body=line(" ".join(by_input.values()), Asked.DIALOG))
                shown = await self._teams.draw(sender, origin, screen, by_input, sent.filled)
                return HttpAnswer(body=shown)
            case NextScreen(screen):
                self._teams.dialogs.show(sender.chat_user, sent.screen_id, screen)
                return HttpAnswer(body=await self._teams.draw(sender, origin, screen))
            case Closed():
                answer = PendingAnswer(Asked.DIALOG, sender, Opening(COMMAND, "help"))
                return await self._show_again(activity, answer, origin.back(), deadline)

    async def _screen_of(
        self, activity: Activity, sender: TeamsSender, origin: Origin, deadline: AnswerDeadline
    ) -> Screen | None:
        """The screen of a dialog; None when it is not remembered and cannot be made again in time."""
        known = self._teams.dialogs.find(sender.chat_user, origin.dump())
        if known is not None:
            return known.screen
        answer, flow = self._remaking(sender, origin)
        await self._run(activity, answer, flow, deadline)
        return answer.screen

    # --- type-aheads -------------------------------------------------------------------------------

    async def _search(self, activity: Activity) -> HttpAnswer:
        sender = read_sender(activity, self._tenant)
        query = read_options_query(activity.value, sender, self._teams.clock.now())
        looking = self._looking(query)
        if looking is None:
            return HttpAnswer(body=draw_choices([]))
        found = await self._teams.boundary.in_time(f"options {query.action_id}", sender, looking, otherwise=[])
        return HttpAnswer(body=draw_choices(found))

    def _looking(self, query: OptionsQuery) -> Coroutine[Any, Any, list[Choice]] | None:
        if query.action_id == wire.CHANNELS:
            return look_up_channels(self._teams, query)
        known = routes.queries().get(ActionId(query.action_id)) if query.action_id in list(ActionId) else None
        return known(self._teams, query) if known else None


def _out_of_nowhere(activity: Activity) -> Activity:
    """A command may come out of a chat that the bot has no part in: nothing is learnt from where it does."""
    return replace(activity, conversation=replace(activity.conversation, id=""), reply_to="")


def _opening(press: ButtonPress) -> Opening:
    at = press.message.message if press.message else ""
    return Opening(press.action_id, press.value, press.group, at)


def _dialog_of(press: ButtonPress) -> Origin | None:
    return Origin.load(press.screen_id) if press.in_screen else None


async def _unknown() -> None:
    """A card that an older release has drawn, or another program."""
    raise NotFound
