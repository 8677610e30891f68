"""Reads what is typed behind ``request``: account, permission set and duration in any order, and why.

Only what this person may ask for is understood. What is not is given back as it was typed, in the same way whether
it does not exist or is not theirs: a shortcut must not become a directory (rule 22).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from core.domain.durations import read_duration
from core.domain.errors import Field
from core.domain.evaluation import accounts_open_to, groups_open_to, may_join, permission_sets_open_to
from core.domain.ids import AccountId, GroupId, PermissionSetArn, permission_set_id
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Organization, Target
from core.domain.people import ChatUser, Person
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.queries.form_options import NOTHING_LEFT_OUT, LeftOut, offered_bundle
from core.services.queries.offered_accounts import AccountChoice

_WORD = re.compile(r"\s*(?:\"(?P<straight>[^\"]*)\"|[“”„](?P<round>[^“”]*)[“”]|(?P<bare>\S+))")
"""Keyboards of phones make round quotes of straight ones."""
OF_GROUP = "group"
"""The word in front of a group."""
NEW = "new"
"""At a terminal it stands before all this; some type it in chat, too."""
_LONGEST_LINE = 2000
"""More is no line that a person typed."""
_LONGEST_NAME = 8
"""Words of an account name that is not quoted."""
_LONGEST_DURATION = 7
"""``1 day, 2 hours and 30 minutes``."""
_NUMBER = r"\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty"
_MORE = re.compile(
    r"(?:and|or|plus|[&+½¼¾])(?:\s|$)|\d{1,2}$"
    rf"|(?:{_NUMBER})\s+(?:d|days?|h|hours?|hrs?|m|min|mins|minutes?)\b"
)
"""After a duration: it goes on, in a way that nobody could read. ``2h 500 errors`` is two hours, and why."""
_LONGEST_END = _LONGEST_NAME + 1 + _LONGEST_DURATION


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
    targets: tuple[Target, ...] = ()
    """More than one, where accounts or permission sets were typed with commas between, or a bundle by its word."""
    left_out: LeftOut = NOTHING_LEFT_OUT
    """The part of the bundle that this person does not get."""


@dataclass(frozen=True, slots=True)
class ParsedGroupLine:
    """The same for membership of a group."""

    group: GroupId | None = None
    duration: timedelta | None = None
    justification: str = ""
    not_understood: Mapping[Field, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadTarget:
    """A target as a program names it; None, with the fields that stand for nothing this person could ask for."""

    target: Target | None
    unclear: tuple[Field, ...] = ()


class RequestLineParser:
    def __init__(self, identity: Identity, policy_context: PolicyContext) -> None:
        self._identity = identity
        self._policy_context = policy_context

    async def read(self, chat_user: ChatUser, line: str) -> ParsedRequestLine:
        """Understand one line for one person."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        line = line[:_LONGEST_LINE]
        read, typed = _Reading(rules, person, line).whole(), words(line)
        if Field.ACCOUNT in read.not_understood and _is(NEW, typed):
            line = line[typed[0].end :]
            read, typed = _Reading(rules, person, line).whole(), words(line)
        if Field.ACCOUNT in read.not_understood and _is(OF_GROUP, typed):
            group = _read_group({}, typed[1:], line)
            return ParsedRequestLine(
                None, None, group.duration, group.justification, group.not_understood or {Field.GROUP: ""}
            )
        return read

    async def read_targets(self, chat_user: ChatUser, named: Iterable[tuple[str, str]]) -> list[ReadTarget]:
        """Find the targets that pairs of an account and a permission set name, each by its name or an id."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        known = _KnownNames(rules, person)
        return [known.target(*each) for each in named]

    async def read_group(self, chat_user: ChatUser, line: str) -> ParsedGroupLine | None:
        """Understand what follows the word ``group``; None for another line, and for whom no policy opens a group."""
        typed = words(line[:_LONGEST_LINE])
        typed = typed[1:] if _is(NEW, typed) else typed
        if not _is(OF_GROUP, typed):
            return None
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        if not may_join(rules.book, person):
            return None
        known = await self._policy_context.groups()
        named = {known[each].name.casefold(): each for each in groups_open_to(rules.book, person, known)}
        named |= {group.casefold(): group for group in [*named.values()]}
        return _read_group(named, typed[1:], line)


class _KnownNames:
    """Everything that one person may ask for, by all that it is called."""

    def __init__(self, rules: RulesSnapshot, person: Person) -> None:
        self._rules = rules
        self._person = person
        self._sets: dict[AccountId | None, Mapping[str, PermissionSetArn]] = {}

    @cached_property
    def accounts(self) -> Mapping[str, Sequence[AccountId]]:
        found: dict[str, list[AccountId]] = {}
        for account in sorted(self.open_accounts(None)):
            for called in _called(self._rules.organization, account):
                found.setdefault(called, []).append(account)
        return found

    def open_accounts(self, permission_set: PermissionSetArn | None) -> frozenset[AccountId]:
        return accounts_open_to(self._rules.book, self._rules.organization, self._person, permission_set)

    def permission_sets(self, account: AccountId | None) -> Mapping[str, PermissionSetArn]:
        """Those that may be asked for there; for None, anywhere."""
        if account not in self._sets:
            organization = self._rules.organization
            open_ones = permission_sets_open_to(self._rules.book, organization, self._person, account)
            self._sets[account] = {called: arn for arn in open_ones for called in _names(organization, arn)}
        return self._sets[account]

    def target(self, account: str, permission_set: str) -> ReadTarget:
        """Of accounts that have one name, the one in which that permission set may be asked for."""
        accounts, named = self.accounts.get(account.strip().casefold(), ()), permission_set.strip().casefold()
        found = [Target(each, arn) for each in accounts if (arn := self.permission_sets(each).get(named))]
        if len(found) == 1:
            return ReadTarget(found[0])
        unclear = [Field.ACCOUNT] if found or not accounts else []
        if (accounts and not found) or named not in self.permission_sets(None):
            unclear.append(Field.PERMISSION_SET)
        return ReadTarget(None, tuple(unclear))


class _Reading:
    """Goes through the line from left to right: account, permission set and duration in any order, then why.

    Somebody who begins with why has the three at the end.
    """

    def __init__(self, rules: RulesSnapshot, person: Person, line: str) -> None:
        self._rules = rules
        self._person = person
        self._known = _KnownNames(rules, person)
        self._line = line
        self._words = words(line)
        self._account: AccountId | None = None
        self._permission_set: PermissionSetArn | None = None
        self._duration: timedelta | None = None
        self._unclear: dict[Field, str] = {}
        self._alike: tuple[AccountChoice, ...] = ()
        self._accounts_typed: tuple[AccountId, ...] = ()
        self._sets_typed: tuple[PermissionSetArn, ...] = ()
        """Of each all that were typed, where it was more than one."""

    def whole(self) -> ParsedRequestLine:
        return self._bundle() or self._targets()

    def _bundle(self) -> ParsedRequestLine | None:
        """The word of a bundle in front, then the duration, and why."""
        word = self._words[0].text.casefold() if self._words else ""
        bundle = next((each for each in self._rules.book.bundles if each.name.casefold() == word), None)
        offered = offered_bundle(self._rules, self._person, bundle) if bundle else None
        if offered is None or not (offered.targets or offered.is_gone):
            return None
        left = self._words[1:]
        length = self._take_duration(left)
        why = self._line[self._words[length].end :]
        return ParsedRequestLine(
            duration=self._duration,
            justification=why.strip(),
            not_understood=self._unclear,
            targets=offered.targets,
            left_out=offered.left_out,
        )

    def _targets(self) -> ParsedRequestLine:
        left = self._take_all(self._words)
        if len(left) == len(self._words):
            why = self._take_the_end()
            if why is not None:
                return self._read(why)
        left = self._skip_to_what_is_known(left)
        done = self._words[len(self._words) - len(left) - 1].end if len(left) < len(self._words) else 0
        return self._read(self._line[done:])

    def _read(self, why: str) -> ParsedRequestLine:
        pairs = [(account, arn) for account in self._accounts_typed for arn in self._sets_typed]
        is_list = max(len(self._accounts_typed), len(self._sets_typed)) > 1
        if is_list and not 1 < len(pairs) <= MOST_TARGETS:  # half of them, or too many: nothing typed is lost
            return ParsedRequestLine(justification=self._line.strip())
        if is_list:
            targets = tuple(Target(account, arn) for account, arn in pairs)
            return ParsedRequestLine(None, None, self._duration, why.strip(), self._unclear, targets=targets)
        return ParsedRequestLine(
            self._account, self._permission_set, self._duration, why.strip(), self._unclear, self._alike
        )

    def _take_all(self, left: Sequence[Word]) -> Sequence[Word]:
        """Take each of the three from the beginning, as long as one of them is there."""
        while length := self._take_account(left) or self._take_permission_set(left) or self._take_duration(left):
            left = left[length:]
        return left

    def _take_the_end(self) -> str | None:
        """Take a whole target from the end, with its duration; returns what is before it, or None for no target."""
        for first in range(max(1, len(self._words) - _LONGEST_END), len(self._words)):
            left = self._take_all(self._words[first:])
            if not left and self._has_account and self._permission_set is not None:
                return self._line[: self._words[first - 1].end]
            self._account = self._permission_set = self._duration = None
            self._unclear, self._alike = {}, ()
            self._accounts_typed, self._sets_typed = (), ()
        return None

    def _skip_to_what_is_known(self, left: Sequence[Word]) -> Sequence[Word]:
        """Take the rest; words in the place of one that is missing are told as not understood."""
        if not self._has_account and self._permission_set is None:
            left = self._skip(Field.ACCOUNT, left, self._until_permission_set(left))
            left = self._take_all(left)
        if self._permission_set is None:
            left = self._take_all(self._skip(Field.PERMISSION_SET, left, 1))
        is_told = self._duration is not None or Field.DURATION in self._unclear
        if not is_told and left and left[0].text[:1].isdigit():
            left = self._skip(Field.DURATION, left, 1)
        return left

    @property
    def _has_account(self) -> bool:
        return self._account is not None or bool(self._alike)

    def _take_account(self, left: Sequence[Word]) -> int:
        """The number of words at the beginning that are the number or the name of an account; the longest there is."""
        for length in range(0 if self._has_account else min(_LONGEST_NAME, len(left)), 0, -1):
            typed = _joined(left[:length])
            several = [self._known.accounts.get(each, ()) for each in _parted(typed)]
            if len(several) > 1 and all(len(each) == 1 for each in several):
                self._accounts_typed = tuple(dict.fromkeys(each[0] for each in several))
                self._account = self._accounts_typed[0]
                return length
            found = self._known.accounts.get(typed, ())
            if self._permission_set is not None:
                found = [each for each in found if each in self._known.open_accounts(self._permission_set)]
            if len(found) == 1:
                self._account = found[0]
                self._accounts_typed = (found[0],)
                return length
            if found:
                organization = self._rules.organization
                self._alike = tuple(AccountChoice(organization.accounts[a], organization.path(a)) for a in found)
                self._skip(Field.ACCOUNT, left, length)
                return length
        return 0

    def _until_permission_set(self, left: Sequence[Word]) -> int:
        """The number of words before the first that names a permission set; else one."""
        known = self._known.permission_sets(None)
        return next((n for n, word in enumerate(left) if word.text.casefold() in known), 1)

    def _take_permission_set(self, left: Sequence[Word]) -> int:
        if not left or self._permission_set is not None:
            return 0
        known = self._known.permission_sets(self._account)
        for length in range(min(MOST_TARGETS, len(left)), 0, -1):
            found = [known.get(each) for each in _parted(_joined(left[:length]))]
            if all(found):
                self._sets_typed = tuple(dict.fromkeys(each for each in found if each))
                self._permission_set = self._sets_typed[0]
                return length
        return 0

    def _take_duration(self, left: Sequence[Word]) -> int:
        if self._duration is not None or Field.DURATION in self._unclear:
            return 0
        self._duration, length = _duration(left)
        if self._duration is None:
            self._skip(Field.DURATION, left, length)
        return length

    def _skip(self, unclear: Field, left: Sequence[Word], length: int) -> Sequence[Word]:
        if left and length:
            self._unclear[unclear] = " ".join(word.text for word in left[:length])
        return left[length:]


def _read_group(named: Mapping[str, GroupId], left: Sequence[Word], line: str) -> ParsedGroupLine:
    """The longest name of a group that stands at the beginning, then a duration, then why.

    Words before the duration that name none are the name that was meant; without a duration the first of them.
    """
    length = next((n for n in range(min(_LONGEST_NAME, len(left)), 0, -1) if _joined(left[:n]) in named), 0)
    group, unclear = named.get(_joined(left[:length])), {}
    if group is None and left:
        length = next((n for n in range(1, min(_LONGEST_NAME, len(left)) + 1) if _duration(left[n:])[1]), 1)
        unclear = {Field.GROUP: " ".join(word.text for word in left[:length])}
    rest, done = left[length:], left[length - 1].end if length else 0
    duration, several = _duration(rest)
    if several and duration is None:
        unclear = {**unclear, Field.DURATION: " ".join(word.text for word in rest[:several])}
    done = rest[several - 1].end if several else done
    return ParsedGroupLine(group, duration, line[done:].strip() if length else "", unclear)


def _duration(left: Sequence[Word]) -> tuple[timedelta | None, int]:
    """The duration that stands at the beginning, and of how many words; the longest there is.

    None with a number of words: one begins there that cannot be read whole.
    """
    for length in range(min(_LONGEST_DURATION, len(left)), 0, -1):
        duration = read_duration(_joined(left[:length]))
        if duration is not None:
            goes_on = _MORE.match(_joined(left[length:]))
            return (None, length + 1) if goes_on else (duration, length)
    return None, 0


def _is(word: str, typed: Sequence[Word]) -> bool:
    """True if this word stands in front."""
    return bool(typed) and typed[0].text.casefold() == word


def _names(organization: Organization, arn: PermissionSetArn) -> tuple[str, ...]:
    return organization.permission_sets[arn].name.casefold(), permission_set_id(arn).casefold(), arn.casefold()


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


def _parted(typed: str) -> list[str]:
    """Names with commas between."""
    return [each.strip() for each in typed.split(",")]
