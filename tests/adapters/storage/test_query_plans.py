"""Frequent queries read no table from end to end, however many rows it holds."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from core.adapters.storage.engine import Database
from core.adapters.storage.tables import TableRow
from core.domain.assignment import Operation, OperationKind
from core.domain.ids import PrincipalId, RequestId
from core.domain.notices import ADMINS, Form, Notice, Plain, Recipient, Topic
from core.domain.period import Period
from core.domain.request import Status
from core.domain.search import Cursor, Search
from core.ports import UnitOfWork
from tests.adapters.storage.samples import ADA, NOW, PENDING, TARGET, stored

LATER, LEASE = NOW + timedelta(days=400), timedelta(minutes=1)
Ask = Callable[[UnitOfWork], Awaitable[Any]]


async def _slot(unit: UnitOfWork) -> None:
    await unit.assignments.wake(ADA, TARGET, NOW, urgent=False)
    (held,) = await unit.assignments.claim_due(LATER, LEASE, 1)
    for kind in OperationKind:
        await unit.assignments.has_slot(held, Operation(kind, LATER))


QUESTIONS: dict[str, Ask] = {
    "assignments due": lambda unit: unit.assignments.claim_due(LATER, LEASE, 20),
    "a slot": _slot,
    "assignments of ours": lambda unit: unit.assignments.ours_on(TARGET),
    "memberships of somebody": lambda unit: unit.assignments.memberships_of(ADA),
    "assignments to forget": lambda unit: unit.assignments.forget(LATER, 100),
    "messages due": lambda unit: unit.outbox.claim(LATER, LEASE, 20),
    "a message": lambda unit: unit.outbox.put([Notice(Form.DIRECT, Plain(Topic.ACTIVE), ADMINS, RequestId(1001))], NOW),
    "a picture": lambda unit: unit.outbox.put([Notice(Form.HOME, Plain(Topic.ACTIVE), Recipient.home(ADA))], NOW),
    "a card": lambda unit: unit.outbox.put([Notice(Form.CARD, Plain(Topic.ACTIVE), ADMINS, RequestId(1001))], NOW),
    "a message to hasten": lambda unit: unit.outbox.hasten(RequestId(1001), Recipient.principal(ADA), NOW),
    "messages that wait": lambda unit: unit.outbox.waiting(),
    "messages to forget": lambda unit: unit.outbox.forget(LATER, 100),
    "messages about a request": lambda unit: unit.sent.of("access:1001"),
    "messages of seconds ago": lambda unit: unit.sent.since("access:1001", NOW),
    "a token": lambda unit: unit.api_tokens.with_digest("digest"),
    "tokens of an admin": lambda unit: unit.api_tokens.alive(LATER, ADA),
    "signatures to forget": lambda unit: unit.signed_calls.forget(timedelta(hours=2)),
    "acts": lambda unit: unit.inbox.claim_open(LATER, LEASE, 20),
    "acts to forget": lambda unit: unit.inbox.forget(LATER, 100),
    "refused acts to forget": lambda unit: unit.inbox.forget(LATER, 100, only="declined"),
    "exports": lambda unit: unit.exports.claim(LATER, LEASE),
    "exports to forget": lambda unit: unit.exports.forget(LATER, 100),
    "summaries": lambda unit: unit.summaries.claim(LATER, LEASE, 2),
    "summaries counted": lambda unit: unit.summaries.counts(),
    "next summary": lambda unit: unit.summaries.next_due(),
    "requests counted": lambda unit: unit.requests.counts(NOW),
    "requests of a period": lambda unit: unit.past.page(Period(NOW, LATER), 10, Cursor(NOW, RequestId(1001))),
    "requests of a period counted": lambda unit: unit.past.count(Period(NOW, LATER)),
    "starts": lambda unit: unit.requests.claim_due_to_start(LATER, LEASE, 20),
    "judgements": lambda unit: unit.requests.claim_unjudged(LATER, LEASE, 20),
    "ends": lambda unit: unit.requests.due_to_end(LATER, 20),
    "warnings": lambda unit: unit.requests.due_to_warn(LATER, 20),
    "expiries": lambda unit: unit.requests.due_to_expire(LATER, 20),
    "reminders": lambda unit: unit.requests.due_to_remind(LATER, 20),
    "overdue": lambda unit: unit.requests.overdue_revocations(LATER, 20),
    "next event": lambda unit: unit.requests.next_due(),
    "next start": lambda unit: unit.requests.next_start(NOW),
    "next end": lambda unit: unit.requests.next_end(NOW),
    "lost": lambda unit: unit.requests.whose_access_is_lost(),
    "slow grants": lambda unit: unit.requests.slow_grants(LATER, 20),
    "a search for words": lambda unit: unit.requests.search(Search(words=("logs",), tickets=("inc",)), limit=11),
    "a search for one": lambda unit: unit.requests.search(Search(tickets=("inc-0000007",)), limit=11),
    "a search for who decided": lambda unit: unit.requests.search(Search(approvers=("carol",)), limit=11),
    "undecided": lambda unit: unit.requests.undecided(PrincipalId("somebody"), NOW, limit=10),
    "open ones of a person": lambda unit: unit.requests.open_of(ADA),
    "ones that a person withdrew": lambda unit: unit.requests.withdrawn(ADA, NOW),
    "live ones of a person": lambda unit: unit.requests.live_of(ADA, TARGET),
    "live ones": lambda unit: unit.requests.live_on(TARGET),
    "active ones": lambda unit: unit.requests.with_status(Status.ACTIVE, limit=10),
    "recent ones": lambda unit: unit.requests.count_since(ADA, TARGET, NOW),
    "names of accounts": lambda unit: unit.following.names(lambda _, name: f"{name}!"),
    "session durations": lambda unit: unit.following.sessions(lambda _: timedelta(days=9), NOW),
    "events of a request": lambda unit: unit.audit.of_request(RequestId(1001)),
    "a page of the trail": lambda unit: unit.audit.page(0, 10),
    "the archive": lambda unit: unit.archive.claim(LATER, LEASE),
    "access past its end": lambda unit: unit.requests.past_end(LATER, 20),
    "the oldest message": lambda unit: unit.backlog.oldest_message(),
    "the oldest act": lambda unit: unit.backlog.oldest_act(),
    "the oldest assignment": lambda unit: unit.backlog.oldest_assignment(LATER),
    "what somebody starred": lambda unit: unit.stars.of(ADA),
    "the conversation with a person": lambda unit: unit.teams_conversations.of_user("tenant", "user"),
    "people with an address": lambda unit: unit.teams_conversations.of_email("tenant", "ada@example.com"),
    "channels of a team": lambda unit: unit.teams_conversations.of_team("tenant", "19:team"),
    "channels of Teams": lambda unit: unit.teams_conversations.channels("tenant", 100),
    "a turn in a conversation": lambda unit: unit.teams_conversations.hold("tenant", "19:c", "me", NOW, LEASE),
    "what was listed": lambda unit: unit.people.asked_at(),
    "stale leases": lambda unit: unit.backlog.stale_leases(NOW, NOW),
}
SMALL = frozenset(
    {
        *("audit_anchor", "audit_archive", "drift_sweep", "people_listing", "snapshot"),
        *("policy_revision", "replica", "refusal", "schema_compatibility", "shared_round"),
    }
)
"""Of one row, or of as many as there are policies, replicas, rounds, or people who are refused in one minute."""
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
_OVER_SOME = {
    index.name for table in TableRow.metadata.tables.values() for index in table.indexes if "where" in index.info
}


DUE = {
    "starts": "start_at",
    "ends": "end_at",
    "warnings": "warn_at",
    "expiries": "expires_at",
    "reminders": "remind_at",
}


@pytest.mark.parametrize("question", DUE)
async def test_what_is_due_is_found_by_its_time_among_the_requests_that_are_open(
    sqlite_url: str, question: str
) -> None:
    """Else every tick would read each of ten thousand live requests."""
    steps = await explained(sqlite_url, "EXPLAIN QUERY PLAN", QUESTIONS[question])
    assert any(f"ix_request_open_{DUE[question]} (status=? AND {DUE[question]}<?)" in step for step in steps), steps


async def test_the_next_event_is_the_first_of_each_index(sqlite_url: str) -> None:
    steps = await explained(sqlite_url, "EXPLAIN QUERY PLAN", QUESTIONS["next event"])
    assert all(any(f"ix_request_open_{time} (status=?" in step for step in steps) for time in DUE.values()), steps


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS.keys())
async def test_nothing_that_is_asked_all_the_time_reads_a_table_from_end_to_end(sqlite_url: str, ask: Ask) -> None:
    steps = await explained(sqlite_url, "EXPLAIN QUERY PLAN", ask)
    scanned = [(step, *found.groups()) for step in steps if (found := _SCAN.match(step))]
    tables = set(TableRow.metadata.tables) - SMALL
    assert [step for step, table, index in scanned if table in tables and index not in _OVER_SOME] == []


async def test_nor_does_it_on_postgresql(postgresql_url: str) -> None:
    """Told not to, the planner goes through a table only where no index would do."""
    for name, ask in QUESTIONS.items():
        steps = await explained(postgresql_url, "EXPLAIN", ask)
        scanned = {found[1] for step in steps if (found := re.search(r"Seq Scan on (\w+)", step))}
        assert scanned & (set(TableRow.metadata.tables) - SMALL) == set(), name


async def explained(url: str, explain: str, ask: Ask) -> list[str]:
    """The database's plan for each statement of a question."""
    database, steps = Database(url), list[str]()
    async with database.open() as unit:
        is_new = await unit.requests.get(RequestId(1001)) is None
    if is_new:
        await stored(database, PENDING)
    is_postgresql = database.engine.dialect.name == "postgresql"

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def note(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            if is_postgresql:
                cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"{explain} {statement}", parameters)
            steps.extend(str(row[-1]) for row in cursor.fetchall())

    try:
        async with database.open() as unit:
            await ask(unit)
    finally:
        await database.close()
    assert steps
    return steps
