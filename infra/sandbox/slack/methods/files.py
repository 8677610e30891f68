"""`files.*`: an upload in three steps, as Slack wants it since 2024."""

from infra.sandbox.changes import Change
from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import Channel, File, Json
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import file_json


def get_upload_url(call: Call) -> Json:
    length = call.number("length", 0)
    if length < 1:
        raise RefusedError("invalid_arguments", ["must be greater than 0 [json-pointer:/length]"])
    name = call.required("filename")
    file = File(call.workspace.ids.next("F"), name, length, call.app.bot_user_id, alt=call.text("alt_txt"))
    call.workspace.files[file.id] = file
    return {"ok": True, "file_id": file.id, "upload_url": f"{call.site.url}/upload/v1/{file.secret}"}


def complete_upload(call: Call) -> Json:
    """Nothing is done unless all of it can be."""
    given = call.structure("files")
    if not isinstance(given, list) or not given:
        raise RefusedError("invalid_arguments", ["missing required field: files [json-pointer:/files]"])
    files = [(_uploaded(call, each), each) for each in given]
    channels = [_open_to_bot(call, each) for each in call.listed("channel_id") or call.listed("channels")]
    for file, each in files:
        file.title = each.get("title") or file.name
        file.complete = True
    shared = [file for file, _ in files]
    for channel in channels:
        _share(call, shared, channel)
    call.workspace.changes.announce(Change("file.completed", shared))
    return {"ok": True, "files": [file_json(each) for each in shared]}


def _uploaded(call: Call, given: Json) -> File:
    file = call.workspace.files.get(given.get("id", ""))
    if file is None or file.content is None or file.complete or file.user_id != call.app.bot_user_id:
        raise RefusedError("file_not_found")
    return file


def _open_to_bot(call: Call, channel_id: str) -> Channel:
    channel = call.visible_channel(channel_id)
    if not call.is_member(channel):
        raise RefusedError("not_in_channel")
    return channel


def _share(call: Call, files: list[File], channel: Channel) -> None:
    for file in files:
        file.channel_ids.append(channel.id)
    call.workspace.messages.post(
        channel.id,
        call.app.bot_user_id,
        call.text("initial_comment"),
        app_id=call.app.app_id,
        bot_id=call.app.bot_id,
        files=[each.id for each in files],
        thread_ts=call.text("thread_ts") or None,
    )
