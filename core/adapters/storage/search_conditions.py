"""Requests as a search finds them: one column with everything that may be looked for, and the conditions on it.

Both databases fold letters in their own way, and neither folds all of them; so it is done here, when a row is
written, and what is looked for is folded alike. Each part stands between two marks of its own that no text can
hold, so that a pattern is found in its part alone.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy.orm import Mapped

from core.adapters.storage.columns import col
from core.adapters.storage.tables import RequestRow, VoteRow
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.request import Request
from core.domain.search import Key, Search, fold, names_one
from core.domain.visibility import VisibleRequests

_MARKS = {
    Key.PERSON: ("\x01", "\x02"),
    Key.ACCOUNT: ("\x03", "\x04"),
    Key.PERMISSION_SET: ("\x05", "\x06"),
    Key.TICKET: ("\x0e", "\x0f"),
}
_ESCAPE = "\\"
_sought = col(RequestRow.sought)


def sought(request: Request) -> str:
    """The text that a request is found by."""
    marked = {
        Key.PERSON: request.requester_name,
        Key.ACCOUNT: f"{request.account_name} {request.target.account}",
        Key.PERMISSION_SET: request.permission_set_name,
        Key.TICKET: request.ticket,
    }
    free = (
        request.justification,
        request.decided_by,
        request.decision_comment,
        request.revoked_by,
        request.revoke_reason,
        request.failure,
    )
    parts = [f"{_MARKS[key][0]}{fold(text)}{_MARKS[key][1]}" for key, text in marked.items()]
    return "".join([*parts, "\n".join(map(fold, free))])


def conditions(search: Search) -> Iterator[ColumnElement[bool]]:
    """The conditions that a row must meet, all of them; statuses are left to the caller."""
    columns: tuple[tuple[Key, tuple[str, ...], Mapped[Any]], ...] = (
        (Key.PERSON, search.people, col(RequestRow.requester)),
        (Key.ACCOUNT, search.accounts, col(RequestRow.account_id)),
        (Key.PERMISSION_SET, search.permission_sets, col(RequestRow.permission_set_arn)),
    )
    for key, values, column in columns:
        if values:
            yield _one_of(key, values, column)
    if search.tickets:
        yield or_(*(_within(Key.TICKET, value) for value in search.tickets))
    if search.approvers:
        yield _decided_by(search.approvers)
    if search.numbers:
        yield col(RequestRow.id).in_(search.numbers)
    yield from _days(search)
    yield from map(contains, search.words)


def looked_for(search: Search) -> Iterator[tuple[str, ...]]:
    """The texts that a request that fits must have: of each group one."""
    yield from ((word,) for word in search.words)
    keys = ((Key.PERSON, search.people), (Key.ACCOUNT, search.accounts), (Key.PERMISSION_SET, search.permission_sets))
    for key, values in keys:
        if values and not any(names_one(key, value) for value in values):
            yield values
    if search.tickets:
        yield search.tickets


def contains(part: str, column: ColumnElement[Any] | Mapped[Any] = _sought) -> ColumnElement[bool]:
    """The condition that a text as it is stored for searches has this part."""
    return column.like(f"%{escaped(part)}%", escape=_ESCAPE)


def visible(among: VisibleRequests | None) -> Iterator[ColumnElement[bool]]:
    """The condition that a row is among these. Policies about the same permission sets name their accounts together."""
    if among is None:
        return
    together: dict[AbstractSet[PermissionSetArn], set[AccountId]] = {}
    for targets in among.targets:
        together.setdefault(targets.permission_sets, set()).update(targets.accounts)
    mine = col(RequestRow.requester) == among.requester
    yield or_(mine, *(_on(accounts, sets) for sets, accounts in together.items()))


def _on(accounts: AbstractSet[AccountId], sets: AbstractSet[PermissionSetArn]) -> ColumnElement[bool]:
    is_set = col(RequestRow.permission_set_arn).in_(sorted(sets)) if sets else true()
    return and_(col(RequestRow.account_id).in_(sorted(accounts)), is_set)


def _one_of(key: Key, values: tuple[str, ...], column: Mapped[Any]) -> ColumnElement[bool]:
    """By id where it is one, else by a part of the name. Ids alone leave the index to be used."""
    ids = [value for value in values if names_one(key, value)]
    names = [value for value in values if value not in ids]
    if not names:
        return column == ids[0] if len(ids) == 1 else column.in_(ids)
    return or_(column.in_(values), *(_within(key, name) for name in names))


def _within(key: Key, value: str) -> ColumnElement[bool]:
    begin, end = _MARKS[key]
    return _sought.like(f"%{begin}%{escaped(value)}%{end}%", escape=_ESCAPE)


def _decided_by(approvers: tuple[str, ...]) -> ColumnElement[bool]:
    """Request by request, because one person may have decided about most of them."""
    of, by, name = col(VoteRow.request_id), col(VoteRow.principal_id).in_(approvers), col(VoteRow.sought)
    parts = (contains(value, name) for value in approvers if not names_one(Key.APPROVER, value))
    return exists().where(of == col(RequestRow.id), or_(by, *parts))


def _days(search: Search) -> Iterator[ColumnElement[bool]]:
    created_at = col(RequestRow.created_at)
    if search.since is not None:
        yield created_at >= datetime.combine(search.since, time.min, UTC)
    if search.until is not None and search.until < date.max:
        yield created_at < datetime.combine(search.until + timedelta(days=1), time.min, UTC)


def escaped(value: str) -> str:
    """Folded as what is stored, with LIKE's wildcards meaning themselves."""
    folded = fold(value)
    return "".join(f"{_ESCAPE}{c}" if c in f"{_ESCAPE}%_" else c for c in folded)
