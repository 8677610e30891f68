"""The ports to AWS: account assignments, the directory of principals, the organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import Organization, Target
from core.domain.people import Group, PeopleListing, Principal


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """``reason`` is AWS's FailureReason.

    ``created_at`` is when AWS took the operation, by AWS's own word (CreatedDate) and in the time of the bot's
    clock: its age by AWS's clock, counted back from now. None: AWS did not tell.
    """

    state: OperationState
    reason: str = ""
    created_at: datetime | None = None


class AssignmentCloud(Protocol):
    """Account assignments and group memberships of Identity Center. Revocations go before grants in the queue.

    ``made`` is what AWS called the creation of what is ours, where that tells it from what others make in its place:
    of a membership (``core.domain.assignment.made_as``).
    """

    async def is_assigned(
        self, principal: PrincipalId, target: Target, *, ending: bool = False, urgent: bool = False, made: str = ""
    ) -> bool:
        """True if AWS lists the direct assignment, or the membership: this one, if ``made`` says which.

        ``ending``: looked at to take it away, with the rights for that and no others. ``urgent``: before everything
        else that is asked.
        """
        ...

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        """Every user to whom AWS lists the target directly, or who is in the group.

        Goes behind everything else in the queue for calls.
        """
        ...

    async def begin(
        self,
        kind: OperationKind,
        principal: PrincipalId,
        target: Target,
        *,
        within: timedelta | None = None,
        made: str = "",
    ) -> str:
        """Ask AWS to create or delete; returns the id to ask after it by. Never tried twice on its own.

        Sent ``within`` that time or not at all, even if the process was suspended meanwhile. Raises UpstreamBusy
        (throttled, conflicting, too late: nothing happened), AnswerLost (5xx, time-out) or UpstreamRefused.
        """
        ...

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        """Poll. A status that AWS has added since counts as in progress.

        Raises UpstreamRefused. Its code is ResourceNotFoundException when AWS does not know the id, and only then
        has AWS forgotten the operation; any other (AccessDeniedException) says nothing of the operation, which
        may still be going on.
        """
        ...

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        """Look for the operation whose answer was lost, among those AWS was asked for since then."""
        ...

    async def changes(self, since: datetime, known: Sequence[AwsChange] = ()) -> Sequence[AwsChange]:
        """Every change of a user's assignment that AWS was asked for since then, by whomever, in no order.

        AWS remembers 90 days. What is ``known`` of some of them saves asking what each is for; how it went is AWS's
        word in any case. Goes behind everything else in the queue for calls.
        """
        ...


class CallerLog(Protocol):
    """AWS's own record of who asked for what: CloudTrail's event history, 90 days of it, a quarter of an hour late."""

    async def asked_by_us(self, since: datetime) -> Sequence[AwsChange]:
        """The changes of users' assignments that this bot asked for since then, by the credentials it has.

        How they went is not told: each is said to be in progress. Memberships that it made are there too, and made.
        Raises UpstreamRefused where it may not be read.
        """
        ...


class PrincipalDirectory(Protocol):
    """Identity Center users and groups. Cached a minute at most; ``fresh`` asks AWS (rule 2).

    ``since`` allows a fresh answer to be one that somebody else has asked for since then: two clicks of one second
    need not ask twice.
    """

    async def principals_of_email(
        self, email: str, *, fresh: bool = False, since: datetime | None = None
    ) -> Sequence[Principal]:
        """Everybody whose e-mail or user name this is, without regard to case, disabled ones included."""
        ...

    async def principals_of_external_id(self, external_id: str, *, fresh: bool = False) -> Sequence[Principal]:
        """Everybody whom an identity provider knows by this id, disabled ones included.

        Found by ``GetUserId`` with an ``ExternalId`` of each issuer that there is (Identity Store API).
        """
        ...

    async def principal(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> Principal | None: ...

    async def everybody(self) -> Sequence[Principal]:
        """All users as last read, disabled ones included."""
        ...

    async def groups_of(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> frozenset[GroupId]: ...

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        """Empty for a group that does not exist."""
        ...

    async def groups(self) -> Sequence[Group]: ...

    async def refresh(self) -> None:
        """Read all users and groups anew."""
        ...

    @property
    def listing(self) -> PeopleListing | None:
        """The last complete one of users and groups; the earlier moment counts for both."""
        ...

    async def take_over(self, listing: PeopleListing) -> None:
        """Use a listing of another process, unless a later one is at hand.

        As of a minute ago it names people who act; an older one only says whom to look up.
        """
        ...


class OrganizationReader(Protocol):
    async def read(self) -> Organization:
        """Read accounts, units and permission sets, everything paginated. Takes seconds to minutes."""
        ...


class CallBudget(Protocol):
    """The share of AWS's call quota that this process may use."""

    def divide(self, replicas: int, holds: timedelta | None = None) -> None:
        """Take an equal share among so many processes; with 0, none yet: calls are few.

        A share that is not taken anew within ``holds`` shrinks to the least there is.
        """
        ...
