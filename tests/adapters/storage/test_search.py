"""The search over all requests, against the plain meaning of the words it is made of."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from core.adapters.storage.engine import Database
from core.adapters.storage.repositories.requests import pick
from core.adapters.storage.search_conditions import conditions, escaped
from core.domain.approval import Verdict, Vote
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.domain.search import Cursor, Key, Search, fold, names_one, read_search, write_search
from core.domain.visibility import ApprovableTargets, VisibleRequests
from tests.adapters.storage.samples import PENDING, commit, stored

TODAY = date(2026, 3, 20)
NAMES = ("Ada Lovelace", "Ünal Çelik", "Bob_Kahn", "ＡＤＡ 100%", "adam")
USER_IDS = tuple(PrincipalId(f"aaaaaaaa-0000-0000-0000-00000000000{n}") for n in range(5))
ACCOUNTS = (("111122223333", "Payments Prod"), ("444455556666", "payments_staging"), ("777788889999", "Ledger"))
SETS = (
    ("arn:aws:sso:::permissionSet/ssoins-1/ps-1", "ReadOnly"),
    ("arn:aws:sso:::permissionSet/ssoins-1/ps-2", "Power%User"),
)
TICKETS = ("", "PAY-1", "PAY-12", "pay_1")
TEXTS = ("mend the pipeline", "look\\into logs", "100% sure", "a_b", "")


def some_requests(count: int) -> list[Request]:
    dice = random.Random(20261122)  # noqa: S311 - the same at every run
    requests = []
    for number in range(count):
        person, account, chosen = dice.randrange(5), dice.choice(ACCOUNTS), dice.choice(SETS)
        requests.append(
            replace(
                PENDING,
                status=dice.choice(list(Status)),
                requester=USER_IDS[person],
                requester_name=NAMES[person],
                target=Target(AccountId(account[0]), PermissionSetArn(chosen[0])),
                account_name=account[1],
                permission_set_name=chosen[1],
                ticket=dice.choice(TICKETS),
                justification=dice.choice(TEXTS),
                decision_comment=dice.choice(TEXTS),
                created_at=PENDING.created_at + timedelta(hours=7 * (number // 3) + dice.randrange(3)),
            )
        )
    return requests


SEARCHES = (
    "",
    "ada",
    "person:ada",
    "person:ünal",
    "person:ÜNAL",
    f"person:{USER_IDS[2]}",
    f"person:{USER_IDS[2]} person:adam",
    "person:b_k",
    "person:pipeline",
    "account:111122223333",
    "account:payments",
    "account:1111",
    "account:payments_",
    "set:power%user",
    "set:arn:aws:sso:::permissionSet/ssoins-1/ps-1",
    "ticket:pay-1",
    "ticket:PAY_1",
    "status:active",
    "status:live,rejected",
    "status:over person:ada account:payments from:2026-03-03 to:2026-03-12",
    "from:2026-03-05",
    "to:2026-03-03",
    "100%",
    "a_b",
    r"look\into",
    "pipeline payments",
    '"mend the"',
    "R-1003 R-1007",
    "approver:carol",
    "approver:u-carol",
    "nothing-of-that-kind",
)


def fits(search: Search, request: Request, votes: Sequence[Vote]) -> bool:
    """True if the request matches the words, in their plainest meaning."""

    def one(values: Sequence[str], key: Key, exact: str, name: str) -> bool:
        return not values or any(v == exact if names_one(key, v) else fold(v) in fold(name) for v in values)

    everything = [
        request.requester_name,
        f"{request.account_name} {request.target.account}",
        request.permission_set_name,
        request.ticket,
        request.justification,
        request.decision_comment,
    ]
    day = request.created_at.astimezone(UTC).date()
    given = [v for v in votes if v.request_id == request.id]
    return all(
        (
            one(search.people, Key.PERSON, request.requester, request.requester_name),
            one(search.accounts, Key.ACCOUNT, request.target.account, everything[1]),
            one(search.permission_sets, Key.PERMISSION_SET, request.target.permission_set, request.permission_set_name),
            not search.tickets or any(fold(t) in fold(request.ticket) for t in search.tickets),
            not search.statuses or request.status in search.statuses,
            not search.numbers or request.id in search.numbers,
            not search.approvers
            or any(a == v.principal_id or fold(a) in fold(v.name) for a in search.approvers for v in given),
            search.since is None or day >= search.since,
            search.until is None or day <= search.until,
            all(any(fold(word) in fold(part) for part in everything) for word in search.words),
        )
    )


async def filled(database: Database, count: int = 40) -> tuple[list[Request], list[Vote]]:
    requests = await stored(database, *some_requests(count))
    votes = [
        Vote(request.id, PrincipalId("u-carol"), "Carol Shaw", Verdict.APPROVE, "", request.created_at, None)
        for request in requests[::4]
    ]
    for vote in votes:
        await commit(database, lambda unit, new=vote: unit.votes.add(new))  # type: ignore[misc]
    requests.sort(key=lambda request: (request.created_at, request.id), reverse=True)
    return requests, votes


async def test_every_search_finds_what_its_words_mean_in_pages_that_miss_and_double_nothing(database: Database) -> None:
    requests, votes = await filled(database)
    empty = []
    for typed in SEARCHES:
        reading = read_search(typed, TODAY)
        assert not reading.puzzles
        expected = [request.id for request in requests if fits(reading.search, request, votes)]
        empty += [] if expected else [typed]
        assert await in_pages(database, reading.search, 3) == expected, typed
        assert read_search(write_search(reading.search), TODAY).search == reading.search
    assert empty == ["person:pipeline", "nothing-of-that-kind"]


async def in_pages(database: Database, search: Search, size: int) -> list[RequestId]:
    """From the newest to the oldest page, and back again: both ways lead over the same pages."""
    pages: list[list[Request]] = []
    async with database.look() as unit:
        before = None
        while page := await unit.requests.search(search, limit=size, before=before):
            pages.append(list(page))
            before = Cursor.of(page[-1])
        for newer, older in pairwise(pages):
            assert list(await unit.requests.search(search, limit=size, after=Cursor.of(older[0]))) == newer
    return [request.id for page in pages for request in page]


@pytest.mark.parametrize("typed", ["", "status:over", "ada"])
async def test_what_is_searched_among_is_what_its_reader_sees_in_an_organization_of_any_size(
    database: Database, typed: str
) -> None:
    """Rule 22: own requests, and those of the targets of each policy; of the same sets policies stand together."""
    requests, votes = await filled(database)
    others = frozenset(AccountId(f"{number:012}") for number in range(3000))
    ledger, prod = AccountId(ACCOUNTS[2][0]), AccountId(ACCOUNTS[0][0])
    among = VisibleRequests(
        USER_IDS[2],
        (
            ApprovableTargets(others | {ledger}),
            ApprovableTargets(others),
            ApprovableTargets(frozenset({prod}), frozenset({PermissionSetArn(SETS[0][0])})),
            ApprovableTargets(frozenset()),
        ),
    )
    search = read_search(typed, TODAY).search
    async with database.look() as unit:
        found = await unit.requests.search(search, limit=100, among=among)
        mine = await unit.requests.search(search, limit=100, among=VisibleRequests(USER_IDS[2]))
    fitting = [request for request in requests if fits(search, request, votes)]
    assert [each.id for each in found] == [request.id for request in fitting if among.include(request)]
    assert [each.id for each in mine] == [request.id for request in fitting if request.requester == USER_IDS[2]]
    assert len(found) < len(fitting)


async def test_a_request_is_found_by_what_it_has_become(database: Database) -> None:
    (request,) = await stored(database, PENDING)
    rejected = replace(request, status=Status.REJECTED, decision_comment="Not on a Friday")
    await commit(database, lambda unit: unit.requests.save(request, rejected))
    async with database.look() as unit:
        found = await unit.requests.search(Search(words=("friday",)), limit=10)
    assert [each.id for each in found] == [request.id]


@pytest.mark.parametrize(
    "typed", ["", "status:ended", f"person:{USER_IDS[1]}", "account:111122223333", "from:2026-03-01 to:2026-03-09"]
)
async def test_a_page_of_what_a_million_fit_is_read_from_an_index_and_never_sorted(
    database: Database, typed: str
) -> None:
    plan = await planned(database, read_search(typed, TODAY).search)
    assert "created_at" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


async def planned(database: Database, search: Search) -> str:
    statement = pick(list(conditions(search)), sorted(search.statuses), 11, newest_first=True)
    shown = statement.compile(database.engine, compile_kwargs={"literal_binds": True})
    async with database.engine.connect() as connection:
        if database.engine.dialect.name == "postgresql":
            await connection.execute(text("SET enable_seqscan = off"))
            return "\n".join(row[0] for row in await connection.execute(text(f"EXPLAIN {shown}")))
        return "\n".join(row[3] for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {shown}")))


def test_wildcards_mean_themselves() -> None:
    assert escaped("100%_\\A") == "100\\%\\_\\\\a"
