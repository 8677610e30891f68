"""Settings → adapters → services: the one place where everything is put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from zoneinfo import ZoneInfo

from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot import __version__
from bot.secret_values import SecretValues
from bot.settings import ProcessSettings
from bot.slack_calls import CallObserver
from bot.slack_calls import Observe as ObserveSlack
from bot.slack_client import SlackClient
from core.adapters.aws.activity import activity_source
from core.adapters.aws.activity.configuration import GIGABYTE, AthenaTable, SourceConfiguration, SourceName
from core.adapters.aws.archive import S3Archive
from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.caller_log import CloudTrailCallerLog
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.service import Observe, unobserved
from core.adapters.aws.session import Admit, AwsSession, admit_any
from core.adapters.charts import MatplotlibPainter
from core.adapters.clock import ProcessClock, ShiftedClock, SystemClock
from core.adapters.patterns import RegexTicketMatcher
from core.adapters.storage.engine import Database
from core.domain.activity import LOGS_COME_WITHIN
from core.domain.audit_format import AuditLines, AuditLineStyle
from core.ports import Background, Clock, CommandKind, ExportKind, SessionActivity
from core.services.audit.activity_rows import ActivityRows
from core.services.audit.activity_summaries import ActivitySummaries
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.archiver import AuditArchiver
from core.services.audit.export_maker import ExportMaker
from core.services.audit.export_queue import ExportQueue
from core.services.audit.report_figures import ReportFigures
from core.services.audit.reports import ReportPicture, Reports, ReportTable
from core.services.audit.request_rows import RequestRows
from core.services.audit.session_activity import SessionActivityReader
from core.services.audit.trail_monitor import TrailMonitor
from core.services.context.assignment_names import AssignmentNames
from core.services.context.identity import Identity
from core.services.context.instance_binding import InstanceBinding
from core.services.context.organization_cache import OrganizationCache
from core.services.context.policy_context import PolicyContext
from core.services.context.usability import Usability
from core.services.integrity.invariants import Invariants
from core.services.integrity.recovery import Recovery
from core.services.integrity.restore_monitor import RestoreMonitor
from core.services.notifications.dispatch import OutboxDispatcher
from core.services.notifications.home_screens import HomeRefresh
from core.services.notifications.request_card import CardReader
from core.services.policies.administration import Administration
from core.services.policies.store import PolicyStore
from core.services.provisioning.assignment_reconciler import AssignmentReconciler
from core.services.provisioning.drift import DriftDetector
from core.services.provisioning.manual_close import ManualClose
from core.services.queries.command_line import RequestLineParser
from core.services.queries.form_options import FormOptions
from core.services.queries.pending_approvals import PendingApprovals
from core.services.queries.policy_explainer import PolicyExplainer
from core.services.queries.request_queries import RequestQueries
from core.services.queries.request_search import RequestSearch
from core.services.requests.command_processor import CommandProcessor
from core.services.requests.decide import ApprovalDecisions
from core.services.requests.end_early import EarlyEnd
from core.services.requests.recheck import RequestRecheck
from core.services.requests.schedule import RequestSchedule
from core.services.requests.submit import RequestSubmission
from core.services.services import ActivityServices, HealthServices, Services
from handlers.report import report_charts
from handlers.slack.directory import SlackDirectory
from handlers.slack.files import SlackFiles
from handlers.slack.home_screens import SlackHomes
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack.messenger import SlackMessenger

SLACK_TIMEOUT = 10
"""Seconds for one call of the Web API."""


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """Storage and AWS: all that the command line needs."""

    clock: ProcessClock
    database: Database
    aws: AwsSession
    belonging: InstanceBinding
    directory: IdentityStoreDirectory
    cloud: IdentityCenterAssignments
    organizations: OrganizationCache
    policy_context: PolicyContext
    policies: PolicyStore
    explainer: PolicyExplainer
    activity: SessionActivity | None
    """None: no source is configured."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Slack. ``client`` tries again by itself; the messenger's does not, because the outbox does."""

    client: AsyncWebClient
    installation: Installation
    links: LinkMaker
    directory: SlackDirectory
    messenger: SlackMessenger
    homes: SlackHomes
    files: SlackFiles


def zone_of(settings: ProcessSettings) -> tzinfo:
    """Where a night is one, in reports."""
    return UTC if settings.report_zone == "UTC" else ZoneInfo(settings.report_zone)


def clock_of(settings: ProcessSettings) -> ProcessClock:
    return ShiftedClock(settings.sandbox_clock) if settings.sandbox_clock else SystemClock()


@asynccontextmanager
async def database_of(settings: ProcessSettings, secrets: SecretValues | None = None) -> AsyncIterator[Database]:
    """Open storage alone. Where secrets may change, every new connection asks for its password."""
    database = Database(settings.database_url)
    if secrets is not None and secrets.may_change:
        database.connect_with(secrets.database_url, refused=secrets.renew_soon)
    try:
        yield database
    finally:
        await database.close()


def roles_of(settings: ProcessSettings) -> Roles:
    """The role of each part of the work on Identity Center."""
    return Roles(
        read=Role.of(settings.read_role or "", "read"),
        grant=Role.of(settings.grant_role or "", "grant"),
        revoke=Role.of(settings.revoke_role or "", "revoke"),
    )


def aws_of(settings: ProcessSettings, observe: Observe = unobserved, admit: Admit = admit_any) -> AwsSession:
    """AWS alone; nothing is asked of it yet."""
    return AwsSession(
        region=settings.aws_region or "",
        instance_arn=settings.sso_instance_arn or "",
        roles=roles_of(settings),
        budgets=CallBudgets(sso_admin=settings.sso_admin_rate),
        observe=observe,
        admit=admit,
    )


@asynccontextmanager
async def open_infrastructure(
    settings: ProcessSettings, observe: Observe = unobserved, *, binds: bool = True, secrets: SecretValues | None = None
) -> AsyncIterator[Infrastructure]:
    """Open storage and AWS; nothing is asked of either yet. ``binds=False`` for who only looks: see ``InstanceBinding``."""
    async with AsyncExitStack() as stack:
        clock = clock_of(settings)
        database = await stack.enter_async_context(database_of(settings, secrets))
        belonging = InstanceBinding(database.open, clock, binds=binds)
        aws = await stack.enter_async_context(aws_of(settings, observe, belonging.admit))
        directory = IdentityStoreDirectory(aws, clock)
        cloud = IdentityCenterAssignments(aws, clock)
        organizations = OrganizationCache(database.open, AwsOrganizationReader(aws, clock), clock)
        policy_context = PolicyContext(database.open, organizations, directory, cloud, clock, RegexTicketMatcher())
        yield Infrastructure(
            clock=clock,
            database=database,
            aws=aws,
            belonging=belonging,
            directory=directory,
            cloud=cloud,
            organizations=organizations,
            policy_context=policy_context,
            policies=PolicyStore(database.open, directory, clock),
            explainer=PolicyExplainer(policy_context, directory),
            activity=_activity_of(settings, aws, clock),
        )


def _activity_of(settings: ProcessSettings, aws: AwsSession, clock: Clock) -> SessionActivity | None:
    """The source of session activity, as configured; nothing is asked of it yet."""
    if settings.activity_source is None:
        return None
    configuration = SourceConfiguration(
        source=SourceName(settings.activity_source),
        region=settings.activity_region or settings.aws_region or "",
        role=settings.activity_role or "",
        most_scanned=round(settings.activity_max_scan * GIGABYTE),
        athena=AthenaTable(
            database=settings.athena_database or "",
            table=settings.athena_table or "",
            workgroup=settings.athena_workgroup,
            output=settings.athena_output or "",
        ),
        log_groups=_several(settings.activity_log_groups),
        event_data_store=settings.activity_event_data_store or "",
        regions=_several(settings.activity_regions),
    )
    return activity_source(aws, configuration, clock)


def _several(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def chat_of(
    settings: ProcessSettings, clock: Clock, secrets: SecretValues | None = None, observe: ObserveSlack = unobserved
) -> Chat:
    """Speak to Slack; nothing is asked of it yet."""
    known = secrets or SecretValues(settings)
    counting = CallObserver(settings.slack_api_url, observe)
    again = [AsyncConnectionErrorRetryHandler(), AsyncRateLimitErrorRetryHandler(max_retry_count=2)]
    client = _client(settings, known)
    client.retry_handlers = [counting, *again]
    installation = Installation(client)
    portal, region = settings.access_portal_url or "", settings.aws_region or ""
    links = LinkMaker(client, installation, clock, portal=portal, region=region)
    sender = _client(settings, known)
    sender.retry_handlers = [counting]
    return Chat(
        client=client,
        installation=installation,
        links=links,
        directory=SlackDirectory(client, clock, installation, managed=settings.slack_email == "directory"),
        messenger=SlackMessenger(sender, clock, links, command=settings.command),
        homes=SlackHomes(),
        files=SlackFiles(sender, clock, links),
    )


def _client(settings: ProcessSettings, secrets: SecretValues) -> AsyncWebClient:
    return SlackClient(secrets, base_url=settings.slack_api_url, timeout=SLACK_TIMEOUT)


def archive_of(settings: ProcessSettings, aws: AwsSession) -> S3Archive | None:
    """Where the audit trail is kept a second time; None where no bucket is named."""
    if not settings.audit_s3_bucket:
        return None
    return S3Archive(aws, settings.audit_s3_bucket, Role.of(settings.audit_s3_role or "", "archive"))


def archive_files_of(settings: ProcessSettings, base: Infrastructure) -> ArchiveFiles | None:
    """What is there; None where no bucket is named."""
    archive = archive_of(settings, base.aws)
    return ArchiveFiles(base.database.look, archive, settings.audit_s3_prefix) if archive else None


def _archiving(settings: ProcessSettings, base: Infrastructure, background: Background) -> AuditArchiver | None:
    archive = archive_of(settings, base.aws)
    if archive is None:
        return None
    return AuditArchiver(
        base.database.look,
        base.database.open,
        archive,
        base.clock,
        background,
        lines=AuditLines(AuditLineStyle(settings.audit_s3_format), __version__),
        prefix=settings.audit_s3_prefix,
    )


def _logs_come_within(settings: ProcessSettings) -> timedelta | None:
    """How late the source of session activity tells; None when there is none."""
    return timedelta(minutes=settings.activity_delay) if settings.activity_source else None


def _activity_services(settings: ProcessSettings, base: Infrastructure, identity: Identity) -> ActivityServices:
    open_unit, clock = base.database.open, base.clock
    delay = _logs_come_within(settings) or LOGS_COME_WITHIN
    reading = SessionActivityReader(
        open_unit, identity, base.policy_context, base.directory, base.activity, clock, logs_come_within=delay
    )
    return ActivityServices(reading, ActivitySummaries(open_unit, reading, clock))


def _makers(
    base: Infrastructure, search: RequestSearch, activity: ActivityServices, reports: Reports
) -> dict[ExportKind, ExportMaker]:
    return {
        ExportKind.REPORT: ReportTable(reports),
        ExportKind.CHARTS: ReportPicture(reports, MatplotlibPainter(), report_charts.picture),
        ExportKind.REQUESTS: RequestRows(base.database.look, search),
        ExportKind.ACTIVITY: ActivityRows(activity.reading),
    }


def _assigning(settings: ProcessSettings, base: Infrastructure, identity: Identity) -> AssignmentReconciler:
    return AssignmentReconciler(
        base.database.open,
        base.cloud,
        base.clock,
        Usability(base.directory, base.organizations),
        RequestRecheck(base.database.open, identity, base.policy_context),
        logs_come_within=_logs_come_within(settings),
    )


def services_of(settings: ProcessSettings, base: Infrastructure, chat: Chat, background: Background) -> Services:
    """Every use case, from what is underneath."""
    open_unit, clock, policy_context = base.database.open, base.clock, base.policy_context
    identity = Identity(open_unit, base.directory, chat.directory, clock)
    cards = CardReader(open_unit, policy_context, clock)
    drift = DriftDetector(open_unit, policy_context, base.cloud, base.directory, clock)
    administration = Administration.of(
        open_unit, identity, policy_context, base.policies, base.directory, chat.directory, drift, clock
    )
    decisions, early_end = (
        ApprovalDecisions(open_unit, identity, policy_context, clock),
        EarlyEnd(open_unit, identity, policy_context, clock),
    )
    homes = HomeRefresh(open_unit, policy_context, base.directory, clock)
    search = RequestSearch(base.database.look, open_unit, identity, policy_context, base.directory, clock)
    activity = _activity_services(settings, base, identity)
    reports = Reports(search, ReportFigures(base.database.look, clock, zone_of(settings)))
    exports = ExportQueue(open_unit, _makers(base, search, activity, reports), chat.files, clock, background)
    command_handlers = {
        CommandKind.SUBMIT: RequestSubmission(open_unit, identity, policy_context, clock).submit,
        CommandKind.DECIDE: decisions.decide,
        CommandKind.CANCEL: early_end.cancel,
        CommandKind.REVOKE: early_end.revoke,
        CommandKind.CLOSE: ManualClose(open_unit, identity, policy_context, clock).close,
        CommandKind.EXPORT: exports.ask,
        CommandKind.SAVE_POLICIES: administration.drafts.save,
        CommandKind.DECIDE_POLICIES: administration.proposals.decide,
    }
    return Services(
        organizations=base.organizations,
        identity=identity,
        policies=base.policies,
        form_options=FormOptions(identity, policy_context),
        commands=CommandProcessor(open_unit, clock, background, command_handlers),
        decisions=decisions,
        early_end=early_end,
        schedule=RequestSchedule(open_unit, identity, policy_context, clock),
        reconciler=_assigning(settings, base, identity),
        drift=drift,
        dispatcher=_delivering(settings, base, chat, identity, cards, homes),
        request_queries=RequestQueries(open_unit, identity, policy_context, cards, base.directory),
        homes=homes,
        request_line=RequestLineParser(identity, policy_context),
        pending_approvals=PendingApprovals(open_unit, identity, policy_context, clock),
        explainer=base.explainer,
        search=search,
        exports=exports,
        reports=reports,
        administration=administration,
        archiver=_archiving(settings, base, background),
        activity=activity,
        health=_health(settings, base),
    )


def _health(settings: ProcessSettings, base: Infrastructure) -> HealthServices:
    place, recovery = (base.database.look, base.database.open, base.clock), recovery_of(settings, base)
    return HealthServices(
        TrailMonitor(*place), invariants_of(settings, base), RestoreMonitor(*place, recovery), recovery
    )


def recovery_of(settings: ProcessSettings, base: Infrastructure) -> Recovery:
    """What lets the book learn what a restored database lacks."""
    callers, holdings = CloudTrailCallerLog(base.aws), AssignmentNames(base.organizations, base.directory)
    files = archive_files_of(settings, base)
    return Recovery(base.database.open, base.cloud, callers, base.clock, holdings, files)


def invariants_of(settings: ProcessSettings, base: Infrastructure) -> Invariants:
    """What must always hold."""
    return Invariants(base.database.look, base.database.open, base.clock, archive_files_of(settings, base))


def _delivering(
    settings: ProcessSettings,
    base: Infrastructure,
    chat: Chat,
    identity: Identity,
    cards: CardReader,
    homes: HomeRefresh,
) -> OutboxDispatcher:
    return OutboxDispatcher(
        base.database.open,
        chat.messenger,
        identity,
        base.policy_context,
        cards,
        base.directory,
        base.clock,
        homes,
        chat.homes,
        audit_channels=settings.audit_channels,
        chat=chat.directory,
    )
