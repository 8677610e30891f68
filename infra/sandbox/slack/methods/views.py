"""`views.*`: opening, changing and publishing what a person sees."""

from infra.sandbox.slack.blockkit import check_view
from infra.sandbox.slack.blockkit.schema import Surface
from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import Json, View
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import view_json


def open_(call: Call) -> Json:
    payload = _payload(call, "modal")
    trigger = call.workspace.tickets.exchange(_trigger_id(call), call.app.app_id)
    return _answer(call.workspace.views.open(call.app, trigger.user_id, payload))


def push(call: Call) -> Json:
    payload = _payload(call, "modal")
    trigger = call.workspace.tickets.exchange(_trigger_id(call), call.app.app_id)
    if trigger.view_id is None:
        raise RefusedError("invalid_trigger_id")
    return _answer(call.workspace.views.push(call.app, trigger.user_id, payload))


def update(call: Call) -> Json:
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise RefusedError("invalid_arguments", ["missing required field: view_id [json-pointer:/view_id]"])
    payload = _payload(call, "modal", "home")
    view = call.workspace.views.find(view_id=view_id, external_id=external_id)
    if view.app_id != call.app.app_id:
        raise RefusedError("not_found")
    if view.type != payload["type"]:
        raise RefusedError("invalid_arguments", ["must keep its type [json-pointer:/view/type]"])
    return _answer(call.workspace.views.update(view, payload, call.text("hash")))


def publish(call: Call) -> Json:
    user = call.workspace.known_user(call.required("user_id"))
    payload = _payload(call, "home")
    return _answer(call.workspace.views.publish(call.app, user.id, payload, call.text("hash")))


def _payload(call: Call, *kinds: Surface) -> Json:
    payload = call.structure("view")
    if payload is None:
        raise RefusedError("invalid_arguments", ["missing required field: view [json-pointer:/view]"])
    check_view(payload, *kinds)
    return dict(payload)


def _trigger_id(call: Call) -> str:
    trigger_id = call.text("trigger_id")
    if not trigger_id:
        raise RefusedError("invalid_arguments", ["missing required field: trigger_id [json-pointer:/trigger_id]"])
    return trigger_id


def _answer(view: View) -> Json:
    return {"ok": True, "view": view_json(view)}
