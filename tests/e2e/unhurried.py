"""A bot and a Slack that have more time for each other than they have in life.

Slack waits three seconds. What takes longer on a busy machine is said in other words, and comes by another way, as it
should be; the tests of what people read and press would have to know all of that at every step. So their Slack waits
longer, and so does their bot. Tests of what is slow, and of misfortunes, take both as they are: ``hurried``.
"""

import sys
from collections.abc import Iterator
from types import ModuleType

from infra.sandbox.slack.delivery.event_sender import ACK_DEADLINE
from infra.sandbox.slack.server import LocalSlack
from infra.sandbox.slack.tickets import TRIGGER_LIFE

TIMES = 10
DEADLINES = {
    **dict.fromkeys(("ANSWER_WITHIN", "FORM_WITHIN", "ACT_WITHIN", "FIRST_SCREEN_PATIENCE", "LOOK_PATIENCE"), TIMES),
    **dict.fromkeys(("NAMES_WITHIN", "OFFERED_WITHIN", "NAMED_WITHIN", "CHAT_PATIENCE"), TIMES),
    "KNOWN_LOOKS": 3,  # all of it passes for a card that is not known and never will be
}
"""All that follows from the three seconds, wherever it stands, and how many times longer it is."""


def deadlines() -> Iterator[tuple[ModuleType, str]]:
    """The module and name of each of them, among the modules that are loaded."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith(("handlers.", "core.services.")):
            yield from ((module, each) for each in sorted(DEADLINES.keys() & vars(module).keys()))


def give_bot_time() -> None:
    """In the process of a bot, before it begins."""
    for module, name in list(deadlines()):
        setattr(module, name, getattr(module, name) * DEADLINES[name])


def give_slack_time(slack: LocalSlack) -> None:
    slack.event_sender.ack_deadline = TIMES * ACK_DEADLINE
    slack.workspace.tickets.trigger_life = TIMES * TRIGGER_LIFE
