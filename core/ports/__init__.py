"""The ports of core, as Protocols. Adapters implement them; tests have fakes of them.

Whatever can fail raises the errors of ``core.domain.errors`` and nothing else: ``UpstreamBusy`` (nothing
happened, try again), ``AnswerLost`` (it may have happened), ``UpstreamRefused`` (final), ``Conflict``.
"""

from core.ports.activity import DueSummary, Findings, SessionActivity, Summaries
from core.ports.alarms import Backlog, RaisedAlarms, SharedRound, SharedRounds
from core.ports.archive import STANDS_THERE, Archived, ArchiveProgress, AuditArchive
from core.ports.aws import (
    AssignmentCloud,
    CallBudget,
    CallerLog,
    OperationStatus,
    OrganizationReader,
    PrincipalDirectory,
)
from core.ports.breaks import Breaks
from core.ports.chat import (
    GONE,
    NO_THREAD,
    Card,
    ChatDirectory,
    Conversation,
    FileOffers,
    FileSender,
    HomeScreens,
    MessageRef,
    Messenger,
    OfferedFile,
)
from core.ports.drafts import Draft, Drafts
from core.ports.drawing import Chart, ChartPainter, Picture, Series
from core.ports.drift import Sweeps, Unknowns
from core.ports.events import EventReceiver
from core.ports.following import Following
from core.ports.identity_tokens import IdentityTokens
from core.ports.instance import BookInstance
from core.ports.machines import ApiTokens, CallerProof, SignedCalls
from core.ports.mail import Mail, MailSender, MailWriter
from core.ports.past import PastRequests
from core.ports.pending import Pending, waiting_for, watching
from core.ports.people import PeopleListings
from core.ports.pins import Pins
from core.ports.platforms import ChatPlatform, ChatPlatforms
from core.ports.process import Background, Clock, ClockReading, MachineClock, SelfCheck, TicketMatcher
from core.ports.proposals import Proposal, Proposals, ProposalState
from core.ports.queues import (
    Cards,
    Export,
    Exports,
    Inbox,
    Outbox,
    Outgoing,
    StoredCommand,
)
from core.ports.refusals import Refusals
from core.ports.replicas import Replicas
from core.ports.sent_messages import SentMessages
from core.ports.stars import Stars
from core.ports.storage import (
    Assignments,
    AuditTrail,
    Homes,
    OpenedHome,
    OpenUnit,
    Policies,
    Requests,
    Revision,
    Snapshots,
    UnitOfWork,
    Votes,
)
from core.ports.teams import ConversationKind, LearntConversation, LearntConversations

__all__ = [
    "GONE",
    "NO_THREAD",
    "STANDS_THERE",
    "ApiTokens",
    "ArchiveProgress",
    "Archived",
    "AssignmentCloud",
    "Assignments",
    "AuditArchive",
    "AuditTrail",
    "Background",
    "Backlog",
    "BookInstance",
    "Breaks",
    "CallBudget",
    "CallerLog",
    "CallerProof",
    "Card",
    "Cards",
    "Chart",
    "ChartPainter",
    "ChatDirectory",
    "ChatPlatform",
    "ChatPlatforms",
    "Clock",
    "ClockReading",
    "Conversation",
    "ConversationKind",
    "Draft",
    "Drafts",
    "DueSummary",
    "EventReceiver",
    "Export",
    "Exports",
    "FileOffers",
    "FileSender",
    "Findings",
    "Following",
    "HomeScreens",
    "Homes",
    "IdentityTokens",
    "Inbox",
    "LearntConversation",
    "LearntConversations",
    "MachineClock",
    "Mail",
    "MailSender",
    "MailWriter",
    "MessageRef",
    "Messenger",
    "OfferedFile",
    "OpenUnit",
    "OpenedHome",
    "OperationStatus",
    "OrganizationReader",
    "Outbox",
    "Outgoing",
    "PastRequests",
    "Pending",
    "PeopleListings",
    "Picture",
    "Pins",
    "Policies",
    "PrincipalDirectory",
    "Proposal",
    "ProposalState",
    "Proposals",
    "RaisedAlarms",
    "Refusals",
    "Replicas",
    "Requests",
    "Revision",
    "SelfCheck",
    "SentMessages",
    "Series",
    "SessionActivity",
    "SharedRound",
    "SharedRounds",
    "SignedCalls",
    "Snapshots",
    "Stars",
    "StoredCommand",
    "Summaries",
    "Sweeps",
    "TicketMatcher",
    "UnitOfWork",
    "Unknowns",
    "Votes",
    "waiting_for",
    "watching",
]
