"""`files.*`: an upload in three steps, as Slack wants it since 2024."""

from infra.sandbox.slack.changes import Change
from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import File, Json
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import file_json


def get_upload_url(call: Call) -> Json:
    length = call.number("length", 0)
    if length < 1:
        raise RefusedError("invalid_arguments", ["must be greater than 0 [json-pointer:/length]"])
    name = call.required("filename")
    file = File(call.workspace.ids.next("F"), name, length, call.app.bot_user_id)
    call.workspace.files[file.id] = file
    return {"ok": True, "file_id": file.id, "upload_url": f"{call.site.url}/upload/{file.id}"}


def complete_upload(call: Call) -> Json:
    given = call.structure("files")
    if not isinstance(given, list) or not given:
        raise RefusedError("invalid_arguments", ["missing required field: files [json-pointer:/files]"])
    files = [_uploaded(call, each) for each in given]
    channel_ids = call.listed("channel_id") or call.listed("channels")
    for channel_id in channel_ids:
        _share(call, files, channel_id)
    call.workspace.changes.announce(Change("file.completed", files))
    return {"ok": True, "files": [file_json(each) for each in files]}


def _uploaded(call: Call, given: Json) -> File:
    file = call.workspace.files.get(given.get("id", ""))
    if file is None or file.content is None or file.complete:
        raise RefusedError("file_not_found")
    file.title = given.get("title", "")
    file.complete = True
    return file


def _share(call: Call, files: list[File], channel_id: str) -> None:
    channel = call.visible_channel(channel_id)
    if not call.is_member(channel):
        raise RefusedError("not_in_channel")
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
