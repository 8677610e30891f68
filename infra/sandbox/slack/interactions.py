"""Slack's part in a person's act: it tells the app, reads the answer, and shows the result."""

import re
from typing import Any

from infra.sandbox.changes import Change
from infra.sandbox.slack.blockkit import check_options, check_view
from infra.sandbox.slack.blockkit.form import HOLDS, initial_values
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.delivery.event_sender import EventSender
from infra.sandbox.slack.delivery.payloads import Payloads
from infra.sandbox.slack.methods.chat import checked_content
from infra.sandbox.slack.model import SLACKBOT, App, Channel, Json, Message, Shortcut, User, View
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import message_json, user_json, view_json
from infra.sandbox.slack.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Interactions:
    """Acts for people by their ids; the person driver and the browser page both stand on it."""

    def __init__(self, workspace: Workspace, event_sender: EventSender, site_url: str) -> None:
        self._workspace = workspace
        self._event_sender = event_sender
        self._payloads = Payloads(workspace)
        self._site_url = site_url
        self._unsubscribe = workspace.changes.subscribe(self._tell_apps)

    def stop(self) -> None:
        """Tells apps no more of what changes."""
        self._unsubscribe()

    def say(self, user: User, channel: Channel, text: str, thread_ts: str | None = None) -> Message:
        """A person posts."""
        message = self._workspace.messages.post(channel.id, user.id, escaped(text), thread_ts=thread_ts)
        kinds = {"public": "channel", "private": "group"}
        event = {**message_json(self._workspace, message), "channel": channel.id}
        event["channel_type"] = kinds.get(channel.kind, channel.kind)
        self._event_sender.publish(event, only_to=channel.members)
        return message

    async def command(self, user: User, channel: Channel, line: str) -> tuple[Delivery | None, Message | None]:
        """A person sends a slash command. Also told: the message that came straight back, if one did."""
        command, _, text = line.strip().partition(" ")
        app = self._workspace.app_for_command(command)
        if app is None:
            return None, self._slackbot(user, channel, f"{command} is not a valid command.")
        said = escaped(text.strip())
        said = with_ids(self._workspace, said) if app.escapes_commands else said
        payload = self._payloads.command(app, user, channel, command, said)
        payload["response_url"] = self._response_url("commands", app, user, channel.id)
        payload["trigger_id"] = self._workspace.tickets.trigger(app.app_id, user.id).id
        delivery = await self._event_sender.deliver(app, "slash_commands", payload)
        if delivery.ack.ok:
            return delivery, self._show_answer(delivery, app, user, channel)
        problem = delivery.ack.problem.replace("connection_failed", "dispatch_failed")
        return delivery, self._slackbot(user, channel, f'{command} failed with the error "{problem}"')

    async def act_in_view(self, user: User, view: View, block: Json, element: Json, chosen: Json) -> Delivery:
        """A person uses an element of a modal or Home."""
        app = self._workspace.apps[view.app_id]
        payload = self._payloads.in_view("block_actions", app, user, view)
        payload["trigger_id"] = self._workspace.tickets.trigger(app.app_id, user.id, view.id).id
        payload["actions"] = [self._action(block, element, chosen)]
        delivery = await self._event_sender.deliver(app, "interactive", payload)
        if not delivery.ack.ok and view.is_open:
            self._workspace.views.mark(view, errors=view.errors, trouble=TROUBLE)
        return delivery

    async def act_in_message(self, user: User, message: Message, block: Json, element: Json, chosen: Json) -> Delivery:
        """A person presses a button, or uses another element, under a message."""
        app = self._workspace.apps[message.app_id or ""]
        payload = self._payloads.in_message("block_actions", app, user, message)
        payload["trigger_id"] = self._workspace.tickets.trigger(app.app_id, user.id).id
        payload["response_url"] = self._response_url("actions", app, user, message.channel_id, message.ts)
        values = initial_values(message.blocks)
        if element["type"] in HOLDS:
            values[block["block_id"]][element["action_id"]] = {"type": element["type"], **chosen}
        payload["state"] = {"values": values}
        payload["actions"] = [self._action(block, element, chosen)]
        delivery = await self._event_sender.deliver(app, "interactive", payload)
        if not delivery.ack.ok:
            channel = self._workspace.channels[message.channel_id]
            self._slackbot(user, channel, f"The app didn't respond: {delivery.ack.problem}")
        return delivery

    async def shortcut(self, user: User, app: App, shortcut: Shortcut, message: Message | None = None) -> Delivery:
        """A person chooses a shortcut, for a message where it is one of those."""
        payload = self._payloads.shortcut(app, user, shortcut, message)
        payload["trigger_id"] = self._workspace.tickets.trigger(app.app_id, user.id).id
        if message is not None:
            payload["response_url"] = self._response_url("actions", app, user, message.channel_id, message.ts)
        return await self._event_sender.deliver(app, "interactive", payload)

    async def suggest(self, user: User, place: View | Message, block: Json, element: Json, query: str) -> Json:
        """Asks the app what to offer for the letters typed; nothing, if its answer is of no use."""
        app = self._workspace.apps[place.app_id or ""]
        if isinstance(place, View):
            payload = self._payloads.in_view("block_suggestion", app, user, place)
        else:
            payload = self._payloads.in_message("block_suggestion", app, user, place)
        payload |= {"action_id": element["action_id"], "block_id": block["block_id"], "value": query}
        delivery = await self._event_sender.deliver(app, "interactive", payload)
        problems = check_options(delivery.ack.body) if delivery.ack.ok else [delivery.ack.problem]
        for problem in problems:
            self._event_sender.complain(delivery, problem)
        return {} if problems else delivery.ack.content

    async def submit(self, user: User, view: View) -> Delivery:
        """A person submits the form; the app's answer says what becomes of it."""
        app = self._workspace.apps[view.app_id]
        payload = self._payloads.view_interaction("view_submission", app, user, view)
        payload["trigger_id"] = self._workspace.tickets.trigger(app.app_id, user.id, view.id).id
        payload["response_urls"] = []
        self._workspace.views.mark(view)
        delivery = await self._event_sender.deliver(app, "interactive", payload)
        try:
            self._follow(delivery, app, view)
        except RefusedError as refused:
            self._event_sender.complain(delivery, f"{refused.code}: {refused.problems}")
            self._workspace.views.mark(view, trouble=TROUBLE)
        return delivery

    async def close(self, user: User, view: View, *, whole_stack: bool = False) -> Delivery | None:
        """A person closes a modal; apps that asked to be notified are."""
        app = self._workspace.apps[view.app_id]
        shown = view_json(view)
        if whole_stack:
            self._workspace.views.clear(user.id)
        else:
            self._workspace.views.close(view)
        if not view.payload.get("notify_on_close"):
            return None
        payload = self._payloads.view_interaction("view_closed", app, user, view)
        payload |= {"view": shown, "is_cleared": whole_stack}
        return await self._event_sender.deliver(app, "interactive", payload)

    def open_home(self, user: User, app: App, tab: str = "home") -> None:
        """A person looks at the app; it is told if it subscribed."""
        workspace = self._workspace
        home = workspace.views.home(app.app_id, user.id)
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": workspace.direct_channel(app.bot_user_id, user.id).id,
            "tab": tab,
        }
        self._event_sender.publish({**event, "view": view_json(home)} if home else event)

    def respond(self, secret: str, answer: Json) -> None:
        """An app uses a response URL."""
        ticket = self._workspace.tickets.answer(secret)
        app = self._workspace.apps[ticket.app_id]
        origin = None
        if ticket.message_ts:
            origin = self._workspace.messages.recall(ticket.channel_id, ticket.message_ts)
        if answer.get("delete_original"):
            if origin is not None:
                self._workspace.messages.delete(origin)
            return
        content = _content(answer)
        if not any(content.values()):
            raise RefusedError("no_text")
        if answer.get("replace_original") and origin is not None:
            self._workspace.messages.edit(origin, **content)
            return
        self._answer_in(app, ticket.user_id, ticket.channel_id, answer, content)

    def _follow(self, delivery: Delivery, app: App, view: View) -> None:
        views = self._workspace.views
        if not delivery.ack.ok:
            views.mark(view, trouble=TROUBLE)
            return
        answer = delivery.ack.content
        match answer.get("response_action"):
            case None if not answer:
                views.close(view)
            case "clear":
                views.clear(view.user_id)
            case "errors":
                views.mark(view, errors=_errors(view, answer.get("errors")))
            case "update":
                check_view(answer.get("view"), "modal")
                views.update(view, answer["view"])
            case "push":
                check_view(answer.get("view"), "modal")
                views.push(app, view.user_id, answer["view"])
            case unknown:
                raise RefusedError("invalid_response_action", [f"{unknown!r} in {answer!r}"])

    def _show_answer(self, delivery: Delivery, app: App, user: User, channel: Channel) -> Message | None:
        answer = delivery.ack.content
        try:
            content = _content(answer)
        except RefusedError as refused:
            self._event_sender.complain(delivery, f"{refused.code}: {refused.problems}")
            return self._slackbot(user, channel, f'The command failed with the error "{refused.code}"')
        if not any(content.values()):
            return None
        return self._answer_in(app, user.id, channel.id, answer, content)

    def _answer_in(self, app: App, user_id: str, channel_id: str, answer: Json, content: Json) -> Message:
        for_all = answer.get("response_type") == "in_channel"
        return self._workspace.messages.post(
            channel_id,
            app.bot_user_id,
            **content,
            app_id=app.app_id,
            bot_id=app.bot_id,
            ephemeral_to=None if for_all else user_id,
            thread_ts=answer.get("thread_ts"),
        )

    def _response_url(self, kind: str, app: App, user: User, channel_id: str, message_ts: str | None = None) -> str:
        ticket = self._workspace.tickets.response(app.app_id, user.id, channel_id, message_ts)
        return f"{self._site_url}/{kind}/{self._workspace.team_id}/{ticket.secret}"

    def _slackbot(self, user: User, channel: Channel, text: str) -> Message:
        return self._workspace.messages.post(channel.id, SLACKBOT, text, ephemeral_to=user.id)

    def _action(self, block: Json, element: Json, chosen: Json) -> Json:
        return {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            **{name: element[name] for name in ("text", "style", "placeholder") if name in element},
            **chosen,
            "action_ts": self._payloads.action_ts(),
        }

    def _tell_apps(self, change: Change) -> None:
        if change.kind == "user.changed":
            profile = user_json(self._workspace, change.subject, with_email=True)
            self._event_sender.tell_profile_change(change.subject, profile)


def escaped(text: str) -> str:
    """A person's text from the message box, as Slack passes it on: never markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_WORD = re.compile(r"(?<![^\s:])(?:([@#])([\w.-]*\w)|(https?://[^\s|]+)|([\w.+-]+@[\w-]+(?:\.[\w-]+)+))")


def with_ids(workspace: Workspace, text: str) -> str:
    """The text for an app that asked for `should_escape`: people and channels by id, addresses as links."""
    people = {user.name: user.id for user in workspace.users.values()}
    channels = {channel.name: channel.id for channel in workspace.channels.values()}

    def written(found: re.Match[str]) -> str:
        mark, name, url, mail = found.groups()
        if url:
            return f"<{url}>"
        if mail:
            return f"<mailto:{mail}|{mail}>"
        known = people if mark == "@" else channels
        return f"<{mark}{known[name]}|{name}>" if name in known else found[0]

    return _WORD.sub(written, text)


def _content(answer: Json) -> Json:
    return checked_content(str(answer.get("text") or ""), answer.get("blocks"), answer.get("attachments"))


def _errors(view: View, errors: Any) -> dict[str, str]:
    """The errors of a refused form, each on an input that exists."""
    inputs = {each["block_id"] for each in view.blocks if each["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise RefusedError("invalid_errors", ["no errors were given"])
    unknown = sorted(set(errors) - inputs)
    if unknown:
        raise RefusedError("invalid_errors", [f"no input block is called {each!r}" for each in unknown])
    return {block_id: str(text) for block_id, text in errors.items()}
