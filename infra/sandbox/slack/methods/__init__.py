"""The Web API: every method this Slack knows, with the scopes and the kind of token it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.sandbox.slack.methods import chat, conversations, files, people, team, views
from infra.sandbox.slack.methods.call import Call, Site
from infra.sandbox.slack.model import Json
from infra.sandbox.slack.refusal import RefusedError

__all__ = ["METHODS", "Call", "Method", "Site", "answer"]

_READS = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORIES = ("channels:history", "groups:history", "im:history", "mpim:history")
_OPENS = ("im:write", "mpim:write", "channels:manage", "groups:write")


@dataclass(frozen=True)
class Method:
    run: Callable[[Call], Json]
    #: Any one of these is enough.
    scopes: tuple[str, ...] = ()
    #: Calls allowed a minute.
    tier: int = 50
    token: Literal["bot", "app"] = "bot"


METHODS: Mapping[str, Method] = {
    "apps.connections.open": Method(team.open_connection, tier=1, token="app"),
    "auth.test": Method(team.auth_test, tier=600),
    "bots.info": Method(people.bot_info, ("users:read",)),
    "chat.delete": Method(chat.delete, ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink, tier=600),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",), tier=100),
    "chat.postMessage": Method(chat.post_message, ("chat:write", "chat:write.public"), tier=300),
    "chat.update": Method(chat.update, ("chat:write",)),
    "conversations.history": Method(conversations.history, _HISTORIES),
    "conversations.info": Method(conversations.info, _READS),
    "conversations.join": Method(conversations.join, ("channels:join",)),
    "conversations.list": Method(conversations.list_, _READS, tier=20),
    "conversations.members": Method(conversations.members, _READS, tier=100),
    "conversations.open": Method(conversations.open_, _OPENS),
    "conversations.replies": Method(conversations.replies, _HISTORIES),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), tier=100),
    "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",), tier=100),
    "team.info": Method(team.info, ("team:read",)),
    "usergroups.list": Method(people.user_groups, ("usergroups:read",), tier=20),
    "usergroups.users.list": Method(people.user_group_users, ("usergroups:read",), tier=20),
    "users.info": Method(people.info, ("users:read",), tier=100),
    "users.list": Method(people.list_, ("users:read",), tier=20),
    "users.lookupByEmail": Method(people.lookup_by_email, ("users:read.email",)),
    "users.profile.get": Method(people.profile, ("users.profile:read",), tier=100),
    "views.open": Method(views.open_, tier=100),
    "views.publish": Method(views.publish, tier=100),
    "views.push": Method(views.push, tier=100),
    "views.update": Method(views.update, tier=100),
}


def answer(method: Method, call: Call, token: str) -> Json:
    """Slack's answer; a refusal is one, too."""
    if (token == call.app.app_token) != (method.token == "app"):
        return RefusedError("not_allowed_token_type").as_json()
    try:
        if method.scopes:
            call.need(*method.scopes)
        return method.run(call)
    except RefusedError as refused:
        return refused.as_json()
