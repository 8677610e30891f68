"""The things of a workspace in Slack's JSON."""

from typing import Any

from infra.sandbox.slack.model import Channel, File, Json, Message, User, UserGroup, View
from infra.sandbox.slack.workspace import Workspace


def user_json(workspace: Workspace, user: User, *, with_email: bool) -> Json:
    answer: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset(workspace.clock()),
        "profile": profile_json(user, with_email=with_email),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_stranger": user.is_stranger,
        "is_invited_user": user.is_invited_user,
        "is_email_confirmed": user.is_email_confirmed,
        "updated": user.updated,
    }
    if user.enterprise is not None:
        answer["enterprise_user"] = {
            "id": f"W{user.id[1:]}",
            "enterprise_id": user.enterprise.id,
            "enterprise_name": user.enterprise.name,
            "teams": [user.team_id],
        }
    return answer


def profile_json(user: User, *, with_email: bool) -> Json:
    profile = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "title": user.title,
        "team": user.team_id,
    }
    return {**profile, "email": user.email} if with_email and user.email else profile


def channel_json(channel: Channel, reader_id: str) -> Json:
    shared: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_org_shared": channel.is_org_shared,
    }
    if channel.kind == "im":
        others = [each for each in channel.members if each != reader_id]
        return {**shared, "user": others[0] if others else reader_id, "is_open": True}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_private": channel.kind != "public",
        "is_general": channel.name == "general",
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "is_member": reader_id in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
    }


def message_json(workspace: Workspace, message: Message, *, with_metadata: bool = False) -> Json:
    answer: Json = {
        "type": "message",
        "user": message.user_id,
        "ts": message.ts,
        "text": message.text,
        "team": workspace.team_id,
    }
    optional: Json = {
        "bot_id": message.bot_id,
        "app_id": message.app_id,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "edited": {"user": message.user_id, "ts": message.edited_at} if message.edited_at else None,
        "files": [file_json(workspace.files[each]) for each in message.files],
        "metadata": message.metadata if with_metadata else None,
        "is_ephemeral": True if message.ephemeral_to else None,
    }
    return {**answer, **{name: value for name, value in optional.items() if value}}


def view_json(view: View) -> Json:
    empty: dict[str, Any] = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": {"type": "plain_text", "text": "View Title", "emoji": True},
        "close": None,
        "submit": None,
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return {
        **empty,
        **view.payload,
        "id": view.id,
        "team_id": view.team_id,
        "app_id": view.app_id,
        "bot_id": view.bot_id,
        "app_installed_team_id": view.team_id,
        "hash": view.hash,
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "state": {"values": view.values},
    }


def user_group_json(group: UserGroup, *, with_users: bool) -> Json:
    answer: Json = {
        "id": group.id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "date_delete": 1 if group.disabled else 0,
        "user_count": len(group.users),
    }
    return {**answer, "users": group.users} if with_users else answer


def file_json(file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "size": file.length,
        "user": file.user_id,
        "filetype": file.name.rpartition(".")[2],
        "channels": file.channel_ids,
    }
