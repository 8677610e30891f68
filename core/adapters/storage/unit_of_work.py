"""One transaction with its repositories. Only ``commit`` keeps anything."""

from collections.abc import Callable

from core.adapters.storage.repositories.alarms import SqlAlarms
from core.adapters.storage.repositories.api_tokens import SqlApiTokens, SqlSignedCalls
from core.adapters.storage.repositories.archive import SqlArchiveProgress
from core.adapters.storage.repositories.assignments import SqlAssignments
from core.adapters.storage.repositories.audit import SqlAuditTrail
from core.adapters.storage.repositories.backlog import SqlBacklog
from core.adapters.storage.repositories.breaks import SqlBreaks
from core.adapters.storage.repositories.cards import SqlCards
from core.adapters.storage.repositories.drafts import SqlDrafts
from core.adapters.storage.repositories.exports import SqlExports
from core.adapters.storage.repositories.following import SqlFollowing
from core.adapters.storage.repositories.homes import SqlHomes
from core.adapters.storage.repositories.inbox import SqlInbox
from core.adapters.storage.repositories.instance import SqlInstance
from core.adapters.storage.repositories.outbox import SqlOutbox
from core.adapters.storage.repositories.past import SqlPastRequests
from core.adapters.storage.repositories.people import SqlPeopleListings
from core.adapters.storage.repositories.pins import SqlPins
from core.adapters.storage.repositories.policies import SqlPolicies
from core.adapters.storage.repositories.proposals import SqlProposals
from core.adapters.storage.repositories.refusals import SqlRefusals
from core.adapters.storage.repositories.replicas import SqlReplicas
from core.adapters.storage.repositories.requests import SqlRequests
from core.adapters.storage.repositories.sent_messages import SqlSentMessages
from core.adapters.storage.repositories.shared_rounds import SqlSharedRounds
from core.adapters.storage.repositories.snapshots import SqlSnapshots
from core.adapters.storage.repositories.stars import SqlStars
from core.adapters.storage.repositories.summaries import SqlSummaries
from core.adapters.storage.repositories.sweeps import SqlSweeps
from core.adapters.storage.repositories.teams_conversations import SqlTeamsConversations
from core.adapters.storage.repositories.unknowns import SqlUnknowns
from core.adapters.storage.repositories.votes import SqlVotes
from core.adapters.storage.session import StorageSession
from core.ports import (
    ApiTokens,
    ArchiveProgress,
    Assignments,
    AuditTrail,
    Backlog,
    BookInstance,
    Breaks,
    Cards,
    Drafts,
    Exports,
    Following,
    Homes,
    Inbox,
    LearntConversations,
    Outbox,
    PastRequests,
    PeopleListings,
    Pins,
    Policies,
    Proposals,
    RaisedAlarms,
    Refusals,
    Replicas,
    Requests,
    SentMessages,
    SharedRounds,
    SignedCalls,
    Snapshots,
    Stars,
    Summaries,
    Sweeps,
    Unknowns,
    Votes,
)


class SqlUnitOfWork:
    def __init__(self, session: StorageSession, admit: Callable[[], None]) -> None:
        self._session = session
        self._admit = admit
        self._trail = SqlAuditTrail(session)
        self.requests: Requests = SqlRequests(session)
        self.past: PastRequests = SqlPastRequests(session)
        self.following: Following = SqlFollowing(session)
        self.votes: Votes = SqlVotes(session)
        self.assignments: Assignments = SqlAssignments(session)
        self.audit: AuditTrail = self._trail
        self.refusals: Refusals = SqlRefusals(session, self._trail)
        self.archive: ArchiveProgress = SqlArchiveProgress(session)
        self.breaks: Breaks = SqlBreaks(session)
        self.outbox: Outbox = SqlOutbox(session)
        self.cards: Cards = SqlCards(session)
        self.sent: SentMessages = SqlSentMessages(session)
        self.inbox: Inbox = SqlInbox(session)
        self.exports: Exports = SqlExports(session)
        self.pins: Pins = SqlPins(session)
        self.homes: Homes = SqlHomes(session)
        self.stars: Stars = SqlStars(session)
        self.policies: Policies = SqlPolicies(session)
        self.drafts: Drafts = SqlDrafts(session)
        self.proposals: Proposals = SqlProposals(session)
        self.instance: BookInstance = SqlInstance(session)
        self.snapshots: Snapshots = SqlSnapshots(session)
        self.people: PeopleListings = SqlPeopleListings(session)
        self.unknowns: Unknowns = SqlUnknowns(session)
        self.sweeps: Sweeps = SqlSweeps(session)
        self.replicas: Replicas = SqlReplicas(session)
        self.alarms: RaisedAlarms = SqlAlarms(session)
        self.backlog: Backlog = SqlBacklog(session)
        self.shared_rounds: SharedRounds = SqlSharedRounds(session)
        self.summaries: Summaries = SqlSummaries(session)
        self.teams_conversations: LearntConversations = SqlTeamsConversations(session)
        self.api_tokens: ApiTokens = SqlApiTokens(session)
        self.signed_calls: SignedCalls = SqlSignedCalls(session)

    async def commit(self) -> None:
        """Keep what was written. The audit trail's turn is taken only now, so that it is held for an instant.

        Raises WrongClock while this process must not write.
        """
        self._admit()
        await self._session.announce()
        await self._trail.seal()
        await self._session.commit()
