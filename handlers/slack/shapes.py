"""The shape of what Slack sends, wherever a field of it is read: looked at once, before anybody reads one.

Slack's signature says who sent a payload, and its documentation what is in it (docs.slack.dev, interaction payloads,
slash commands, Events API). A field that is named here and holds something else is nothing that Slack sends: the whole
payload is turned away, so that nobody who reads a field has to ask what it is. Fields that are not named are not read.
"""

from collections.abc import Callable, Mapping

Shape = Callable[[object], bool]


def is_from_slack(body: object) -> bool:
    """True if every field that is read here or by Bolt is what Slack says it is, and what is needed is there."""
    if not isinstance(body, Mapping) or not (_PAYLOAD(body) and _BOLT_READS(body)):
        return False
    if not _not_null(body, "event", "view", "actions"):
        return False
    if "command" in body:
        return _has(body, "command", "user_id", "team_id")
    return _has(body, *_NEEDED.get(str(body.get("type")), ()))


def _has(body: Mapping[str, object], *names: str) -> bool:
    return all(body.get(name) for name in names)


def _not_null(body: Mapping[str, object], *names: str) -> bool:
    """True if each is absent or has a value. Bolt reads what is absent as empty, and stumbles over null."""
    return all(body[name] is not None for name in names if name in body)


def _text(found: object) -> bool:
    """Text that can be stored: PostgreSQL takes no NUL, and nothing takes half of a surrogate pair."""
    return isinstance(found, str) and "\0" not in found and not any("\ud800" <= sign <= "\udfff" for sign in found)


def _each(shape: Shape) -> Shape:
    return lambda found: isinstance(found, list) and all(map(shape, found))


def _by_name(shape: Shape) -> Shape:
    """An object with fields of any name."""
    return lambda found: isinstance(found, dict) and all(map(_text, found)) and all(map(shape, found.values()))


def _fields(*needed: str, **shapes: Shape) -> Shape:
    """An object: ``needed`` are there, and each one named is of its shape, null or absent. Others may be anything."""

    def is_so(found: object) -> bool:
        if not isinstance(found, dict) or not _has(found, *needed):
            return False
        return all(found.get(name) is None or shape(found[name]) for name, shape in shapes.items())

    return is_so


def _event(found: object) -> bool:
    if not isinstance(found, dict) or not _text(found.get("type")) or not _not_null(found, "function"):
        return False
    return _BOLT_READS(found) and _EVENTS.get(found["type"], _fields())(found)


_OPTION = _fields(value=_text)
_ELEMENT = _fields(
    value=_text,
    selected_option=_OPTION,
    selected_options=_each(_OPTION),
    selected_conversations=_each(_text),
    selected_date=_text,
)
_VIEW = _fields(
    *("id", "type"),
    id=_text,
    type=_text,
    hash=_text,
    callback_id=_text,
    private_metadata=_text,
    team_id=_text,
    app_installed_team_id=_text,
    blocks=_each(_fields(type=_text, block_id=_text)),
    state=_fields(values=_by_name(_by_name(_ELEMENT))),
)
_ACTION = _fields("action_id", action_id=_text, block_id=_text, type=_text, value=_text, selected_option=_OPTION)
_USER = _fields("id", id=_text, team_id=_text)
_TEAM = _fields(id=_text, enterprise_id=_text)
_AUTHORIZATION = _fields(enterprise_id=_text, team_id=_text, user_id=_text)
_BOLT_READS = _fields(**dict.fromkeys(("message", "previous_message", "item", "function_data", "function"), _fields()))
_EVENTS: Mapping[str, Shape] = {
    "app_home_opened": _fields("user", user=_text, tab=_text),
    "user_change": _fields("user", user=_USER),
}
"""What is read of each event that is listened to."""
_PAYLOAD = _fields(
    **dict.fromkeys(("type", "command", "text", "callback_id", "action_id", "block_id", "value"), _text),
    **dict.fromkeys(("team_id", "user_id", "enterprise_id", "channel_id", "response_url", "trigger_id"), _text),
    enterprise=_TEAM,
    team=_TEAM,
    user=_USER,
    channel=_fields(id=_text),
    container=_fields(channel_id=_text, message_ts=_text),
    view=_VIEW,
    actions=_each(_ACTION),
    event=_event,
    authorizations=_each(_AUTHORIZATION),
)
_NEEDED = {
    "block_actions": ("user", "actions"),
    "block_suggestion": ("user", "action_id"),
    "view_submission": ("user", "view"),
    "event_callback": ("event", "team_id"),
}
"""What each kind of payload that is listened to cannot be without, by its ``type``."""
