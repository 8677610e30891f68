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
from bot.settings import Settings
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
from core.adapters.patterns import PatientMatcher
from core.adapters.storage.engine import Database
from core.domain.activity import LOGS_COME_WITHIN
from core.domain.trail_lines import Lines, Style
from core.ports import ActKind, Background, Clock, ExportKind, SessionActivity
from core.services.activity import Activity
from core.services.activity_rows import ActivityRows
from core.services.administration import Administration
from core.services.archive_files import ArchiveFiles
from core.services.archiving import Archiving
from core.services.assigning import Assigning
from core.services.belonging import Belonging
from core.services.cards import CardReader
from core.services.choosing import Choosing
from core.services.closing_by_hand import ClosingByHand
from core.services.deadlines import Deadlines
from core.services.deciding import Deciding
from core.services.delivering import Delivering
from core.services.drifting import Drifting
from core.services.ending import Ending
from core.services.explaining import Explaining
from core.services.export_maker import Maker
from core.services.exporting import Exporting
from core.services.history import History
from core.services.holdings import Holdings
from core.services.homes import Homes
from core.services.identity import Identity
from core.services.inbox import Inbox
from core.services.invariants import Invariants
from core.services.judging import Judge
from core.services.organizations import Organizations
from core.services.policies import Policies
from core.services.recovering import Recovery
from core.services.rejudging import Rejudging
from core.services.reporting import Reporting
from core.services.reports import ReportPicture, Reports, ReportTable
from core.services.request_rows import RequestRows
from core.services.requesting import Requesting
from core.services.restoring import RestoreWatch
from core.services.searching import Searching
from core.services.services import ActivityServices, HealthServices, Services
from core.services.shortcuts import Shortcuts
from core.services.summarizing import Summarizing
from core.services.trail_watch import TrailWatch
from core.services.usability import Usability
from core.services.waiting import Waiting
from handlers import report_charts
from handlers.slack.directory import SlackDirectory
from handlers.slack.files import SlackFiles
from handlers.slack.home_screens import SlackHomes
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack.messenger import SlackMessenger

SLACK_TIMEOUT = 10
"""Seconds for one call of the Web API."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """Storage and AWS: all that the command line needs."""

    clock: ProcessClock
    database: Database
    aws: AwsSession
    belonging: Belonging
    directory: IdentityStoreDirectory
    cloud: IdentityCenterAssignments
    organizations: Organizations
    judge: Judge
    policies: Policies
    explaining: Explaining
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


def zone_of(settings: Settings) -> tzinfo:
    """Where a night is one, in reports."""
    return UTC if settings.report_zone == "UTC" else ZoneInfo(settings.report_zone)


def clock_of(settings: Settings) -> ProcessClock:
    return ShiftedClock(settings.sandbox_clock) if settings.sandbox_clock else SystemClock()


@asynccontextmanager
async def database_of(settings: Settings, secrets: SecretValues | None = None) -> AsyncIterator[Database]:
    """Open storage alone. Where secrets may change, every new connection asks for its password."""
    database = Database(settings.database_url)
    if secrets is not None and secrets.may_change:
        database.connect_with(secrets.database_url, refused=secrets.renew_soon)
    try:
        yield database
    finally:
        await database.close()


def roles_of(settings: Settings) -> Roles:
    """The role of each part of the work on Identity Center."""
    return Roles(
        read=Role.of(settings.read_role or "", "read"),
        grant=Role.of(settings.grant_role or "", "grant"),
        revoke=Role.of(settings.revoke_role or "", "revoke"),
    )


def aws_of(settings: Settings, observe: Observe = unobserved, admit: Admit = admit_any) -> AwsSession:
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
async def found(
    settings: Settings, observe: Observe = unobserved, *, binds: bool = True, secrets: SecretValues | None = None
) -> AsyncIterator[Foundation]:
    """Open storage and AWS; nothing is asked of either yet. ``binds=False`` for who only looks: see ``Belonging``."""
    async with AsyncExitStack() as stack:
        clock = clock_of(settings)
        database = await stack.enter_async_context(database_of(settings, secrets))
        belonging = Belonging(database.open, clock, binds=binds)
        aws = await stack.enter_async_context(aws_of(settings, observe, belonging.admit))
        directory = IdentityStoreDirectory(aws, clock)
        cloud = IdentityCenterAssignments(aws, clock)
        organizations = Organizations(database.open, AwsOrganizationReader(aws, clock), clock)
        judge = Judge(database.open, organizations, directory, cloud, clock, PatientMatcher())
        yield Foundation(
            clock=clock,
            database=database,
            aws=aws,
            belonging=belonging,
            directory=directory,
            cloud=cloud,
            organizations=organizations,
            judge=judge,
            policies=Policies(database.open, directory, clock),
            explaining=Explaining(judge, directory),
            activity=_activity_of(settings, aws, clock),
        )


def _activity_of(settings: Settings, aws: AwsSession, clock: Clock) -> SessionActivity | None:
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
    settings: Settings, clock: Clock, secrets: SecretValues | None = None, observe: ObserveSlack = unobserved
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


def _client(settings: Settings, secrets: SecretValues) -> AsyncWebClient:
    return SlackClient(secrets, base_url=settings.slack_api_url, timeout=SLACK_TIMEOUT)


def archive_of(settings: Settings, aws: AwsSession) -> S3Archive | None:
    """Where the audit trail is kept a second time; None where no bucket is named."""
    if not settings.audit_s3_bucket:
        return None
    return S3Archive(aws, settings.audit_s3_bucket, Role.of(settings.audit_s3_role or "", "archive"))


def archive_files_of(settings: Settings, base: Foundation) -> ArchiveFiles | None:
    """What is there; None where no bucket is named."""
    archive = archive_of(settings, base.aws)
    return ArchiveFiles(base.database.look, archive, settings.audit_s3_prefix) if archive else None


def _archiving(settings: Settings, base: Foundation, background: Background) -> Archiving | None:
    archive = archive_of(settings, base.aws)
    if archive is None:
        return None
    return Archiving(
        base.database.look,
        base.database.open,
        archive,
        base.clock,
        background,
        lines=Lines(Style(settings.audit_s3_format), __version__),
        prefix=settings.audit_s3_prefix,
    )


def _logs_come_within(settings: Settings) -> timedelta | None:
    """How late the source of session activity tells; None when there is none."""
    return timedelta(minutes=settings.activity_delay) if settings.activity_source else None


def _activity_services(settings: Settings, base: Foundation, identity: Identity) -> ActivityServices:
    open_unit, clock = base.database.open, base.clock
    delay = _logs_come_within(settings) or LOGS_COME_WITHIN
    reading = Activity(open_unit, identity, base.judge, base.directory, base.activity, clock, logs_come_within=delay)
    return ActivityServices(reading, Summarizing(open_unit, reading, clock))


def _makers(
    base: Foundation, searching: Searching, activity: ActivityServices, reports: Reports
) -> dict[ExportKind, Maker]:
    return {
        ExportKind.REPORT: ReportTable(reports),
        ExportKind.CHARTS: ReportPicture(reports, MatplotlibPainter(), report_charts.picture),
        ExportKind.REQUESTS: RequestRows(base.database.look, searching),
        ExportKind.ACTIVITY: ActivityRows(activity.reading),
    }


def _assigning(settings: Settings, base: Foundation, identity: Identity) -> Assigning:
    return Assigning(
        base.database.open,
        base.cloud,
        base.clock,
        Usability(base.directory, base.organizations),
        Rejudging(base.database.open, identity, base.judge),
        logs_come_within=_logs_come_within(settings),
    )


def services_of(settings: Settings, base: Foundation, chat: Chat, background: Background) -> Services:
    """Every use case, from what is underneath."""
    open_unit, clock, judge = base.database.open, base.clock, base.judge
    identity = Identity(open_unit, base.directory, chat.directory, clock)
    cards = CardReader(open_unit, judge, clock)
    drifting = Drifting(open_unit, judge, base.cloud, base.directory, clock)
    administration = Administration.of(
        open_unit, identity, judge, base.policies, base.directory, chat.directory, drifting, clock
    )
    deciding, ending = Deciding(open_unit, identity, judge, clock), Ending(open_unit, identity, judge, clock)
    homes = Homes(open_unit, judge, base.directory, clock)
    searching = Searching(base.database.look, open_unit, identity, judge, base.directory, clock)
    activity = _activity_services(settings, base, identity)
    reports = Reports(searching, Reporting(base.database.look, clock, zone_of(settings)))
    exporting = Exporting(open_unit, _makers(base, searching, activity, reports), chat.files, clock, background)
    doers = {
        ActKind.SUBMIT: Requesting(open_unit, identity, judge, clock).submit,
        ActKind.DECIDE: deciding.decide,
        ActKind.CANCEL: ending.cancel,
        ActKind.REVOKE: ending.revoke,
        ActKind.CLOSE: ClosingByHand(open_unit, identity, judge, clock).close,
        ActKind.EXPORT: exporting.ask,
        ActKind.SAVE_POLICIES: administration.drafting.save,
        ActKind.DECIDE_POLICIES: administration.proposing.decide,
    }
    return Services(
        organizations=base.organizations,
        identity=identity,
        policies=base.policies,
        choosing=Choosing(identity, judge),
        inbox=Inbox(open_unit, clock, background, doers),
        deciding=deciding,
        ending=ending,
        deadlines=Deadlines(open_unit, identity, judge, clock),
        assigning=_assigning(settings, base, identity),
        drifting=drifting,
        delivering=_delivering(settings, base, chat, identity, cards, homes),
        history=History(open_unit, identity, judge, cards, base.directory),
        homes=homes,
        shortcuts=Shortcuts(identity, judge),
        waiting=Waiting(open_unit, identity, judge, clock),
        explaining=base.explaining,
        searching=searching,
        exporting=exporting,
        reports=reports,
        administration=administration,
        archiving=_archiving(settings, base, background),
        activity=activity,
        health=_health(settings, base),
    )


def _health(settings: Settings, base: Foundation) -> HealthServices:
    place, recovery = (base.database.look, base.database.open, base.clock), recovery_of(settings, base)
    return HealthServices(TrailWatch(*place), invariants_of(settings, base), RestoreWatch(*place, recovery), recovery)


def recovery_of(settings: Settings, base: Foundation) -> Recovery:
    """What lets the book learn what a restored database lacks."""
    callers, holdings = CloudTrailCallerLog(base.aws), Holdings(base.organizations, base.directory)
    files = archive_files_of(settings, base)
    return Recovery(base.database.open, base.cloud, callers, base.clock, holdings, files)


def invariants_of(settings: Settings, base: Foundation) -> Invariants:
    """What must always hold."""
    return Invariants(base.database.look, base.database.open, base.clock, archive_files_of(settings, base))


def _delivering(
    settings: Settings, base: Foundation, chat: Chat, identity: Identity, cards: CardReader, homes: Homes
) -> Delivering:
    return Delivering(
        base.database.open,
        chat.messenger,
        identity,
        base.judge,
        cards,
        base.directory,
        base.clock,
        homes,
        chat.homes,
        audit_channels=settings.audit_channels,
        chat=chat.directory,
    )
