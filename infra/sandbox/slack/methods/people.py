"""`users.*`, `usergroups.*` and `bots.*`: who is here, and what of them an app may know."""

from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.methods.paging import page
from infra.sandbox.slack.model import Json, User
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.wire import profile_json, user_group_json, user_json


def info(call: Call) -> Json:
    return {"ok": True, "user": _shown(call, call.workspace.known_user(call.text("user")))}


def list_(call: Call) -> Json:
    everyone = list(call.workspace.users.values())
    some, metadata = page(call, everyone, default=len(everyone))
    return {
        "ok": True,
        "members": [_shown(call, each) for each in some],
        "cache_ts": int(call.workspace.clock()),
        "response_metadata": metadata,
    }


def lookup_by_email(call: Call) -> Json:
    wanted = call.required("email").casefold()
    for user in call.workspace.users.values():
        if user.email and user.email.casefold() == wanted and not user.deleted and not user.is_bot:
            return {"ok": True, "user": _shown(call, user)}
    raise RefusedError("users_not_found")


def profile(call: Call) -> Json:
    user = call.workspace.known_user(call.text("user") or call.app.bot_user_id)
    return {"ok": True, "profile": profile_json(user, with_email=call.has("users:read.email"))}


def bot_info(call: Call) -> Json:
    wanted = call.text("bot") or call.app.bot_id
    for app in call.workspace.apps.values():
        if app.bot_id == wanted:
            bot = {"id": app.bot_id, "app_id": app.app_id, "user_id": app.bot_user_id, "name": app.name}
            return {"ok": True, "bot": {**bot, "deleted": False}}
    raise RefusedError("bot_not_found")


def user_groups(call: Call) -> Json:
    known = [each for each in call.workspace.user_groups.values() if call.flag("include_disabled") or not each.disabled]
    with_users = call.flag("include_users")
    return {"ok": True, "usergroups": [user_group_json(each, with_users=with_users) for each in known]}


def user_group_users(call: Call) -> Json:
    group = call.workspace.user_groups.get(call.text("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise RefusedError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


def _shown(call: Call, user: User) -> Json:
    return user_json(call.workspace, user, with_email=call.has("users:read.email"))
