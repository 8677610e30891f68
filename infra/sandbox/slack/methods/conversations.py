"""`conversations.*`: the channels a bot can know of, who is in them and what was said."""

from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.methods.paging import page
from infra.sandbox.slack.model import Channel, Json, Message
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import channel_json, message_json

_FAMILY = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
_KINDS = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def info(call: Call) -> Json:
    channel = _read(call, "read")
    answer = channel_json(channel, call.app.bot_user_id)
    if call.flag("include_num_members"):
        answer["num_members"] = len(channel.members)
    return {"ok": True, "channel": answer}


def list_(call: Call) -> Json:
    kinds = []
    for name in call.listed("types") or ["public_channel"]:
        if name not in _KINDS:
            raise RefusedError("invalid_types")
        kinds.append(_KINDS[name])
        call.need(f"{_FAMILY[kinds[-1]]}:read")
    known = [each for each in call.workspace.channels.values() if each.kind in kinds and _visible(call, each)]
    if call.flag("exclude_archived"):
        known = [each for each in known if not each.is_archived]
    channels, metadata = page(call, known, default=100)
    return {
        "ok": True,
        "channels": [channel_json(each, call.app.bot_user_id) for each in channels],
        "response_metadata": metadata,
    }


def members(call: Call) -> Json:
    channel = _read(call, "read")
    some, metadata = page(call, channel.members, default=100)
    return {"ok": True, "members": some, "response_metadata": metadata}


def join(call: Call) -> Json:
    channel = call.visible_channel(call.text("channel"))
    if channel.kind != "public":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise RefusedError("is_archived")
    call.workspace.join(channel, call.app.bot_user_id)
    return {"ok": True, "channel": channel_json(channel, call.app.bot_user_id)}


def open_(call: Call) -> Json:
    """Begins or finds a direct conversation."""
    given = call.text("channel")
    channel = call.visible_channel(given) if given else _with(call, call.listed("users"))
    whole = channel_json(channel, call.app.bot_user_id) if call.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": whole}


def history(call: Call) -> Json:
    channel = _history(call)
    said = [each for each in call.workspace.messages.in_channel(channel.id) if _within(call, each)]
    top_level = [each for each in said if not each.thread_ts or each.thread_ts == each.ts]
    return _messages(call, list(reversed(top_level)))


def replies(call: Call) -> Json:
    channel = _history(call)
    thread = call.workspace.messages.replies(channel.id, call.required("ts"))
    if not thread:
        raise RefusedError("thread_not_found")
    return _messages(call, [each for each in thread if _within(call, each)])


def _messages(call: Call, found: list[Message]) -> Json:
    some, metadata = page(call, found, default=100)
    with_metadata = call.flag("include_all_metadata")
    more = bool(metadata["next_cursor"])
    return {
        "ok": True,
        "messages": [message_json(call.workspace, each, with_metadata=with_metadata) for each in some],
        "has_more": more,
        **({"response_metadata": metadata} if more else {}),
    }


def _read(call: Call, what: str) -> Channel:
    channel = call.visible_channel(call.text("channel"))
    call.need(f"{_FAMILY[channel.kind]}:{what}")
    return channel


def _history(call: Call) -> Channel:
    channel = _read(call, "history")
    if not call.is_member(channel):
        raise RefusedError("not_in_channel")
    return channel


def _visible(call: Call, channel: Channel) -> bool:
    return channel.kind == "public" or call.is_member(channel)


def _within(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest"), call.text("latest")
    ts = float(message.ts)
    if call.flag("inclusive"):
        return (not oldest or ts >= float(oldest)) and (not latest or ts <= float(latest))
    return (not oldest or ts > float(oldest)) and (not latest or ts < float(latest))


def _with(call: Call, user_ids: list[str]) -> Channel:
    workspace = call.workspace
    if not user_ids:
        raise RefusedError("users_list_not_supplied")
    people = [workspace.known_user(each) for each in user_ids]
    if any(each.deleted for each in people):
        raise RefusedError("user_disabled")
    if any(each.is_bot for each in people):
        raise RefusedError("cannot_dm_bot")
    if len(people) == 1:
        return workspace.direct_channel(call.app.bot_user_id, people[0].id)
    together = sorted({call.app.bot_user_id, *user_ids})
    for channel in workspace.channels.values():
        if channel.kind == "mpim" and sorted(channel.members) == together:
            return channel
    name = f"mpdm-{'--'.join(each.name for each in people)}-1"
    return workspace.add_channel(name, together, channel_id=workspace.ids.next("G"), kind="mpim")
