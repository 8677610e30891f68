"""A small company with the whole program in it: real storage, and fakes of everything outside.

``World.settle`` does what the rounds of the process do, until nothing is left in hand, and moves the clock only
from one due instant to the next. Deadlines that lie in the future stay there: ``World.pass_time`` goes to them.
"""

import copy
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import delete, select
from sqlmodel import col

from core.adapters.patterns import RegexTicketMatcher
from core.adapters.storage.engine import Database
from core.adapters.storage.tables import CommandRow, OutgoingRow
from core.domain.approval import Verdict, Vote
from core.domain.assignment import Assignment
from core.domain.audit import Anchor, ChainBreak, request_of, verify
from core.domain.audit_format import AuditLines, AuditLineStyle
from core.domain.commands import (
    CancelRequest,
    CloseRequest,
    Command,
    DecideRequest,
    RevokeAccess,
    SavePolicies,
    SubmitRequest,
    SubmitTogether,
)
from core.domain.evaluation import RequestedAccess
from core.domain.ids import ConversationId, RequestId
from core.domain.notices import Topic
from core.domain.organization import Target
from core.domain.outcome import Outcome
from core.domain.outgoing_events import Destination
from core.domain.platforms import SLACK
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.request import Actor, Request, Status, digest
from core.domain.settings import Settings
from core.ports import ChatPlatform, ChatPlatforms, OpenUnit, StoredCommand
from core.services.composition import Adapters, Options, build_services
from core.services.context.instance_binding import InstanceBinding
from core.services.services import RuleServices, Services
from handlers.chat.mail_texts import MailTexts
from handlers.report import report_charts
from handlers.screens.links import Links
from tests.fakes.activity import FakeActivity
from tests.fakes.archive import FakeArchive
from tests.fakes.background import FakeBackground
from tests.fakes.chat import FakeChatDirectory, FakeFiles, FakeHomeScreens, FakeMessenger
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeCallerLog, FakeCloud
from tests.fakes.directory import FakePrincipals, FakeReader
from tests.fakes.drawing import FakePainter
from tests.fakes.mails import FakeMails
from tests.fakes.receiver import FakeReceiver
from tests.fakes.self_check import FakeSelfCheck
from tests.services.company import (
    APPROVE,
    AUDIT_CHANNEL,
    INSTANCE,
    MANAGEMENT,
    MINUTE,
    PAYMENTS,
    PAYMENTS_CHANNEL,
    POWER,
    READ,
    REJECT,
    SANDBOX,
    TARGET,
    Member,
    company,
)
from tests.services.rounds import Rounds

ROOM = 1000
"""Open requests of one person here: what is about their number says how many."""
Memory = tuple[FakeClock, FakeCloud, FakePrincipals, FakeChatDirectory, FakeReader]


Ending = CancelRequest | RevokeAccess | CloseRequest


class World(Rounds):
    """Made by ``World.build``; ``restarted`` is the same world with the process started anew."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.open_unit: OpenUnit = database.open
        self.clock = FakeClock()
        self.cloud = FakeCloud(self.clock)
        self.cloud.instance = INSTANCE
        self.callers = FakeCallerLog(lambda: self.cloud, lambda: self.clock)
        self.principals = FakePrincipals()
        self.chat = FakeChatDirectory()
        self.messenger = FakeMessenger()
        self.screens = FakeHomeScreens()
        self.files = FakeFiles()
        self.painter = FakePainter()
        self.archive = FakeArchive()
        self.self_check = FakeSelfCheck()
        self.receivers: dict[Destination, FakeReceiver] = {}
        """Places outside that get events: none, until a test begins anew with some."""
        self.archive_every = timedelta()
        self.mails: FakeMails | None = None
        """None: nobody is sent e-mail, until a test begins anew with it."""
        self.reader = FakeReader(company(self.clock.now()))
        self.says_nothing = False
        self.logs = FakeActivity()
        self.logs_come_within: timedelta | None = None
        """None: no source of session activity is configured."""
        self._keys = 0
        self._hire()
        self.start()

    def remembered(self) -> Memory:
        """Everything outside of the database, to be given to another world."""
        return copy.deepcopy((self.clock, self.cloud, self.principals, self.chat, self.reader))

    def remember(self, memory: Memory) -> None:
        """Be where that other world was; its database must be this one's."""
        self.clock, self.cloud, self.principals, self.chat, self.reader = copy.deepcopy(memory)
        self.start()

    @classmethod
    async def build(cls, database: Database) -> Self:
        world = cls(database)
        await world.services.organizations.refresh()
        await world.set_policies(world.book())
        return world

    def _hire(self) -> None:
        self.ada = self.hire("Ada Lovelace", "Payments")
        self.bob = self.hire("Bob Kahn", "Payments Leads")
        self.carol = self.hire("Carol Shaw", "Payments Leads")
        self.dan = self.hire("Dan Bricklin", "Payments", "Payments Leads")
        self.erin = self.hire("Erin Gray", "Auditors")
        self.frank = self.hire("Frank Rosen", "Admins")
        self.grace = self.hire("Grace Hopper")
        self.everybody = (self.ada, self.bob, self.carol, self.dan, self.erin, self.frank, self.grace)

    def hire(self, name: str, *groups: str) -> Member:
        principal = self.principals.add(name, *groups)
        return Member(principal, self.chat.add(principal))

    audit_channels: Sequence[ConversationId] = (AUDIT_CHANNEL,)

    def start(self) -> None:
        """Start the process: everything that is only in memory is made anew."""
        self.background = FakeBackground()
        self.has_begun = False
        self.belonging = InstanceBinding(self.open_unit, self.clock)
        self.cloud.admit = self.belonging.admit
        self.services = self._services()

    def _services(self) -> Services:
        matcher = RegexTicketMatcher()
        rules = RuleServices.of(
            self.open_unit, self.database.look, self.reader, self.principals, self.cloud, self.clock, matcher
        )
        return build_services(self._adapters(), rules, self._options())

    def _adapters(self) -> Adapters:
        return Adapters(
            open_unit=self.open_unit,
            look=self.database.look,
            clock=self.clock,
            background=self.background,
            cloud=self.cloud,
            callers=self.callers,
            platforms=self._platforms(),
            painter=self.painter,
            activity=None if self.logs_come_within is None else self.logs,
            archive=self.archive,
            receivers=self.receivers,
            mail_sender=self.mails,
            mail_writer=MailTexts(self.clock, "/team", Links()),
            self_check=self.self_check,
        )

    def _platforms(self) -> ChatPlatforms:
        return ChatPlatforms({SLACK: ChatPlatform(self.chat, self.messenger, self.screens, self.files)})

    def _options(self) -> Options:
        return Options(
            picture=report_charts.picture,
            audit_channels=self.audit_channels,
            logs_come_within=self.logs_come_within,
            archive_lines=AuditLines(AuditLineStyle.JSONL),
            archive_prefix="team/",
            archive_every=self.archive_every,
            jitter=lambda: 0.5,
        )

    # --- policies ----------------------------------------------------------------------------------

    def book(self, **settings: Any) -> PolicyBook:
        """Payments engineers may ask for what payments leads approve; in the sandbox nobody needs to."""
        group = self.principals.group
        settings = {"max_open_requests": ROOM, **settings}
        return PolicyBook(
            settings=Settings(admin_group=group("Admins"), auditor_group=group("Auditors"), **settings),
            eligibility=(
                EligibilityPolicy(
                    "payments-engineers",
                    groups=frozenset({group("Payments")}),
                    ous=frozenset({PAYMENTS}),
                    permission_sets=frozenset({POWER, READ}),
                    max_duration=timedelta(hours=4),
                ),
                EligibilityPolicy(
                    "sandbox",
                    groups=frozenset({group("Payments")}),
                    accounts=frozenset({SANDBOX, MANAGEMENT}),
                    permission_sets=frozenset({POWER}),
                    approval_required=False,
                ),
            ),
            approval=(
                ApprovalPolicy(
                    "payments-leads",
                    ous=frozenset({PAYMENTS}),
                    approver_groups=frozenset({group("Payments Leads")}),
                    channels=(PAYMENTS_CHANNEL,),
                ),
            ),
        )

    def book_with_approval(self, **changes: Any) -> PolicyBook:
        """The same, with the approval policy changed."""
        book = self.book()
        return replace(book, approval=(replace(book.approval[0], **changes),))

    async def set_policies(self, book: PolicyBook) -> PolicyBook:
        """Told to nobody: what a test is about begins afterwards."""
        before = await self.services.policies.current()
        stored = await self.services.policies.apply(book, based_on=before.revision, author=Actor("operator"))
        async with self.database.engine.begin() as connection:
            about = col(OutgoingRow.topic) == Topic.POLICIES_CHANGED.value
            await connection.execute(delete(OutgoingRow).where(about))
        return stored

    # --- acts --------------------------------------------------------------------------------------

    def key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    def form(
        self,
        who: Member,
        target: Target = TARGET,
        *,
        minutes: int = 60,
        start_at: datetime | None = None,
        key: str = "",
        justification: str = "mend the stuck pipeline",
        ticket: str = "",
    ) -> SubmitRequest:
        access = RequestedAccess(target, minutes * MINUTE, justification, start_at, ticket)
        return SubmitRequest(who.chat, key or self.key(), access=access)

    def form_for(self, who: Member, targets: Sequence[Target], **form: Any) -> SubmitTogether:
        first, *others = targets
        one = self.form(who, first, **form)
        return SubmitTogether(one.actor, one.key, access=one.access, others=tuple(others))

    def click(
        self, who: Member, request: Request, verdict: Verdict = APPROVE, comment: str = "", *, key: str = ""
    ) -> DecideRequest:
        """A press on the card as it shows this request."""
        return DecideRequest(
            who.chat,
            key or self.key(),
            request_id=request.id,
            digest=digest(request),
            verdict=verdict,
            comment=comment or ("no" if verdict is REJECT else ""),
        )

    def ending(self, kind: type[Ending], who: Member, request_id: int, reason: str = "", *, key: str = "") -> Ending:
        return kind(who.chat, key or self.key(), request_id=RequestId(request_id), reason=reason)

    def saving(self, draft: int, who: Member | None = None, why: str = "because", *, key: str = "") -> SavePolicies:
        """A press on Save below a draft; Frank's unless somebody else is named."""
        return SavePolicies((who or self.frank).chat, key or self.key(), draft=draft, why=why)

    async def do(self, command: Command, patience: timedelta = timedelta(seconds=30)) -> Outcome | None:
        """None: it is in hand."""
        came = await self.services.commands.perform(command, patience)
        return came if isinstance(came, Outcome) else None

    async def done(self, command: Command) -> Outcome:
        """Do what must not stay in hand."""
        outcome = await self.do(command)
        assert outcome is not None
        return outcome

    async def submit(self, who: Member, target: Target = TARGET, **form: Any) -> Outcome:
        return await self.done(self.form(who, target, **form))

    async def decide(
        self, who: Member, request_id: RequestId, verdict: Verdict = APPROVE, comment: str = ""
    ) -> Outcome:
        return await self.done(self.click(who, await self.request(request_id), verdict, comment))

    async def cancel(self, who: Member, request_id: RequestId) -> Outcome:
        return await self.done(self.ending(CancelRequest, who, request_id))

    async def revoke(self, who: Member, request_id: RequestId, reason: str = "over") -> Outcome:
        return await self.done(self.ending(RevokeAccess, who, request_id, reason))

    # --- how requests come about -------------------------------------------------------------------

    async def asked(self, who: Member | None = None, target: Target = TARGET, **form: Any) -> RequestId:
        outcome = await self.submit(who or self.ada, target, **form)
        assert outcome.request_id is not None, outcome
        return outcome.request_id

    async def asked_together(self, *targets: Target, who: Member | None = None, **form: Any) -> list[RequestId]:
        """One form for several targets; the requests in their order."""
        outcome = await self.done(self.form_for(who or self.ada, targets, **form))
        assert outcome.together, outcome
        return list(outcome.together)

    async def asked_often(self, times: int, who: Member | None = None, target: Target = TARGET) -> list[RequestId]:
        """Ask for one target in windows of different lengths, because one waits for each (rule 26)."""
        return [await self.asked(who, target, minutes=15 + each) for each in range(times)]

    async def approved(self, who: Member | None = None, target: Target = TARGET, **form: Any) -> RequestId:
        request_id = await self.asked(who, target, **form)
        if (await self.request(request_id)).status is Status.PENDING:
            await self.decide(self.bob, request_id)
        return request_id

    async def active(self, who: Member | None = None, target: Target = TARGET, **form: Any) -> RequestId:
        request_id = await self.approved(who, target, **form)
        await self.settle()
        assert (await self.request(request_id)).status is Status.ACTIVE
        return request_id

    # --- what is so --------------------------------------------------------------------------------

    async def request(self, request_id: RequestId | None) -> Request:
        assert request_id is not None
        async with self.database.open() as unit:
            found = await unit.requests.get(request_id)
        assert found is not None
        return found

    async def status(self, request_id: RequestId | None) -> Status:
        return (await self.request(request_id)).status

    async def requests(self) -> Sequence[Request]:
        async with self.database.open() as unit:
            return await unit.requests.with_status(*Status, limit=10_000)

    async def votes(self, request_id: RequestId) -> Sequence[Vote]:
        async with self.database.open() as unit:
            return await unit.votes.of(request_id)

    async def assignment(self, who: Member | None = None, target: Target = TARGET) -> Assignment:
        async with self.database.open() as unit:
            found = await unit.assignments.get((who or self.ada).id, target)
        assert found is not None
        return found

    async def acts(self) -> Sequence[Mapping[str, Any]]:
        """Keys and outcomes of everything that came in, in order."""
        async with self.database.engine.connect() as connection:
            found = await connection.execute(
                select(col(CommandRow.key), col(CommandRow.outcome)).order_by(col(CommandRow.id))
            )
            return [dict(row) for row in found.mappings()]

    async def command(self, command_id: int) -> StoredCommand:
        async with self.database.open() as unit:
            found = await unit.inbox.get(command_id)
        assert found is not None
        return found

    async def events(self, request_id: RequestId | None = None) -> list[dict[str, Any]]:
        """The audit trail, or what it says of one request. That it holds is proved at every look."""
        async with self.database.open() as unit:
            anchor: Anchor = await unit.audit.anchor()
            chain = [event async for event in unit.audit.chain()]
        assert not isinstance(verify(chain, anchor), ChainBreak)
        return [json.loads(event.body) for event in chain if request_id is None or request_of(event) == request_id]

    async def actions(self, request_id: RequestId | None = None) -> list[str]:
        return [event["action"] for event in await self.events(request_id)]

    async def undeliverable(self) -> int:
        async with self.database.open() as unit:
            return (await unit.outbox.waiting())[1]

    def holds(self, who: Member | None = None, target: Target = TARGET) -> bool:
        """True if AWS lists the assignment."""
        return ((who or self.ada).id, target) in self.cloud.assigned


def expiry_of(request: Request) -> datetime:
    """The time when it is given up, of a request that is."""
    assert request.expires_at is not None
    return request.expires_at


@asynccontextmanager
async def opened(database: Database, memory: Memory | None = None) -> AsyncIterator[World]:
    """A world on a database that is migrated already, or the one that left this memory and this database.

    Work that failed in the background fails the test.
    """
    if memory is None:
        world = await World.build(database)
    else:
        world = World(database)
        world.remember(memory)
    try:
        yield world
        await world.background.drained()
    finally:
        await world.background.killed()
        await database.close()
