"""The choice so far in the form **Request access**: it travels in the memo, and is judged anew when it comes back.

A type-ahead is told nothing else of the form.
"""

import json
from dataclasses import dataclass, replace

from core.domain.errors import Field
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.organization import Target
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_number


@dataclass(frozen=True, slots=True)
class FormState:
    """The memo of the form. ``key`` makes the same form delivered twice one request.

    The turns number the inputs that can be emptied by another choice: under a new id what was chosen is forgotten.
    ``extends`` is the request that it was opened to prolong, ``quotes`` that a message was put into it, ``added`` the
    targets that are in its list.
    """

    key: str
    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    account_turn: int = 0
    permission_set_turn: int = 0
    extends: RequestId | None = None
    quotes: bool = False
    added: tuple[Target, ...] = ()
    bundle_turn: int = 0

    @property
    def target(self) -> Target | None:
        """The chosen target, once both halves are chosen."""
        return Target(self.account, self.permission_set) if self.account and self.permission_set else None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Those in the list, and the chosen one."""
        return tuple(dict.fromkeys((*self.added, *([self.target] if self.target else []))))

    def emptied(self, changed: Field) -> "FormState":
        """Drop the half that does not fit the one that was just changed."""
        if changed is Field.ACCOUNT:
            return replace(self, permission_set=None, permission_set_turn=self.permission_set_turn + 1)
        return replace(self, account=None, account_turn=self.account_turn + 1)

    def with_added(self, *targets: Target) -> "FormState":
        """With more in the list, and both inputs empty for another."""
        added = tuple(dict.fromkeys((*self.added, *targets)))
        return replace(self.emptied(Field.ACCOUNT).emptied(Field.PERMISSION_SET), added=added)

    def with_bundle(self, *targets: Target) -> "FormState":
        """The same, with the choice of a bundle empty again."""
        return replace(self.with_added(*targets), bundle_turn=self.bundle_turn + 1)

    def without(self, target: Target | None) -> "FormState":
        return replace(self, added=tuple(each for each in self.added if each != target))

    def dump(self) -> str:
        turns = [self.account_turn, self.permission_set_turn]
        stored: dict[str, object] = {"k": self.key, "a": self.account, "p": self.permission_set, "t": turns}
        if self.extends is not None:
            stored["e"] = self.extends
        if self.quotes:
            stored["q"] = 1
        if self.bundle_turn:
            stored["b"] = self.bundle_turn
        if self.added:
            stored["l"] = [[each.account, each.permission_set] for each in self.added]
        return json.dumps(stored)

    @classmethod
    def load(cls, text: str) -> "FormState":
        """Read what ``dump`` wrote; anything else is an empty form."""
        try:
            stored = read_memo(text)
            account_turn, permission_set_turn = (read_number(turn) for turn in stored["t"])
            account, permission_set, extends = stored["a"], stored["p"], stored.get("e")
            return cls(
                key=str(stored["k"]),
                account=AccountId(str(account)) if account else None,
                permission_set=PermissionSetArn(str(permission_set)) if permission_set else None,
                account_turn=account_turn,
                permission_set_turn=permission_set_turn,
                extends=None if extends is None else RequestId(read_number(extends)),
                quotes=bool(stored.get("q")),
                bundle_turn=read_number(stored.get("b", 0)),
                added=tuple(Target(AccountId(str(a)), PermissionSetArn(str(p))) for a, p in stored.get("l", ())),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(key="")
