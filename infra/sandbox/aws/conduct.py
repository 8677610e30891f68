"""Behaviour of the local AWS where the real one depends on load, configuration or luck."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Conduct:
    """May be changed at any time; what is already under way is not touched."""

    #: How long an assignment takes to be made or deleted, in seconds of real time.
    provisioning_seconds: float = 0.3
    #: Assignments stay IN_PROGRESS until they are released.
    held: bool = False
    #: Creations that may be outstanding (Identity Center quota: 15, not adjustable).
    outstanding_quota: int = 15
    #: Creations and deletions together that may be outstanding, the next being a conflict; None: no such limit.
    outstanding_writes: int | None = None
    #: What one write in flight keeps others from: writes to the same role (account and permission set), or to
    #: the whole account.
    conflicts_over: Literal["role", "account"] = "role"
    #: How the deletion of an assignment that is not there ends. AWS does not document it; the less convenient
    #: answer is the default.
    absent_deletion: Literal["SUCCEEDED", "FAILED"] = "FAILED"
    #: How far the lists of assignments and memberships are behind what was made and deleted, in seconds of this
    #: AWS's clock.
    lists_behind_seconds: float = 0
    #: Which changes they are behind with; the others show at once.
    lists_miss: Literal["all", "creations", "deletions"] = "all"
    #: How long an operation that was begun is missing from the lists of operations.
    operations_behind_seconds: float = 0
    #: The order in which operations are listed; AWS does not document it.
    operations_newest_first: bool = False
    #: Calls a second by service, beyond which they are throttled. Identity Center's quota is 20 for sso-admin.
    calls_per_second: dict[str, int] = field(default_factory=dict)
    #: Items a page of sso-admin and identitystore when the caller names no number.
    page_size: int = 100
    #: Items a page of organizations; 20 is also its maximum.
    organizations_page_size: int = 20
    #: How long a question to the logs takes, in seconds of real time.
    query_seconds: float = 0.3
    #: What it scans, as the service counts; None is what it read in fact.
    query_bytes: int | None = None
    #: How much later than it happened an event is in the logs, in seconds of this AWS's clock.
    trail_delay_seconds: float = 120
    #: Roles (by name, in any account) that the caller may assume.
    assumable_roles: list[str] = field(
        default_factory=lambda: [
            f"TeamBot{part}" for part in ("Read", "Grant", "Revoke", "Archive", "Events", "Activity")
        ]
    )
    #: How long a session of a role lasts, in seconds; None: as long as was asked for.
    role_session_seconds: int | None = None
    #: Whether Identity Center is encrypted with a key of the customer's, which every caller has to be allowed to use.
    encrypted: bool = False
    #: The account that the caller's credentials belong to; None is the management account.
    caller_account_id: str | None = None
    #: Where the instance is managed; None is the Region of the company.
    primary_region: str | None = None
    #: Where the instance is besides.
    other_regions: list[str] = field(default_factory=list)
    #: Whether the instance has permissions for several accounts at all.
    permission_sets_enabled: bool = True
    #: Whether GetUserId finds an e-mail address in another case. Not documented; the stricter answer is the
    #: default.
    email_lookup_ignores_case: bool = False

    @property
    def lists_are_behind_with(self) -> tuple[bool, ...]:
        """True for what was made, False for what was deleted."""
        return {"all": (True, False), "creations": (True,), "deletions": (False,)}[self.lists_miss]
