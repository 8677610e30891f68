"""Composition objects: texts, options, confirmations, and their limits."""

from infra.sandbox.slack.blockkit.schema import Anything, Choice, Flag, Items, Record, Rule, String, Typed

OPTIONS_MOST = 100

STYLE = Choice(("primary", "danger"))
ACTION_ID = String(255)
URL = String(3000)


def plain(longest: int) -> Typed:
    return Typed({"plain_text": Record({"text": String(longest)}, {"emoji": Flag()})})


def text(longest: int) -> Typed:
    """Either plain or with markup."""
    markup = Record({"text": String(longest)}, {"verbatim": Flag()})
    return Typed({**plain(longest).kinds, "mrkdwn": markup})


def option(words: Rule, description: Rule) -> Record:
    return Record({"text": words, "value": String(150)}, {"description": description, "url": URL})


PLAIN_OPTION = option(plain(75), plain(75))
MARKUP_OPTION = option(text(75), text(75))
OPTIONS = Items(PLAIN_OPTION, OPTIONS_MOST)
OPTION_GROUPS = Items(Record({"label": plain(75), "options": OPTIONS}), OPTIONS_MOST)

CONFIRM = Record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": STYLE},
)

DISPATCH_CONFIG = Record({"trigger_actions_on": Items(Choice(("on_enter_pressed", "on_character_entered")), 2)})
CONVERSATION_FILTER = Record(
    {},
    {
        "include": Items(Choice(("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    },
)
SLACK_FILE = Record({}, {"id": String(255), "url": URL})
UNJUDGED = Anything()
