"""`auth.*`, `team.*` and `apps.*`: which app calls, and in which workspace."""

from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import Json


def auth_test(call: Call) -> Json:
    workspace, app = call.workspace, call.app
    answer = {
        "ok": True,
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "team_id": workspace.team_id,
        "user": workspace.users[app.bot_user_id].name,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }
    return {**answer, "enterprise_id": workspace.enterprise.id} if workspace.enterprise else answer


def info(call: Call) -> Json:
    workspace = call.workspace
    team: Json = {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain}
    if workspace.enterprise is not None:
        team |= {"enterprise_id": workspace.enterprise.id, "enterprise_name": workspace.enterprise.name}
    return {"ok": True, "team": team}


def open_connection(call: Call) -> Json:
    return {"ok": True, "url": call.site.open_socket(call.app)}
