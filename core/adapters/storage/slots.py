"""Slots for operations at AWS: a few in all, one an account (Identity Center quotas)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.domain.assignment import GRANTS_BETWEEN, OperationKind
from core.domain.ids import AccountId


class Waiting(NamedTuple):
    """A row that waits for a slot."""

    id: int
    kind: OperationKind
    account: str


@dataclass(frozen=True, slots=True)
class Slots:
    """The accounts with an operation in flight, and the number of further ones that may start."""

    accounts: frozenset[AccountId]
    free: int
    grants: int

    def admit(self, line: Sequence[Waiting]) -> Sequence[int]:
        """The first in line that may go: as many as slots are free, one an account, few grants while deletions wait."""
        deletions_wait = any(each.kind is OperationKind.DELETE for each in line)
        admitted: list[int] = []
        accounts = set[str]()
        grants = self.grants
        for number, kind, account in line:
            if len(admitted) >= self.free:
                break
            if account in accounts or (kind is OperationKind.CREATE and deletions_wait and grants >= GRANTS_BETWEEN):
                continue
            grants += kind is OperationKind.CREATE
            accounts.add(account)
            admitted.append(number)
        return admitted
