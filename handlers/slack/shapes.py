"""The shape of what Slack sends, wherever a field of it is read: looked at once, before anybody reads one.

Slack's signature says who sent a payload, and its documentation what is in it (docs.slack.dev, interaction payloads,
slash commands, Events API).
"""

from collections.abc import Mapping

from handlers.web_api.shapes import Shape, fields, has, is_text, list_of, mapping_of


def is_from_slack(body: object) -> bool:
    """True if every field that is read here or by Bolt is what Slack says it is, and what is needed is there."""
    if not isinstance(body, Mapping) or not (_PAYLOAD(body) and _BOLT_READS(body)):
        return False
    if not _not_null(body, "event", "view", "actions"):
        return False
    if "command" in body:
        return has(body, "command", "user_id", "team_id")
    return has(body, *_NEEDED.get(str(body.get("type")), ()))


def _not_null(body: Mapping[str, object], *names: str) -> bool:
    """True if each is absent or has a value. Bolt reads what is absent as empty, and stumbles over null."""
    return all(body[name] is not None for name in names if name in body)


def _event(found: object) -> bool:
    if not isinstance(found, dict) or not is_text(found.get("type")) or not _not_null(found, "function"):
        return False
    return _BOLT_READS(found) and _EVENTS.get(found["type"], fields())(found)


_OPTION = fields(value=is_text)
_ELEMENT = fields(
    value=is_text,
    selected_option=_OPTION,
    selected_options=list_of(_OPTION),
    selected_conversations=list_of(is_text),
    selected_date=is_text,
)
_VIEW = fields(
    *("id", "type"),
    id=is_text,
    type=is_text,
    hash=is_text,
    callback_id=is_text,
    private_metadata=is_text,
    team_id=is_text,
    app_installed_team_id=is_text,
    blocks=list_of(fields(type=is_text, block_id=is_text)),
    state=fields(values=mapping_of(mapping_of(_ELEMENT))),
)
_ACTION = fields("action_id", action_id=is_text, block_id=is_text, type=is_text, value=is_text, selected_option=_OPTION)
_USER = fields("id", id=is_text, team_id=is_text)
_TEAM = fields(id=is_text, enterprise_id=is_text)
_AUTHORIZATION = fields(enterprise_id=is_text, team_id=is_text, user_id=is_text)
_BOLT_READS = fields(**dict.fromkeys(("message", "previous_message", "item", "function_data", "function"), fields()))
_EVENTS: Mapping[str, Shape] = {
    "app_home_opened": fields("user", user=is_text, tab=is_text),
    "user_change": fields("user", user=_USER),
}
"""The fields read of each event."""
_PAYLOAD = fields(
    **dict.fromkeys(("type", "command", "text", "callback_id", "action_id", "block_id", "value"), is_text),
    **dict.fromkeys(("team_id", "user_id", "enterprise_id", "channel_id", "response_url", "trigger_id"), is_text),
    enterprise=_TEAM,
    team=_TEAM,
    user=_USER,
    channel=fields(id=is_text),
    container=fields(channel_id=is_text, message_ts=is_text),
    view=_VIEW,
    actions=list_of(_ACTION),
    event=_event,
    authorizations=list_of(_AUTHORIZATION),
)
_NEEDED = {
    "block_actions": ("user", "actions"),
    "block_suggestion": ("user", "action_id"),
    "view_submission": ("user", "view"),
    "view_closed": ("user", "view"),
    "event_callback": ("event", "team_id"),
}
"""The required fields of each kind of payload, by its ``type``."""
