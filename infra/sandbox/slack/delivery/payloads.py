"""Slack's payloads about a person's acts: commands, actions, suggestions, submissions, closings."""

from infra.sandbox.slack.model import App, Channel, Json, Message, Shortcut, User, View
from infra.sandbox.slack.wire import message_json, view_json
from infra.sandbox.slack.workspace import Workspace


class Payloads:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(self, app: App, user: User, channel: Channel, command: str, text: str) -> Json:
        workspace = self._workspace
        enterprise = {}
        if workspace.enterprise is not None:
            enterprise = {
                "enterprise_id": workspace.enterprise.id,
                "enterprise_name": workspace.enterprise.name,
            }
        return {
            "token": app.verification_token,
            "team_id": workspace.team_id,
            "team_domain": workspace.domain,
            **enterprise,
            "channel_id": channel.id,
            "channel_name": channel.command_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": app.app_id,
            "is_enterprise_install": "false",
        }

    def view_interaction(self, kind: str, app: App, user: User, view: View) -> Json:
        """The common part of submissions, closings and everything else in a view."""
        return {**self._shared(kind, app, user), "view": view_json(view)}

    def in_view(self, kind: str, app: App, user: User, view: View) -> Json:
        container = {"type": "view", "view_id": view.id}
        return {**self.view_interaction(kind, app, user, view), "container": container}

    def in_message(self, kind: str, app: App, user: User, message: Message) -> Json:
        channel = self._workspace.channels[message.channel_id]
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        return {
            **self._shared(kind, app, user),
            "container": container,
            "channel": {"id": channel.id, "name": channel.command_name},
            "message": message_json(self._workspace, message),
        }

    def shortcut(self, app: App, user: User, shortcut: Shortcut, message: Message | None) -> Json:
        """Told as ``message_action`` where it was chosen for a message (docs.slack.dev, shortcuts)."""
        shared = self._shared("shortcut" if message is None else "message_action", app, user)
        payload = {**shared, "callback_id": shortcut.callback_id, "action_ts": self.action_ts()}
        if message is None:
            return payload
        channel = self._workspace.channels[message.channel_id]
        return {
            **payload,
            "channel": {"id": channel.id, "name": channel.command_name},
            "message_ts": message.ts,
            "message": message_json(self._workspace, message),
        }

    def action_ts(self) -> str:
        return f"{self._workspace.clock():.6f}"

    def _shared(self, kind: str, app: App, user: User) -> Json:
        workspace = self._workspace
        enterprise = workspace.enterprise
        team = {"id": workspace.team_id, "domain": workspace.domain}
        if enterprise is not None:
            team |= {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name}
        return {
            "type": kind,
            "team": team,
            "enterprise": {"id": enterprise.id, "name": enterprise.name} if enterprise else None,
            "is_enterprise_install": False,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team_id,
            },
            "api_app_id": app.app_id,
            "token": app.verification_token,
        }
