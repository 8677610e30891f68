"""The operations of the Bot Connector: what each does to the tenant, and what it refuses.

Sources: the OpenAPI document `ConnectorAPI.json` of the Bot Framework, and Microsoft's pages on conversations, on
proactive messages and on errors.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.local_teams.checking import checked_content
from infra.sandbox.local_teams.model import Conversation, Json, Message, Team, TeamsUser
from infra.sandbox.local_teams.refusal import RefusedError
from infra.sandbox.local_teams.tenant import Tenant

Answer = tuple[int, Json]
TARGETED_LIVES = 24 * 3600
"""Seconds that a message for one person alone stands."""
PAGE_LEAST, PAGE_MOST = 50, 500


@dataclass(frozen=True)
class Ask:
    """A call, its token already judged."""

    region: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    #: The root of every service URL.
    server: str
    body: Json = field(default_factory=dict)

    @property
    def conversation_id(self) -> str:
        """Of the conversation as a whole, without the thread."""
        return self.ids.get("conversation", "").partition(";messageid=")[0]

    @property
    def root_id(self) -> str:
        return self.ids.get("conversation", "").partition(";messageid=")[2]

    @property
    def is_targeted(self) -> bool:
        return self.query.get("isTargetedActivity", "").lower() == "true"


def send(tenant: Tenant, ask: Ask) -> Answer:
    conversation = _writable(tenant, ask)
    content = checked_content(ask.body, conversation, tenant.app)
    root = _root(tenant, ask, conversation)
    target = _target(tenant, ask, conversation) if ask.is_targeted else None
    facts = {"root_id": root.id if root else None, "targeted_to": target.mri if target else None}
    parts = _split(content)
    posted = [tenant.messages.post(conversation.id, tenant.app.bot_id, **part, **facts) for part in parts]
    return (201, {"id": posted[0].id}) if len(posted) == 1 else (201, {})


def update(tenant: Tenant, ask: Ask) -> Answer:
    conversation = _writable(tenant, ask)
    message = _own_message(tenant, ask, conversation)
    if ask.is_targeted and ask.body.get("recipient"):
        raise RefusedError(400, "BadArgument", "The recipient of a targeted message can't be changed.")
    content = checked_content(ask.body, conversation, tenant.app)
    if len(_split(content)) > 1:
        raise RefusedError(400, "BadArgument", "A message can't be replaced by two.")
    tenant.messages.edit(message, **content)
    return 200, {"id": message.id}


def delete(tenant: Tenant, ask: Ask) -> Answer:
    conversation = _writable(tenant, ask)
    tenant.messages.delete(_own_message(tenant, ask, conversation))
    return 200, {}


def create(tenant: Tenant, ask: Ask) -> Answer:
    """The 1:1 chat with a person, or a new thread in a channel."""
    if tenant.app.disabled_by_admin:
        raise RefusedError(403, "BotDisabledByAdmin", "The tenant's admin disabled this bot.")
    data = ask.body.get("channelData") or {}
    said = ask.body.get("tenantId") or (data.get("tenant") or {}).get("id")
    if said != tenant.tenant_id:
        raise RefusedError(400, "BadArgument", "The tenant is missing or unknown.")
    channel_id = (data.get("channel") or {}).get("id")
    if channel_id:
        return _new_thread(tenant, ask, channel_id)
    return _new_chat(tenant, ask)


def get_member(tenant: Tenant, ask: Ask) -> Answer:
    conversation = _readable(tenant, ask)
    found = next((each for each in conversation.members if each.is_called(ask.ids["member"]) and not each.left), None)
    if found is None:
        raise RefusedError(404, "MemberNotFoundInConversation", "The member is not in this conversation.")
    return 200, member_json(found)


def get_paged_members(tenant: Tenant, ask: Ask) -> Answer:
    conversation = _readable(tenant, ask)
    size = min(PAGE_MOST, max(PAGE_LEAST, int(ask.query.get("pageSize", PAGE_MOST))))
    begin = int(ask.query.get("continuationToken", "0") or "0")
    there = [each for each in conversation.members if not each.left]
    page: Json = {"members": [member_json(each) for each in there[begin : begin + size]]}
    if begin + size < len(there):
        page["continuationToken"] = str(begin + size)
    return 200, page


def get_team(tenant: Tenant, ask: Ask) -> Answer:
    team = _team(tenant, ask)
    channels = _channels(tenant, team)
    return 200, {
        "id": team.id,
        "name": team.name,
        "aadGroupId": team.aad_group_id,
        "tenantId": tenant.tenant_id,
        "type": "standard",
        "channelCount": len(channels),
        "memberCount": len(team.members),
    }


def get_channels(tenant: Tenant, ask: Ask) -> Answer:
    """General has no name: its id is the team's."""
    team = _team(tenant, ask)
    listed = [{"id": each.id, "name": each.name, "type": each.channel_type} for each in _channels(tenant, team)]
    return 200, {"conversations": listed}


OPERATIONS: Mapping[str, Callable[[Tenant, Ask], Answer]] = {
    "createConversation": create,
    "sendActivity": send,
    "updateActivity": update,
    "deleteActivity": delete,
    "getMember": get_member,
    "getPagedMembers": get_paged_members,
    "getTeam": get_team,
    "getChannels": get_channels,
}


def member_json(user: TeamsUser) -> Json:
    """A member as a look-up tells it."""
    given, _, family = user.real_name.partition(" ")
    told = {
        "id": user.mri,
        "name": user.real_name,
        "objectId": user.aad_object_id or None,
        "aadObjectId": user.aad_object_id or None,
        "givenName": given,
        "surname": family,
        "email": user.email,
        "userPrincipalName": user.user_principal_name,
        "tenantId": user.tenant_id,
        "userRole": user.role,
    }
    return {name: value for name, value in told.items() if value is not None}


def _readable(tenant: Tenant, ask: Ask) -> Conversation:
    """A conversation that the bot is in."""
    conversation = tenant.conversations.get(ask.conversation_id)
    if conversation is None or conversation.deleted or conversation.region != ask.region:
        raise RefusedError(404, "ConversationNotFound", "Conversation not found.")
    _check_presence(tenant, conversation)
    return conversation


def _check_presence(tenant: Tenant, conversation: Conversation) -> None:
    if tenant.app.disabled_by_admin:
        raise RefusedError(403, "BotDisabledByAdmin", "The tenant's admin disabled this bot.")
    if conversation.kind == "personal":
        user = conversation.members[0]
        if user.blocked:
            raise RefusedError(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        absent = not tenant.reaches(user)
    else:
        absent = conversation.team is None or not (conversation.team.has_bot and conversation.has_bot)
    if absent:
        raise RefusedError(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")


def _writable(tenant: Tenant, ask: Ask) -> Conversation:
    conversation = _readable(tenant, ask)
    gone = conversation.kind == "personal" and conversation.members[0].left
    if gone or (conversation.team is not None and conversation.team.archived):
        raise RefusedError(403, "MessageWritesBlocked", "Messages can't be written to this conversation.")
    return conversation


def _root(tenant: Tenant, ask: Ask, conversation: Conversation) -> Message | None:
    """The message whose thread the conversation id names, which may be a line of it."""
    named = ask.root_id
    if not named:
        return None
    message = tenant.messages.find(conversation.id, named)
    if message is None:
        raise RefusedError(404, "ActivityNotFoundInConversation", "The root of the thread is not there.")
    return message if message.root_id is None else tenant.messages.find(conversation.id, message.root_id)


def _target(tenant: Tenant, ask: Ask, conversation: Conversation) -> TeamsUser:
    if conversation.kind == "personal" or not tenant.app.targeted_messages:
        raise RefusedError(400, "BadArgument", "Targeted messages are not supported in this conversation.")
    wanted = str((ask.body.get("recipient") or {}).get("id", ""))
    found = next((each for each in conversation.members if each.is_called(wanted)), None)
    if found is None:
        raise RefusedError(404, "MemberNotFoundInConversation", "The recipient is not in this conversation.")
    return found


def _own_message(tenant: Tenant, ask: Ask, conversation: Conversation) -> Message:
    message = tenant.messages.find(conversation.id, ask.ids["activity"])
    if message is None or bool(message.targeted_to) != ask.is_targeted or _is_over(tenant, message):
        raise RefusedError(404, "ActivityNotFoundInConversation", "The activity is not in this conversation.")
    if message.sender != tenant.app.bot_id:
        raise RefusedError(403, "Forbidden", "The bot can change its own messages only.")
    return message


def _is_over(tenant: Tenant, message: Message) -> bool:
    return message.targeted_to is not None and tenant.clock() - message.at > TARGETED_LIVES


def _split(content: Json) -> list[Json]:
    """Text and card of one activity become two messages."""
    if not content["text"] or not content["attachments"]:
        return [content]
    return [{**content, "attachments": []}, {**content, "text": ""}]


def _new_chat(tenant: Tenant, ask: Ask) -> Answer:
    members = ask.body.get("members") or []
    if len(members) != 1 or ask.body.get("isGroup"):
        raise RefusedError(400, "BadArgument", "A bot begins 1:1 chats only.")
    user = tenant.by_id(str(members[0].get("id", "")))
    if user is None:
        raise RefusedError(400, "BadArgument", "Failed to decrypt pairwise id.")
    if user.tenant_id != tenant.tenant_id or not tenant.reaches(user):
        raise RefusedError(403, "BotNotInConversationRoster", "The bot is not installed for this user.")
    chat = tenant.chat(user)
    _check_presence(tenant, chat)
    answer: Json = {"id": chat.id, "serviceUrl": f"{ask.server}/{chat.region}/"}
    return 201, answer | _first(tenant, ask, chat)


def _new_thread(tenant: Tenant, ask: Ask, channel_id: str) -> Answer:
    there = Ask(ask.region, {"conversation": channel_id}, ask.query, ask.server)
    channel = _writable(tenant, there)
    first = _first(tenant, ask, channel)
    if "activityId" not in first:
        raise RefusedError(400, "BadArgument", "A thread begins with an activity.")
    return 201, {"id": f"{channel.id};messageid={first['activityId']}", **first}


def _first(tenant: Tenant, ask: Ask, conversation: Conversation) -> Json:
    """Posts what the conversation begins with, if anything."""
    activity: Any = ask.body.get("activity")
    if not activity:
        return {}
    status_and_id = send(
        tenant, Ask(conversation.region, {"conversation": conversation.id}, ask.query, ask.server, activity)
    )
    return {"activityId": status_and_id[1]["id"]} if "id" in status_and_id[1] else {}


def _team(tenant: Tenant, ask: Ask) -> Team:
    team = tenant.teams.get(ask.ids["team"])
    general = tenant.conversations.get(ask.ids["team"])
    if team is None or team.deleted or general is None or general.region != ask.region:
        raise RefusedError(404, "ConversationNotFound", "Team not found.")
    _check_presence(tenant, general)
    return team


def _channels(tenant: Tenant, team: Team) -> list[Conversation]:
    found = tenant.conversations.values()
    return [each for each in found if each.team is team and not each.deleted and each.has_bot]
