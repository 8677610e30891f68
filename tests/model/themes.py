"""The theme of a history: a few kinds of steps that meet often in it, and a random part of the others.

Drawn from everything alike, three misfortunes at once are too rare: each history leaves some kinds out, and every
other one has a theme, whose steps come often and last for as long as it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from tests.model.step import KINDS, Kind, Value

OFTEN, MOST = 8.0, 24.0
ALWAYS = frozenset({"ask", "wait"})
"""Without these nothing happens."""


@dataclass(frozen=True)
class Theme:
    often: frozenset[str] = frozenset()
    most: frozenset[str] = frozenset()
    """Those of them that follow on each other: more often still."""
    facts: Mapping[str, Mapping[str, tuple[Value, ...]]] = field(default_factory=dict)
    """Kind of step → fact → the values that it has, where not all are of interest."""


ANYTHING = Theme()
EXTENDED = Theme(
    frozenset({"extend", "end_extended", "end_all"}),
    facts={
        "ask": {"minutes": (30, 60)},
        "extend": {"which": (0,), "approved": (True,)},
        "wait": {"seconds": (60, 120, 180)},
    },
)
"""Access goes on under another request."""
AGAIN = Theme(
    frozenset({"ask", "ask_together", "ask_again", "end_all", "revoke", "lists_behind", "trouble_with_operations"}),
    most=frozenset({"ask", "ask_again", "end_all"}),
    facts={
        "ask": {
            "ahead": (0,),
            "minutes": (60, 240),
            "approved": (True,),
            "target": ("power in prod", "read in prod", "read in staging"),
        },
        "ask_together": {"ahead": (0,), "minutes": (60, 240), "approved": (True,)},
        "ask_again": {"minutes": (60, 240), "approved": (True,), "count": (2, 3), "ahead": (0, 0, 1)},
        "lists_behind": {"by": (60, 290), "which": ("all", "deletions")},
        "trouble_with_operations": {"what": ("slow", "slow", "slow", "unlisted"), "seconds": (1200,)},
        "wait": {"seconds": (10, 60, 120)},
    },
)
"""Access is taken away, and asked for again before AWS shows it."""
LASTING = Theme(
    frozenset({"operation_hangs", "trouble_at_aws", "trouble_with_operations"}),
    facts={
        "ask": {"minutes": (60, 240), "ahead": (0,), "approved": (True,)},
        "operation_hangs": {"seconds": (2400, 7200)},
        "trouble_at_aws": {"what": ("AWS away", "reads denied"), "seconds": (1200, 2400)},
        "trouble_with_operations": {"what": ("hang", "slow"), "seconds": (1200, 2400)},
        "wait": {"seconds": (360, 960, 1860)},
    },
)
"""Trouble lasts for longer than anybody's patience."""
BESIDE = Theme(
    frozenset({"odd_answers", "row_locked", "end_all", "wait_for_change"}),
    facts={
        "ask": {"minutes": (15, 30), "ahead": (0,), "approved": (True,)},
        "odd_answers": {"seconds": (420, 1200)},
        "row_locked": {"seconds": (420, 1200)},
    },
)
"""One thing cannot be moved, and others are due beside it."""
THEMES = (ANYTHING, ANYTHING, ANYTHING, ANYTHING, EXTENDED, AGAIN, LASTING, BESIDE)


def kinds_of(chance: Random) -> tuple[Theme, dict[Kind, float]]:
    """A theme, and the kinds of steps of a history with their weights."""
    theme = chance.choice(THEMES)
    share = chance.choice((1.0, 0.5))
    weights: dict[Kind, float] = {}
    for kind in (each for each in KINDS.values() if each.weight):
        is_kept = chance.random() < share
        if kind.name in theme.often:
            weights[kind] = MOST if kind.name in theme.most else OFTEN
        elif is_kept or kind.name in ALWAYS:
            weights[kind] = kind.weight if theme is ANYTHING or kind.name in ALWAYS else kind.weight / 3
    return theme, weights
