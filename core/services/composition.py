"""Builds every use case from what is outside: once for the process, and the same way for tests."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo

from core.domain.activity import LOGS_COME_WITHIN
from core.domain.audit_format import AuditLines
from core.domain.commands import ExportKind
from core.domain.figures import Figures
from core.domain.ids import ConversationId
from core.domain.outgoing_events import Destination
from core.ports import (
    AssignmentCloud,
    AuditArchive,
    Background,
    CallerLog,
    ChartPainter,
    ChatPlatforms,
    Clock,
    EventReceiver,
    MailSender,
    MailWriter,
    OpenUnit,
    Picture,
    SelfCheck,
    SessionActivity,
)
from core.services.audit.activity_rows import ActivityRows
from core.services.audit.activity_summaries import ActivitySummaries
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.archiver import AuditArchiver
from core.services.audit.event_deliveries import Delivery, ReceiverDelivery, RecentObjects
from core.services.audit.export_maker import ExportMaker
from core.services.audit.export_queue import ExportQueue
from core.services.audit.report_figures import ReportFigures
from core.services.audit.reports import ReportPicture, Reports, ReportTable
from core.services.audit.request_rows import RequestRows
from core.services.audit.session_activity import SessionActivityReader
from core.services.audit.trail_export import TrailExport
from core.services.audit.trail_follower import ObserveDelivery, TrailFollower, unobserved
from core.services.audit.trail_monitor import TrailMonitor
from core.services.command_handlers import CommandHandlers
from core.services.command_processor import CommandProcessor
from core.services.context.assignment_names import AssignmentNames
from core.services.context.identity import Identity
from core.services.context.usability import Usability
from core.services.integrity.invariants import Invariants
from core.services.integrity.recovery import Recovery
from core.services.integrity.restore_monitor import RestoreMonitor
from core.services.notifications.dispatch import OutboxDispatcher
from core.services.notifications.home_screens import HomeRefresh
from core.services.notifications.request_card import CardReader
from core.services.notifications.unreachable_mail import UnreachableMail
from core.services.policies.administration import Administration
from core.services.provisioning.assignment_reconciler import AssignmentReconciler
from core.services.provisioning.drift import DriftDetector
from core.services.provisioning.manual_close import ManualClose
from core.services.queries.command_line import RequestLineParser
from core.services.queries.favourites import Favourites
from core.services.queries.form_options import FormOptions
from core.services.queries.pending_approvals import PendingApprovals
from core.services.queries.request_queries import RequestQueries
from core.services.queries.request_search import RequestSearch
from core.services.requests.decide import ApprovalDecisions
from core.services.requests.end_early import EarlyEnd
from core.services.requests.recheck import RequestRecheck
from core.services.requests.schedule import RequestSchedule
from core.services.requests.second_judgement import SecondJudgement
from core.services.requests.submit import RequestSubmission
from core.services.services import ActivityServices, HealthServices, RuleServices, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """Everything outside that the use cases need."""

    open_unit: OpenUnit
    look: OpenUnit
    """Opens a unit of work that only reads: no writer waits for it."""
    clock: Clock
    background: Background
    cloud: AssignmentCloud
    callers: CallerLog
    platforms: ChatPlatforms
    painter: ChartPainter
    activity: SessionActivity | None = None
    """None where no source of session activity is configured."""
    archive: AuditArchive | None = None
    """None where no bucket is named."""
    receivers: Mapping[Destination, EventReceiver] = field(default_factory=dict)
    """Places outside that get events, as far as they are configured."""
    mail_sender: MailSender | None = None
    """None where nobody is sent e-mail; else there is a writer too."""
    mail_writer: MailWriter | None = None
    self_check: SelfCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """An operator's choices for the use cases."""

    picture: Callable[[Figures], Picture]
    """Puts the figures of a report into charts."""
    audit_channels: Sequence[ConversationId] = ()
    logs_come_within: timedelta | None = None
    """The delay with which the source of session activity learns of a call; None when there is no source."""
    archive_lines: AuditLines
    archive_prefix: str = ""
    archive_every: timedelta = timedelta()
    """The time after which the archive gets what is new, beside the file of each day; nothing: never."""
    observe_delivery: ObserveDelivery = unobserved
    report_zone: tzinfo = UTC
    """The time zone that decides in reports which hours are night."""
    api_address: str = ""
    """The address of the HTTP API; empty where it is off."""
    jitter: Callable[[], float] = random.random


def build_services(adapters: Adapters, rules: RuleServices, options: Options) -> Services:
    """Every use case."""
    return _Composition(adapters, rules, options).services()


class _Composition:
    """The composition of the use cases: what several share is built first, once."""

    def __init__(self, adapters: Adapters, rules: RuleServices, options: Options) -> None:
        self._out, self._rules, self._options = adapters, rules, options
        open_unit, clock = adapters.open_unit, adapters.clock
        self._identity = Identity(open_unit, adapters.look, rules.directory, adapters.platforms, clock)
        self._asking = (open_unit, self._identity, rules.context)
        self._homes = HomeRefresh(open_unit, rules.context, rules.directory, adapters.platforms, clock)
        self._cards = CardReader(open_unit, self._identity.is_known_gone, rules.context, clock)
        self._drift = DriftDetector(open_unit, rules.context, adapters.cloud, rules.directory, clock)
        self._search = RequestSearch(adapters.look, open_unit, self._identity, rules.context, rules.directory, clock)
        self._reports = Reports(self._search, ReportFigures(adapters.look, clock, options.report_zone))
        self._decisions = ApprovalDecisions(*self._asking, clock)
        self._early_end = EarlyEnd(*self._asking, clock)
        self._submission = RequestSubmission(*self._asking, clock, adapters.platforms.names)
        self._deliveries = self._event_deliveries()
        self._activity = self._activity_services()
        self._exports = self._export_queue()
        self._administration = self._administration_services()

    def services(self) -> Services:
        out, rules = self._out, self._rules
        return Services(
            organizations=rules.organizations,
            identity=self._identity,
            policies=rules.policies,
            form_options=FormOptions(self._identity, rules.context, out.platforms.names),
            commands=self._command_processor(),
            decisions=self._decisions,
            early_end=self._early_end,
            second_judgement=SecondJudgement(*self._asking, out.clock),
            schedule=RequestSchedule(*self._asking, out.clock),
            reconciler=self._reconciler(),
            drift=self._drift,
            dispatcher=self._dispatcher(),
            request_queries=RequestQueries(*self._asking, self._cards, rules.directory),
            homes=self._homes,
            favourites=Favourites(*self._asking, out.clock),
            request_line=RequestLineParser(self._identity, rules.context),
            pending_approvals=PendingApprovals(*self._asking, out.clock),
            explainer=rules.explainer,
            search=self._search,
            exports=self._exports,
            trail=TrailExport(out.look),
            reports=self._reports,
            administration=self._administration,
            archiver=self._archiver(),
            follower=self._follower(),
            activity=self._activity,
            health=self._health(),
        )

    def _command_processor(self) -> CommandProcessor:
        out, handlers = self._out, self._command_handlers()
        return CommandProcessor(out.open_unit, out.clock, out.background, handlers.carry_out, self._submission.file)

    def _command_handlers(self) -> CommandHandlers:
        clock = self._out.clock
        return CommandHandlers(
            submission=self._submission,
            decisions=self._decisions,
            early_end=self._early_end,
            manual_close=ManualClose(*self._asking, clock),
            exports=self._exports,
            drafts=self._administration.drafts,
            proposals=self._administration.proposals,
        )

    def _administration_services(self) -> Administration:
        out, rules = self._out, self._rules
        return Administration.of(
            out.open_unit,
            self._identity,
            rules.context,
            rules.policies,
            rules.directory,
            out.platforms,
            self._drift,
            self._homes,
            out.clock,
            out.self_check,
            self._options.api_address,
        )

    def _reconciler(self) -> AssignmentReconciler:
        out = self._out
        return AssignmentReconciler(
            out.open_unit,
            out.cloud,
            out.clock,
            Usability(self._rules.directory, self._rules.organizations),
            RequestRecheck(*self._asking),
            logs_come_within=self._options.logs_come_within,
            jitter=self._options.jitter,
        )

    def _dispatcher(self) -> OutboxDispatcher:
        out = self._out
        return OutboxDispatcher(
            out.open_unit,
            out.platforms,
            self._identity,
            self._rules.context,
            self._cards,
            self._rules.directory,
            out.clock,
            self._homes,
            UnreachableMail(out.open_unit, self._rules.directory, out.clock, out.mail_sender, out.mail_writer),
            audit_channels=self._options.audit_channels,
        )

    def _activity_services(self) -> ActivityServices:
        out, delay = self._out, self._options.logs_come_within or LOGS_COME_WITHIN
        reading = SessionActivityReader(
            *self._asking, self._rules.directory, out.activity, out.clock, logs_come_within=delay
        )
        return ActivityServices(reading, ActivitySummaries(out.open_unit, reading, out.clock))

    def _export_queue(self) -> ExportQueue:
        out = self._out
        makers: dict[ExportKind, ExportMaker] = {
            ExportKind.REQUESTS: RequestRows(out.look, self._search),
            ExportKind.ACTIVITY: ActivityRows(self._activity.reading),
            ExportKind.REPORT: ReportTable(self._reports),
            ExportKind.CHARTS: ReportPicture(self._reports, out.painter, self._options.picture),
        }
        return ExportQueue(out.open_unit, makers, out.platforms, out.clock, out.background)

    def _archiver(self) -> AuditArchiver | None:
        out = self._out
        if out.archive is None:
            return None
        lines, prefix = self._options.archive_lines, self._options.archive_prefix
        return AuditArchiver(
            out.look, out.open_unit, out.archive, out.clock, out.background, lines=lines, prefix=prefix
        )

    def _event_deliveries(self) -> Sequence[Delivery]:
        out, options = self._out, self._options
        found: list[Delivery] = [ReceiverDelivery(to, receiver) for to, receiver in out.receivers.items()]
        if out.archive is not None and options.archive_every:
            lines, prefix = options.archive_lines, options.archive_prefix
            found.append(RecentObjects(out.look, out.archive, options.archive_every, lines=lines, prefix=prefix))
        return found

    def _follower(self) -> TrailFollower | None:
        out, observe = self._out, self._options.observe_delivery
        if not self._deliveries:
            return None
        return TrailFollower(out.look, out.open_unit, self._deliveries, out.clock, out.background, observe)

    def _health(self) -> HealthServices:
        out, place = self._out, (self._out.look, self._out.open_unit, self._out.clock)
        names = AssignmentNames(self._rules.organizations, self._rules.directory)
        files = ArchiveFiles(out.look, out.archive, self._options.archive_prefix) if out.archive else None
        recovery = Recovery(out.open_unit, out.cloud, out.callers, out.clock, names, files)
        invariants = Invariants(*place, files, [delivery.name for delivery in self._deliveries])
        return HealthServices(TrailMonitor(*place), invariants, RestoreMonitor(*place, recovery), recovery)
