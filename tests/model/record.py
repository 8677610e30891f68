"""The oracle's own record of requests: what was asked for, who decided, what became of it, and when.

It hears of every form and click from whoever made them, and of every change from the audit trail as it is committed
(rule 23). It knows the rules' own table, and no code of the program.
"""

from dataclasses import dataclass, field

from tests.model.aws import Held
from tests.model.facts import Wish

NEW = ""
"""Before there is a request."""
TABLE = frozenset(
    {
        (NEW, "pending"),
        (NEW, "scheduled"),
        *(("pending", after) for after in ("scheduled", "rejected", "cancelled", "expired", "failed")),
        *(("scheduled", after) for after in ("granting", "revoked", "expired", "failed")),
        *(("granting", after) for after in ("active", "revoking", "failed")),
        ("active", "revoking"),
        ("revoking", "ended"),
        ("revoking", "revoked"),
    }
)
"""The life of a request, as the rules have it (rule 15)."""
OVER = frozenset({"rejected", "cancelled", "expired", "failed", "ended", "revoked"})
LIVE = frozenset({"granting", "active", "revoking"})
LEAST_LEFT = 5 * 60.0
"""Seconds: with less of its window left a request is too late (rule 6)."""
PATIENCE = 30 * 60.0
"""Seconds for which a grant is tried, or a start may be late (rule 16 and the table)."""


@dataclass
class Form:
    """A form that somebody sent, and whether a request has come of it."""

    wish: Wish
    start: float | None
    at: float
    is_used: bool = False


@dataclass
class Known:
    """One request."""

    id: int
    wish: Wish
    start: float | None
    asked_at: float
    extends: int | None = None
    path: list[tuple[str, float]] = field(default_factory=list)
    """Each status that it has had, and since when."""
    votes: dict[str, tuple[bool, float]] = field(default_factory=dict)
    """The decision of each person, whether it was a yes, and when."""
    ended_early_by: str = ""
    called_off: bool = False
    is_told_gone: bool = True
    """True if its end says that the assignment is gone; not so where it names what AWS keeps (rules 17 and 19)."""
    left_behind: str = ""
    unjudged: bool = False
    """It came to its end before it was judged by what is so: nobody had been told of it."""
    why: str = ""
    """The reason for which it is said to have failed."""

    @property
    def status(self) -> str:
        return self.path[-1][0] if self.path else NEW

    @property
    def held(self) -> Held:
        return self.wish.person, self.wish.account, self.wish.permission_set

    @property
    def seconds(self) -> float:
        return self.wish.minutes * 60.0

    def since(self, *statuses: str) -> float | None:
        """The time when it first came to be one of these."""
        return next((at for status, at in self.path if status in statuses), None)

    @property
    def last_change_at(self) -> float:
        return self.path[-1][1]

    @property
    def closed_at(self) -> float | None:
        return self.last_change_at if self.status in OVER else None

    @property
    def window_end(self) -> float | None:
        """The end of a window with an asked start: it never moves (rule 6)."""
        return None if self.start is None else self.start + self.seconds

    def was(self, status: str, at: float) -> bool:
        """True if it had this status at that moment."""
        return self.status_at(at) == status

    def was_live(self, at: float) -> bool:
        return self.status_at(at) in LIVE

    def status_at(self, at: float) -> str:
        return next((status for status, since in reversed(self.path) if since <= at), NEW)

    def __str__(self) -> str:
        return f"R-{self.id}"


@dataclass(frozen=True)
class Violation:
    """A rule that did not hold: its number, or the name of the property, and what was seen."""

    rule: str
    words: str
    at: float

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.words}"
