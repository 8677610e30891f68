"""`chat.*`: who may post where, and what a message may carry."""

from typing import Any

from infra.sandbox.slack.blockkit import check_message_blocks, with_ids
from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import App, Channel, Json, Message
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import message_json

#: A longer text is cut when it is posted …
TEXT_CUT_AT = 40_000
#: … and refused when a message is edited.
UPDATE_TEXT_MOST = 4_000
ATTACHMENTS_MOST = 100
MARKDOWN_TEXT_MOST = 12_000


def post_message(call: Call) -> Json:
    channel = _destination(call)
    content = _content(call)
    _require_text(content)
    thread_ts = call.text("thread_ts") or None
    if thread_ts and call.workspace.messages.find(channel.id, thread_ts) is None:
        raise RefusedError("thread_not_found")
    message = call.workspace.messages.post(
        channel.id,
        call.app.bot_user_id,
        **content,
        **_signature(call.app),
        thread_ts=thread_ts,
        metadata=_metadata(call),
        reply_broadcast=call.flag("reply_broadcast"),
    )
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(call.workspace, message, with_metadata=True),
    }


def update(call: Call) -> Json:
    channel = _known(call)
    message = _own(call, channel, "cant_update_message")
    content = _content(call)
    if len(content["text"]) > UPDATE_TEXT_MOST:
        raise RefusedError("msg_too_long")
    if not any(call.arguments.get(name) for name in ("text", "blocks", "attachments", "markdown_text")):
        raise RefusedError("no_text")
    kept = ("blocks", "attachments")
    replaced = {name: value for name, value in content.items() if name not in kept or name in call.arguments}
    metadata = _metadata(call)
    call.workspace.messages.edit(message, **replaced, **({"metadata": metadata} if metadata else {}))
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(call.workspace, message, with_metadata=True),
    }


def delete(call: Call) -> Json:
    channel = _known(call)
    message = _own(call, channel, "cant_delete_message")
    call.workspace.messages.delete(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    channel = _destination(call)
    user = call.workspace.known_user(call.required("user"))
    if user.id not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(call)
    _require_text(content)
    message = call.workspace.messages.post(
        channel.id,
        call.app.bot_user_id,
        **content,
        **_signature(call.app),
        ephemeral_to=user.id,
        thread_ts=call.text("thread_ts") or None,
    )
    return {"ok": True, "message_ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.visible_channel(call.text("channel"))
    message = call.workspace.messages.find(channel.id, call.text("message_ts"))
    if message is None:
        raise RefusedError("message_not_found")
    place = f"{channel.id}/p{message.ts.replace('.', '')}"
    link = f"https://{call.workspace.domain}.slack.com/archives/{place}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def checked_content(text: str, blocks: Any, attachments: Any) -> Json:
    """The content of a message after Slack has judged it, ids filled in."""
    if blocks:
        check_message_blocks(blocks)
    for each in attachments or []:
        if not isinstance(each, dict):
            raise RefusedError("invalid_attachments")
        if each.get("blocks"):
            check_message_blocks(each["blocks"])
    if len(attachments or []) > ATTACHMENTS_MOST:
        raise RefusedError("too_many_attachments")
    return {
        "text": text[:TEXT_CUT_AT],
        "blocks": with_ids(blocks or []),
        "attachments": list(attachments or []),
    }


def _content(call: Call) -> Json:
    markdown = call.text("markdown_text")
    if len(markdown) > MARKDOWN_TEXT_MOST:
        raise RefusedError("msg_too_long")
    blocks = call.structure("blocks", "invalid_blocks_format")
    if markdown and (blocks or call.text("text")):
        raise RefusedError("markdown_text_conflict")
    return checked_content(markdown or call.text("text"), blocks, call.structure("attachments", "invalid_attachments"))


def _require_text(content: Json) -> None:
    if not any(content.values()):
        raise RefusedError("no_text")


def _signature(app: App) -> Json:
    return {"app_id": app.app_id, "bot_id": app.bot_id}


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
        raise RefusedError("invalid_metadata_format")
    if not metadata.get("event_type") or not isinstance(metadata.get("event_payload"), dict):
        raise RefusedError("invalid_metadata_format")
    return metadata


def _destination(call: Call) -> Channel:
    """The channel, given by id, by name, or as the person to write to."""
    name = call.text("channel")
    workspace = call.workspace
    if name in workspace.users:
        _check_reachable(call, name)
        return workspace.direct_channel(call.app.bot_user_id, name)
    by_name = {each.name: each.id for each in workspace.channels.values() if each.name}
    channel = call.visible_channel(by_name.get(name.removeprefix("#"), name))
    if channel.is_archived:
        raise RefusedError("is_archived")
    if not call.is_member(channel) and "chat:write.public" not in call.app.scopes:
        raise RefusedError("not_in_channel")
    return channel


def _check_reachable(call: Call, user_id: str) -> None:
    user = call.workspace.users[user_id]
    if user.deleted:
        raise RefusedError("user_disabled")
    if user.is_bot:
        raise RefusedError("cannot_dm_bot")


def _known(call: Call) -> Channel:
    """The channel by id; editing takes no names."""
    return call.visible_channel(call.text("channel"))


def _own(call: Call, channel: Channel, otherwise: str) -> Message:
    message = call.workspace.messages.find(channel.id, call.text("ts"))
    if message is None:
        raise RefusedError("message_not_found")
    if message.app_id != call.app.app_id:
        raise RefusedError(otherwise)
    return message
