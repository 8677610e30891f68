"""Connects Slack with the flows: every id and word that ``flows.routes`` has.

A listener acknowledges, reads the payload, and hands the work to the boundary. Nothing else.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from core.domain.errors import Reason, Refusal
from handlers.flows import home, routes
from handlers.flows.answers import FormAnswer
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, ShortcutUse
from handlers.screens.ids import FormId
from handlers.screens.inputs import Choice
from handlers.slack.context import SlackContext
from handlers.slack.drawing.answers import form_response
from handlers.slack.drawing.render import render_options
from handlers.slack.payloads import (
    Body,
    SlackSender,
    read_button_press,
    read_command,
    read_enterprise,
    read_options_query,
    read_sender,
    read_shortcut,
    read_submission,
    read_typist,
)
from handlers.slack_api.listeners import Listeners
from handlers.words import sentences

Work = Coroutine[Any, Any, None]


def register(listeners: Listeners, slack: SlackContext) -> None:
    """Connect every id of the manifest and of the views with its work."""
    listeners.command(slack.command)(_command(slack))
    for action_id, press in routes.presses().items():
        listeners.action(action_id.value)(_press(slack, press))
    for action_id, look_up in routes.queries().items():
        listeners.options(action_id.value)(_options(slack, look_up))
    for callback_id, submit in routes.forms().items():
        listeners.view(callback_id.value)(_submission(slack, submit))
    listeners.view_closed(FormId.NOTE.value)(_closed(slack))
    for shortcut_id, chosen in routes.shortcuts().items():
        listeners.shortcut(shortcut_id.value)(_shortcut(slack, chosen))
    listeners.event("app_home_opened")(_home(slack))
    listeners.event("user_change")(_user_change(slack))


def from_here(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    """Stop anything from another enterprise, whatever the profile says (rule 1)."""

    async def middleware(ack: AsyncAck, body: Body, next_: Callable[[], Awaitable[None]]) -> None:
        enterprise = read_enterprise(body)
        if not enterprise or await slack.links.is_of(enterprise):
            await next_()
            return
        await ack()
        if "event" not in body:
            sender = read_typist(body) if "command" in body else read_sender(body)
            slack.boundary.take("other enterprise", sender, _refuse_outsider(slack, sender))

    return middleware


async def _refuse_outsider(slack: SlackContext, sender: SlackSender) -> None:
    await slack.answers.privately(sender, sentences.refusal(Refusal(Reason.OTHER_WORKSPACE)))


def _command(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        command = read_command(body)
        slack.boundary.take("command", command.sender, routes.subcommand(slack, command))

    return listener


def _press(slack: SlackContext, flow: Callable[[SlackContext, ButtonPress], Work]) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        press = read_button_press(body)
        slack.boundary.take(press.action_id, press.sender, flow(slack, press))

    return listener


def _shortcut(slack: SlackContext, flow: Callable[[SlackContext, ShortcutUse], Work]) -> Callable[..., Awaitable[None]]:
    async def chosen(shortcut: ShortcutUse) -> None:
        link = await slack.links.to_message(shortcut.place) if shortcut.place else ""
        await flow(slack, replace(shortcut, link=link))

    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        shortcut = read_shortcut(body)
        slack.boundary.take(shortcut.shortcut, shortcut.sender, chosen(shortcut))

    return listener


def _options(
    slack: SlackContext, flow: Callable[[SlackContext, OptionsQuery], Coroutine[Any, Any, list[Choice]]]
) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        lookup = read_options_query(body)
        found = await slack.boundary.in_time(
            f"options {lookup.action_id}", lookup.sender, flow(slack, lookup), otherwise=[]
        )
        await ack(options=render_options(found))

    return listener


def _submission(
    slack: SlackContext, flow: Callable[[SlackContext, FormSubmission], Coroutine[Any, Any, FormAnswer]]
) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        submission = read_submission(body)
        answer = await slack.boundary.answer(f"form {submission.form}", submission, flow(slack, submission))
        await ack(**form_response(answer))

    return listener


def _closed(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        slack.screens.closed(str(body["view"]["id"]))

    return listener


def _home(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        if body["event"].get("tab") == "home":
            sender = read_sender({"user": {"id": body["event"]["user"]}, "team": {"id": body["team_id"]}})
            slack.boundary.take("home", sender, home.show(slack, sender))

    return listener


def _user_change(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        """Forget a remembered profile: somebody may have been deactivated."""
        await ack()
        slack.forget_user(str((body["event"].get("user") or {}).get("id") or ""))

    return listener
