"""Reads what is typed behind ``request``: account, permission set, duration, and why.

Only what this person may ask for is understood. What is not is given back as it was typed, in the same way whether
it does not exist or is not theirs: a shortcut must not become a directory (rule 22).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.domain.durations import read_duration
from core.domain.errors import Field
from core.domain.evaluation import accounts_open_to, permission_sets_open_to
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Organization
from core.domain.people import ChatUser, Person
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.queries.offered_accounts import AccountChoice

_WORD = re.compile(r"\s*(?:\"(?P<straight>[^\"]*)\"|[“”„](?P<round>[^“”]*)[“”]|(?P<bare>\S+))")
"""Keyboards of phones make round quotes of straight ones."""
_LONGEST_LINE = 2000
"""More is no line that a person typed."""
_LONGEST_NAME = 8
"""Words of an account name that is not quoted."""
_LONGEST_DURATION = 4
"""``1 h 30 min``."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or several between quotes. ``end``: where the rest of the line begins."""

    text: str
    end: int


@dataclass(frozen=True, slots=True)
class ParsedRequestLine:
    """``not_understood``: what was typed for a field and stands for nothing that this person could ask for."""

    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    duration: timedelta | None = None
    justification: str = ""
    not_understood: Mapping[Field, str] = field(default_factory=dict)
    alike: tuple[AccountChoice, ...] = field(default=(), compare=False)
    """Of several accounts that have the typed name, each: which of them was meant is the person's to say."""


class RequestLineParser:
    def __init__(self, identity: Identity, policy_context: PolicyContext) -> None:
        self._identity = identity
        self._policy_context = policy_context

    async def read(self, chat_user: ChatUser, line: str) -> ParsedRequestLine:
        """Understand one line for one person."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        return _Reading(rules, person, line[:_LONGEST_LINE]).whole()


class _Reading:
    """Goes through the line once, from left to right."""

    def __init__(self, rules: RulesSnapshot, person: Person, line: str) -> None:
        self._rules = rules
        self._person = person
        self._line = line
        self._words = words(line)
        self._unclear: dict[Field, str] = {}
        self._alike: tuple[AccountChoice, ...] = ()

    def whole(self) -> ParsedRequestLine:
        account, rest = self._account(self._words)
        permission_set, rest = self._permission_set(rest, account)
        duration, rest = self._duration(rest)
        done = self._words[len(self._words) - len(rest) - 1].end if len(rest) < len(self._words) else 0
        return ParsedRequestLine(
            account, permission_set, duration, self._line[done:].strip(), self._unclear, self._alike
        )

    def _account(self, left: Sequence[Word]) -> tuple[AccountId | None, Sequence[Word]]:
        """The longest beginning that is the number or the name of one account."""
        organization = self._rules.organization
        open_ones = accounts_open_to(self._rules.book, organization, self._person)
        for length in range(min(_LONGEST_NAME, len(left)), 0, -1):
            typed = _joined(left[:length])
            found = [a for a in open_ones if typed in _called(organization, a)]
            if len(found) == 1:
                return found[0], left[length:]
            if found:
                self._alike = tuple(AccountChoice(organization.accounts[a], organization.path(a)) for a in found)
                return None, self._skip(Field.ACCOUNT, left, length)
        return None, self._skip(Field.ACCOUNT, left, self._until_permission_set(left))

    def _until_permission_set(self, left: Sequence[Word]) -> int:
        """The number of words before the first that names a permission set; else one."""
        known = self._permission_sets(None)
        return next((n for n, word in enumerate(left) if word.text.casefold() in known), 1)

    def _permission_set(
        self, left: Sequence[Word], account: AccountId | None
    ) -> tuple[PermissionSetArn | None, Sequence[Word]]:
        if not left:
            return None, left
        found = self._permission_sets(account).get(left[0].text.casefold())
        return (found, left[1:]) if found else (None, self._skip(Field.PERMISSION_SET, left, 1))

    def _permission_sets(self, account: AccountId | None) -> Mapping[str, PermissionSetArn]:
        organization = self._rules.organization
        open_ones = permission_sets_open_to(self._rules.book, organization, self._person, account)
        return {organization.permission_sets[arn].name.casefold(): arn for arn in open_ones}

    def _duration(self, left: Sequence[Word]) -> tuple[timedelta | None, Sequence[Word]]:
        for length in range(min(_LONGEST_DURATION, len(left)), 0, -1):
            read = read_duration(_joined(left[:length]))
            if read is not None:
                return read, left[length:]
        if left and left[0].text[:1].isdigit():
            return None, self._skip(Field.DURATION, left, 1)
        return None, left

    def _skip(self, unclear: Field, left: Sequence[Word], length: int) -> Sequence[Word]:
        if left and length:
            self._unclear[unclear] = " ".join(word.text for word in left[:length])
        return left[length:]


def _called(organization: Organization, account: AccountId) -> frozenset[str]:
    name = organization.accounts[account].name
    return frozenset({account, name.casefold(), organization.label_of(account).casefold()})


def words(line: str) -> list[Word]:
    """Split at white space; what stands between quotes is one word."""
    found = []
    for match in _WORD.finditer(line):
        text = next((part for part in match.groups() if part is not None), "")
        found.append(Word(text, match.end()))
    return found


def _joined(several: Sequence[Word]) -> str:
    return " ".join(word.text for word in several).casefold()
