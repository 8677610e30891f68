"""All use cases together, as the process builds them and a chat platform is given them."""

from dataclasses import dataclass

from core.ports import AssignmentCloud, Clock, OpenUnit, OrganizationReader, PrincipalDirectory, TicketMatcher
from core.services.audit.activity_summaries import ActivitySummaries
from core.services.audit.archiver import AuditArchiver
from core.services.audit.export_queue import ExportQueue
from core.services.audit.reports import Reports
from core.services.audit.session_activity import SessionActivityReader
from core.services.audit.trail_export import TrailExport
from core.services.audit.trail_follower import TrailFollower
from core.services.audit.trail_monitor import TrailMonitor
from core.services.command_processor import CommandProcessor
from core.services.context.identity import Identity
from core.services.context.lasting_members import LastingMembers
from core.services.context.organization_cache import OrganizationCache
from core.services.context.policy_context import PolicyContext
from core.services.context.shared_listing import SharedListing
from core.services.integrity.invariants import Invariants
from core.services.integrity.recovery import Recovery
from core.services.integrity.restore_monitor import RestoreMonitor
from core.services.notifications.dispatch import OutboxDispatcher
from core.services.notifications.home_screens import HomeRefresh
from core.services.policies.administration import Administration
from core.services.policies.store import PolicyStore
from core.services.provisioning.assignment_reconciler import AssignmentReconciler
from core.services.provisioning.drift import DriftDetector
from core.services.queries.command_line import RequestLineParser
from core.services.queries.favourites import Favourites
from core.services.queries.form_options import FormOptions
from core.services.queries.pending_approvals import PendingApprovals
from core.services.queries.policy_explainer import PolicyExplainer
from core.services.queries.request_queries import RequestQueries
from core.services.queries.request_search import RequestSearch
from core.services.requests.decide import ApprovalDecisions
from core.services.requests.end_early import EarlyEnd
from core.services.requests.schedule import RequestSchedule
from core.services.requests.second_judgement import SecondJudgement


@dataclass(frozen=True, slots=True)
class RuleServices:
    """The services that decisions rest on. The command line needs no more than these.

    ``directory``: users and groups as the rules count them, for everything that reads members.
    """

    directory: LastingMembers
    people: SharedListing
    organizations: OrganizationCache
    context: PolicyContext
    policies: PolicyStore
    explainer: PolicyExplainer

    @classmethod
    def of(
        cls,
        open_unit: OpenUnit,
        look: OpenUnit,
        reader: OrganizationReader,
        directory: PrincipalDirectory,
        cloud: AssignmentCloud,
        clock: Clock,
        matcher: TicketMatcher,
    ) -> "RuleServices":
        organizations, lasting = (
            OrganizationCache(open_unit, reader, clock),
            LastingMembers(directory, open_unit, clock),
        )
        context = PolicyContext(open_unit, look, organizations, lasting, cloud, clock, matcher)
        policies = PolicyStore(open_unit, lasting, clock)
        people = SharedListing(directory, open_unit, look, clock)
        return cls(lasting, people, organizations, context, policies, PolicyExplainer(context, lasting))


@dataclass(frozen=True, slots=True)
class ActivityServices:
    """Session activity: shown, and told in the thread."""

    reading: SessionActivityReader
    summaries: ActivitySummaries


@dataclass(frozen=True, slots=True)
class HealthServices:
    """Checks of the invariants."""

    trail: TrailMonitor
    invariants: Invariants
    restores: RestoreMonitor
    recovery: Recovery


@dataclass(frozen=True, slots=True)
class Services:
    organizations: OrganizationCache
    identity: Identity
    policies: PolicyStore
    form_options: FormOptions
    commands: CommandProcessor
    decisions: ApprovalDecisions
    early_end: EarlyEnd
    second_judgement: SecondJudgement
    schedule: RequestSchedule
    reconciler: AssignmentReconciler
    dispatcher: OutboxDispatcher
    drift: DriftDetector
    request_queries: RequestQueries
    homes: HomeRefresh
    favourites: Favourites
    request_line: RequestLineParser
    pending_approvals: PendingApprovals
    explainer: PolicyExplainer
    search: RequestSearch
    exports: ExportQueue
    trail: TrailExport
    reports: Reports
    administration: Administration
    archiver: AuditArchiver | None
    """None where no bucket is named."""
    follower: TrailFollower | None
    """None where events go nowhere."""
    activity: ActivityServices
    health: HealthServices
