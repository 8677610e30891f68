"""All use cases together, as the process builds them and a chat platform is given them."""

from dataclasses import dataclass

from core.services.activity import Activity
from core.services.administration import Administration
from core.services.archiving import Archiving
from core.services.assigning import Assigning
from core.services.choosing import Choosing
from core.services.deadlines import Deadlines
from core.services.deciding import Deciding
from core.services.delivering import Delivering
from core.services.drifting import Drifting
from core.services.ending import Ending
from core.services.explaining import Explaining
from core.services.exporting import Exporting
from core.services.history import History
from core.services.homes import Homes
from core.services.identity import Identity
from core.services.inbox import Inbox
from core.services.invariants import Invariants
from core.services.organizations import Organizations
from core.services.policies import Policies
from core.services.recovering import Recovery
from core.services.reports import Reports
from core.services.restoring import RestoreWatch
from core.services.searching import Searching
from core.services.shortcuts import Shortcuts
from core.services.summarizing import Summarizing
from core.services.trail_watch import TrailWatch
from core.services.waiting import Waiting


@dataclass(frozen=True, slots=True)
class ActivityServices:
    """What was done with an access: shown, and told in the thread."""

    reading: Activity
    summarizing: Summarizing


@dataclass(frozen=True, slots=True)
class HealthServices:
    """Whether what must always hold does hold."""

    trail: TrailWatch
    invariants: Invariants
    restores: RestoreWatch
    recovery: Recovery


@dataclass(frozen=True, slots=True)
class Services:
    organizations: Organizations
    identity: Identity
    policies: Policies
    choosing: Choosing
    inbox: Inbox
    deciding: Deciding
    ending: Ending
    deadlines: Deadlines
    assigning: Assigning
    delivering: Delivering
    drifting: Drifting
    history: History
    homes: Homes
    shortcuts: Shortcuts
    waiting: Waiting
    explaining: Explaining
    searching: Searching
    exporting: Exporting
    reports: Reports
    administration: Administration
    archiving: Archiving | None
    """None where no bucket is named."""
    activity: ActivityServices
    health: HealthServices
