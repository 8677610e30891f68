"""Settings → adapters → services: the one place where everything is put together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot import __version__
from bot.secret_values import SecretValues
from bot.settings import ProcessSettings
from bot.slack_calls import CallObserver, ObserveSlack
from bot.slack_client import SlackClient
from bot.variables import is_loopback
from core.adapters.aws.activity import activity_source
from core.adapters.aws.activity.configuration import GIGABYTE, AthenaTable, SourceConfiguration, SourceName
from core.adapters.aws.archive import S3Archive
from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.caller_log import CloudTrailCallerLog
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.events import EventBus, SnsTopic
from core.adapters.aws.mail import SesMail
from core.adapters.aws.memberships import IdentityCenterAccess, IdentityCenterMemberships
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.service import ObserveAws, unobserved
from core.adapters.aws.session import Admit, AwsSession, admit_any
from core.adapters.charts import MatplotlibPainter
from core.adapters.clock import ProcessClock, ShiftedClock, SystemClock
from core.adapters.patterns import RegexTicketMatcher
from core.adapters.storage.engine import Database
from core.adapters.webhook import Webhook
from core.domain.audit_format import AuditLines, AuditLineStyle
from core.domain.outgoing_events import Destination
from core.domain.platforms import SLACK, TEAMS
from core.domain.public_addresses import is_anywhere, is_public
from core.ports import Background, ChatPlatform, ChatPlatforms, Clock, EventReceiver, SelfCheck, SessionActivity
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.event_deliveries import ARCHIVE
from core.services.audit.trail_follower import ObserveDelivery
from core.services.audit.trail_follower import unobserved as unobserved_delivery
from core.services.composition import Adapters, Options, build_services
from core.services.context.assignment_names import AssignmentNames
from core.services.context.instance_binding import InstanceBinding
from core.services.context.lasting_members import LastingMembers
from core.services.integrity.invariants import Invariants
from core.services.integrity.recovery import Recovery
from core.services.services import RuleServices, Services
from handlers.chat.home_screens import OpenHomes
from handlers.chat.mail_texts import MailTexts
from handlers.report import report_charts
from handlers.screens.links import Links
from handlers.slack.directory import SlackDirectory
from handlers.slack.files import SlackFiles
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
    cloud: IdentityCenterAccess
    rules: RuleServices
    activity: SessionActivity | None
    """None: no source is configured."""

    @property
    def directory(self) -> LastingMembers:
        """Users and groups, with the members that the rules count."""
        return self.rules.directory


@dataclass(frozen=True, slots=True)
class Chat:
    """Slack. ``client`` tries again by itself; ``sender``, the messenger's, does not, because the outbox does."""

    client: AsyncWebClient
    sender: AsyncWebClient
    installation: Installation
    links: LinkMaker
    directory: SlackDirectory
    messenger: SlackMessenger
    homes: OpenHomes
    files: SlackFiles

    @property
    def platform(self) -> ChatPlatform:
        return ChatPlatform(self.directory, self.messenger, self.homes, self.files)


def zone_of(settings: ProcessSettings) -> tzinfo:
    """The time zone that decides in reports which hours are night."""
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


def aws_of(settings: ProcessSettings, observe: ObserveAws = unobserved, admit: Admit = admit_any) -> AwsSession:
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
    settings: ProcessSettings,
    observe: ObserveAws = unobserved,
    *,
    binds: bool = True,
    secrets: SecretValues | None = None,
) -> AsyncIterator[Infrastructure]:
    """Open storage and AWS; nothing is asked of either yet. ``binds=False`` only looks: see ``InstanceBinding``."""
    async with AsyncExitStack() as stack:
        clock = clock_of(settings)
        database = await stack.enter_async_context(database_of(settings, secrets))
        belonging = InstanceBinding(database.open, clock, binds=binds)
        aws = await stack.enter_async_context(aws_of(settings, observe, belonging.admit))
        directory = IdentityStoreDirectory(aws, clock)
        cloud = IdentityCenterAccess(IdentityCenterAssignments(aws, clock), IdentityCenterMemberships(aws))
        reader, matcher = AwsOrganizationReader(aws, clock), RegexTicketMatcher()
        yield Infrastructure(
            clock=clock,
            database=database,
            aws=aws,
            belonging=belonging,
            cloud=cloud,
            rules=RuleServices.of(database.open, database.look, reader, directory, cloud, clock, matcher),
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
        sender=sender,
        installation=installation,
        links=links,
        directory=SlackDirectory(client, clock, installation, managed=settings.slack_email == "directory"),
        messenger=SlackMessenger(sender, clock, links, command=settings.command),
        homes=OpenHomes(),
        files=SlackFiles(sender, clock, links),
    )


def _client(settings: ProcessSettings, secrets: SecretValues) -> AsyncWebClient:
    return SlackClient(secrets, base_url=settings.slack_api_url, timeout=SLACK_TIMEOUT)


def archive_of(settings: ProcessSettings, aws: AwsSession) -> S3Archive | None:
    """The archive of the audit trail; None where no bucket is named."""
    if not settings.audit_s3_bucket:
        return None
    return S3Archive(aws, settings.audit_s3_bucket, Role.of(settings.audit_s3_role or "", "archive"))


@asynccontextmanager
async def receivers_of(
    settings: ProcessSettings, secrets: SecretValues, aws: AwsSession
) -> AsyncIterator[Mapping[Destination, EventReceiver]]:
    """The places outside that get events, as far as they are configured; nothing is sent yet."""
    async with AsyncExitStack() as stack:
        found: dict[Destination, EventReceiver] = {**receivers_in_aws(settings, aws)}
        if settings.webhook_url:
            found[Destination.WEBHOOK] = await stack.enter_async_context(webhook_of(settings, secrets))
        yield found


def receivers_in_aws(settings: ProcessSettings, aws: AwsSession) -> dict[Destination, SnsTopic | EventBus]:
    """The topic and the event bus, as far as they are configured."""
    role, found = Role.of(settings.events_role or "", "events"), dict[Destination, SnsTopic | EventBus]()
    if settings.events_topic:
        found[Destination.SNS] = SnsTopic(aws, settings.events_topic, role)
    if settings.events_bus:
        found[Destination.EVENTBRIDGE] = EventBus(aws, settings.events_bus, role)
    return found


def mail_of(settings: ProcessSettings, aws: AwsSession) -> SesMail | None:
    """E-mail to people whom no chat reaches; None where it is not set up."""
    if not settings.email_from:
        return None
    role = Role.of(settings.events_role or "", "events")
    return SesMail(aws, settings.email_from, role)


def _links_to_aws(settings: ProcessSettings) -> Links:
    return Links(portal=settings.access_portal_url or "", region=settings.aws_region or "")


def webhook_of(settings: ProcessSettings, secrets: SecretValues) -> Webhook:
    """The webhook. On this machine only where settings let it: where the chat platforms are stand-ins."""
    allowed = is_anywhere if is_loopback(settings.webhook_url) else is_public
    now = partial(datetime.now, UTC)  # noqa: TID251 - receivers hold it against real time
    return Webhook(settings.webhook_url, secrets.webhook_secrets, now, allowed=allowed)


def deliveries_of(settings: ProcessSettings) -> tuple[str, ...]:
    """The names of all places that events are delivered to."""
    places = {
        Destination.WEBHOOK: settings.webhook_url,
        Destination.SNS: settings.events_topic,
        Destination.EVENTBRIDGE: settings.events_bus,
        ARCHIVE: settings.audit_s3_bucket if settings.audit_s3_every else "",
    }
    return tuple(str(name) for name, place in places.items() if place)


def archive_files_of(settings: ProcessSettings, base: Infrastructure) -> ArchiveFiles | None:
    """The archive's files; None where no bucket is named."""
    archive = archive_of(settings, base.aws)
    return ArchiveFiles(base.database.look, archive, settings.audit_s3_prefix) if archive else None


def _logs_come_within(settings: ProcessSettings) -> timedelta | None:
    """The delay of the source of session activity; None when there is none."""
    return timedelta(minutes=settings.activity_delay) if settings.activity_source else None


def platforms_of(settings: ProcessSettings, chat: Chat, teams: ChatPlatform | None = None) -> ChatPlatforms:
    """Those that are configured. ``teams``: None where it is not."""
    slack = {SLACK: chat.platform} if settings.serves_slack else {}
    return ChatPlatforms({**slack, **({TEAMS: teams} if teams is not None else {})})


def services_of(
    settings: ProcessSettings,
    base: Infrastructure,
    platforms: ChatPlatforms,
    background: Background,
    self_check: SelfCheck | None = None,
    receivers: Mapping[Destination, EventReceiver] | None = None,
    observe_delivery: ObserveDelivery = unobserved_delivery,
) -> Services:
    """Every use case, from what is underneath."""
    adapters = Adapters(
        open_unit=base.database.open,
        look=base.database.look,
        clock=base.clock,
        background=background,
        cloud=base.cloud,
        callers=CloudTrailCallerLog(base.aws),
        platforms=platforms,
        painter=MatplotlibPainter(),
        activity=base.activity,
        archive=archive_of(settings, base.aws),
        receivers=receivers or {},
        mail_sender=mail_of(settings, base.aws),
        mail_writer=MailTexts(base.clock, settings.command, _links_to_aws(settings)),
        self_check=self_check,
    )
    options = Options(
        picture=report_charts.picture,
        audit_channels=settings.audit_channels,
        api_address=settings.api_url or "",
        logs_come_within=_logs_come_within(settings),
        archive_lines=AuditLines(AuditLineStyle(settings.audit_s3_format), __version__),
        archive_prefix=settings.audit_s3_prefix,
        archive_every=timedelta(minutes=settings.audit_s3_every),
        observe_delivery=observe_delivery,
        report_zone=zone_of(settings),
    )
    return build_services(adapters, base.rules, options)


def recovery_of(settings: ProcessSettings, base: Infrastructure) -> Recovery:
    """The service that learns what a restored database lacks."""
    callers, holdings = CloudTrailCallerLog(base.aws), AssignmentNames(base.rules.organizations, base.directory)
    files = archive_files_of(settings, base)
    return Recovery(base.database.open, base.cloud, callers, base.clock, holdings, files)


def invariants_of(settings: ProcessSettings, base: Infrastructure) -> Invariants:
    """The invariants of the whole."""
    files, destinations = archive_files_of(settings, base), deliveries_of(settings)
    return Invariants(base.database.look, base.database.open, base.clock, files, destinations)
