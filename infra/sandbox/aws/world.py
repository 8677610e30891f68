"""Everything that the local AWS holds, in one place, as it was filled from a company."""

import time
from collections.abc import Callable

from infra.sandbox.company import Company

from .assignments import Assignments
from .buckets import Buckets
from .callers import Callers
from .changes import Changes
from .cloudtrail.change_events import asked, joined
from .cloudtrail.trail import Trail
from .conduct import Conduct
from .directory import Directory
from .mails import Mails
from .messages import Messages
from .organization import Organization
from .outcome import Outcome
from .permission_set import PermissionSets
from .secrets import Secrets
from .wire import Call


class World:
    """The state behind the operations, and behind the changes from outside."""

    def __init__(self, company: Company, conduct: Conduct, clock: Callable[[], float] = time.time) -> None:
        self.company = company
        self.clock = clock
        self.conduct = conduct
        self.secrets = Secrets()
        self.buckets = Buckets()
        self.messages = Messages()
        self.mails = Mails()
        self.callers = Callers(lambda: self.caller_account_id)
        self.created_at = time.time()
        self.changes = Changes()
        self.organization = Organization(company, self.created_at)
        self.directory = Directory(company, clock)
        self.permission_sets = PermissionSets(company, self.created_at)
        outcome = Outcome(self.organization, self.directory, conduct)
        self.assignments = Assignments(conduct, self.changes, outcome.failure_reason, clock)
        outcome.watch(self.assignments.rows)
        self.trail = Trail(company, conduct, self.changes, clock)

    def record_change(self, call: Call, answered: str, request_id: str) -> None:
        """Into the trail: who asked for a change of an assignment."""
        now = self.clock()
        self.trail.add(now, asked(call, self.callers.of(call), now, answered, request_id), "asked")

    def record_joined(self, call: Call, membership_id: str) -> None:
        """The same of a membership that somebody made."""
        now = self.clock()
        self.trail.add(now, joined(call, self.callers.of(call), now, membership_id), "joined")

    @property
    def caller_account_id(self) -> str:
        return self.conduct.caller_account_id or self.organization.management_account_id

    @property
    def called_by_management(self) -> bool:
        return self.caller_account_id == self.organization.management_account_id
