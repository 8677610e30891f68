"""Activities as JSON: Teams tells a bot about people's acts and about changes of a team.

Sources: the specification of the Bot Framework's activities, and Microsoft's pages on each kind of event and invoke.
"""

import datetime as dt
from html import escape
from zoneinfo import ZoneInfo

from infra.sandbox.local_teams.ids import EventIds
from infra.sandbox.local_teams.model import Conversation, Json, Message, Team, TeamsUser
from infra.sandbox.local_teams.tenant import Tenant


class Activities:
    """``server`` is the root of the service URLs."""

    def __init__(self, tenant: Tenant, server: str, ids: EventIds) -> None:
        self._tenant = tenant
        self._server = server
        self._ids = ids

    def message(self, user: TeamsUser, message: Message) -> Json:
        """A person wrote to the bot, or mentioned it."""
        conversation = self._tenant.conversations[message.conversation_id]
        text = message.text
        html = {"contentType": "text/html", "content": f"<p>{_html(text)}</p>"}
        root = message.root_id or message.id
        return {
            **self._shared("message", user, conversation, root),
            "id": message.id,
            "text": text,
            "textFormat": "plain",
            "attachments": [html] if conversation.kind == "channel" else [],
            "entities": [*message.entities, _client(user)],
        }

    def invoke(self, name: str, user: TeamsUser, conversation: Conversation, value: Json, about: str = "") -> Json:
        """A person used a control. ``about``: the message that it stands in."""
        message = self._tenant.messages.find(conversation.id, about) if about else None
        root = (message.root_id or message.id) if message else ""
        return {
            **self._shared("invoke", user, conversation, root),
            "name": name,
            "value": value,
            **({"replyToId": about} if about else {}),
        }

    def installation(self, user: TeamsUser, conversation: Conversation, action: str) -> Json:
        """The app was installed (``add``) in a chat or team, or removed from it."""
        return {**self._shared("installationUpdate", user, conversation), "action": action}

    def members(self, user: TeamsUser, conversation: Conversation, added: list[str], removed: list[str]) -> Json:
        """The members who came and went, by id; the bot is among them at its installation. ``user`` did it."""
        event = {"teamMemberAdded": added, "teamMemberRemoved": removed}
        told = {"membersAdded": added, "membersRemoved": removed}
        activity = {
            **self._shared("conversationUpdate", user, conversation),
            **{name: [self._account(each) for each in ids] for name, ids in told.items() if ids},
        }
        if conversation.kind == "channel":
            activity["channelData"]["eventType"] = next(name for name, ids in event.items() if ids)
        return activity

    def team_event(self, user: TeamsUser, conversation: Conversation, event: str) -> Json:
        """`teamArchived`, `channelDeleted`, `teamRenamed` and their like."""
        activity = self._shared("conversationUpdate", user, conversation)
        activity["channelData"]["eventType"] = event
        return activity

    def service_url(self, conversation: Conversation) -> str:
        """Ends in a slash, as Microsoft's do."""
        return f"{self._server}/{conversation.region}/"

    def _shared(self, kind: str, user: TeamsUser, conversation: Conversation, root: str = "") -> Json:
        now = dt.datetime.fromtimestamp(self._tenant.clock(), dt.UTC)
        there = now.astimezone(ZoneInfo(user.time_zone))
        return {
            "type": kind,
            "id": self._ids.next(),
            "channelId": "msteams",
            "serviceUrl": self.service_url(conversation),
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "localTimestamp": there.isoformat(timespec="milliseconds"),
            "localTimezone": user.time_zone,
            "locale": "en-GB",
            "from": self._account(user.mri),
            "recipient": {"id": self._tenant.app.bot_id, "name": self._tenant.app.name},
            "conversation": self._conversation(conversation, root),
            "entities": [_client(user)],
            "channelData": self._channel_data(conversation),
        }

    def _account(self, member_id: str) -> Json:
        user = self._tenant.by_id(member_id)
        if user is None:
            return {"id": member_id, "name": self._tenant.app.name}
        known = {"aadObjectId": user.aad_object_id} if user.aad_object_id else {}
        return {"id": user.mri, "name": user.real_name, **known}

    def _conversation(self, conversation: Conversation, root: str) -> Json:
        told: Json = {
            "id": conversation.id,
            "conversationType": conversation.kind,
            "tenantId": self._tenant.tenant_id,
        }
        if conversation.kind == "channel":
            told |= {"isGroup": True, "id": f"{conversation.id};messageid={root}" if root else conversation.id}
        return told

    def _channel_data(self, conversation: Conversation) -> Json:
        told: Json = {"tenant": {"id": self._tenant.tenant_id}}
        if conversation.team is None:
            return told
        channel: Json = {"id": conversation.id, "type": conversation.channel_type}
        if conversation.name:
            channel["name"] = conversation.name
        return {
            **told,
            "team": _team(conversation.team),
            "channel": channel,
            "teamsTeamId": conversation.team.id,
            "teamsChannelId": conversation.id,
        }


def _team(team: Team) -> Json:
    return {"id": team.id, "name": team.name, "aadGroupId": team.aad_group_id}


def _client(user: TeamsUser) -> Json:
    told = {"locale": "en-GB", "country": "GB", "platform": "Web", "timezone": user.time_zone}
    return {**told, "type": "clientInfo"}


def _html(text: str) -> str:
    """A person's text, mentions kept."""
    return escape(text, quote=False).replace("&lt;at&gt;", "<at>").replace("&lt;/at&gt;", "</at>")
