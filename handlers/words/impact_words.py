"""What a change of policies does, in words: the same in a chat before it is saved and on the command line.

What is dangerous is told first: access that nobody has to approve, fewer approvals, longer access.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.decider_changes import DeciderChange, RoleShift
from core.domain.durations import show_duration
from core.domain.errors import Field
from core.domain.ids import AccountId, ConversationId, GroupId, PrincipalId, show_request_id
from core.domain.organization import Target
from core.domain.policy import PolicyBook
from core.domain.policy_impact import AccessChange, AffectedRequest, PolicyImpact
from core.services.policies.names import CurrentNames
from handlers.words import sentences
from handlers.words.policy_words import TOUCHES

NOTHING = "For the people who are in these groups now, access, its length and who approves it stay as they are."
"""Said only where no effect at all is known."""
_MOST_LINES, _MOST_TOUCHED, _MOST_ACCOUNTS, _PEOPLE = 5, 10, 10, 3
_ROLES = {Field.ADMIN_GROUP: "an admin", Field.AUDITOR_GROUP: "an auditor"}


class ImpactSpelling(Protocol):
    """Names of ids, as the medium wants them: escaped where it reads markup."""

    def person(self, principal: PrincipalId) -> str: ...

    def group(self, group: GroupId) -> str: ...

    def channel(self, channel: ConversationId) -> str: ...

    def account(self, account: AccountId) -> str: ...

    def target(self, target: Target) -> str: ...

    def free(self, text: str) -> str:
        """Text that somebody else wrote."""
        ...


@dataclass(frozen=True, slots=True)
class PlainSpelling:
    """For a terminal: as it is, without what an eye cannot see."""

    names: CurrentNames
    book: PolicyBook

    def person(self, principal: PrincipalId) -> str:
        return self.free(self.names.person(principal))

    def group(self, group: GroupId) -> str:
        return self._called(Field.GROUPS, group)

    def channel(self, channel: ConversationId) -> str:
        return str(channel)

    def account(self, account: AccountId) -> str:
        return f"{self._called(Field.ACCOUNTS, account)} ({account})"

    def target(self, target: Target) -> str:
        found = self._called(Field.PERMISSION_SETS, target.permission_set)
        return f"{found} in {self._called(Field.ACCOUNTS, target.account)}"

    def free(self, text: str) -> str:
        return "".join(c for c in text if c.isprintable())

    def _called(self, field: Field, identifier: str) -> str:
        return self.free(self.names.of(field, identifier, self.book).text)


@dataclass(frozen=True, slots=True)
class ImpactPart:
    """One kind of effect: a title, and a line for each group of people or targets."""

    title: str
    lines: tuple[str, ...]


def parts(done: PolicyImpact, spell: ImpactSpelling) -> list[ImpactPart]:
    """Everything that a change does, the dangerous first; empty when it does nothing to anybody."""
    decided = _redecided(done.redecided, spell)
    weaker = any(each.is_weaker and each.askable for each in done.redecided)
    told = (
        _shifts("🔓 Will get without anybody's approval", done.given, spell),
        _shifts("🔓 No longer need approval for", done.freed, spell),
        decided if weaker else None,
        _lengths("🔓 Will be able to have for longer", done.longer, spell),
        _roles(done.roles, spell),
        _shifts("➕ Will be able to ask for", done.askable, spell),
        None if weaker else decided,
        _shifts("➖ Will no longer be able to ask for", done.lost, spell),
        _shifts("🔒 Will need approval for", done.bound, spell),
        _lengths("🔒 Will be able to have for less time", done.shorter, spell),
        _touched(done.touched, spell),
        _undecidable(done.undecidable, spell),
    )
    return [part for part in told if part is not None]


# --- people and what they get --------------------------------------------------------------------------


def _shifts(title: str, shifts: Sequence[AccessChange], spell: ImpactSpelling) -> ImpactPart | None:
    if not shifts:
        return None
    limits = {shift.limit for shift in shifts if shift.limit is not None}
    longest = f", for up to {show_duration(max(limits))}" if limits else ""
    lines = [
        f"{_people(shift.people, spell)}: {_targets(shift, spell)}{_limit(shift) if len(limits) > 1 else ''}"
        for shift in shifts[:_MOST_LINES]
    ]
    return ImpactPart(f"{title}{longest}", (*lines, *_more_people(shifts)))


def _limit(shift: AccessChange) -> str:
    return f" (up to {show_duration(shift.limit)})" if shift.limit is not None else ""


def _lengths(title: str, shifts: Sequence[AccessChange], spell: ImpactSpelling) -> ImpactPart | None:
    if not shifts:
        return None
    lines = [
        f"{_people(shift.people, spell)}: {_targets(shift, spell)}: "
        f"{show_duration(shift.was)} → {show_duration(shift.limit)}"
        for shift in shifts[:_MOST_LINES]
        if shift.was is not None and shift.limit is not None
    ]
    return ImpactPart(title, (*lines, *_more_people(shifts)))


def _more_people(shifts: Sequence[AccessChange]) -> tuple[str, ...]:
    people = frozenset(who for shift in shifts[_MOST_LINES:] for who in shift.people)
    return (f"and {len(people)} more people, with fewer targets each",) if people else ()


def _people(people: Iterable[PrincipalId], spell: ImpactSpelling) -> str:
    called = sorted(map(spell.person, people), key=str.casefold)
    shown = sentences.names(called, _PEOPLE)
    return f"{shown} ({len(called)} people)" if len(called) > _PEOPLE else shown


def _targets(shift: AccessChange | DeciderChange, spell: ImpactSpelling) -> str:
    shown = ", ".join(map(spell.target, shift.examples))
    rest = shift.targets - len(shift.examples)
    return f"{shown} and {rest} more {'target' if rest == 1 else 'targets'}" if rest > 0 else shown


# --- who decides ---------------------------------------------------------------------------------------


def _redecided(several: Sequence[DeciderChange], spell: ImpactSpelling) -> ImpactPart | None:
    if not several:
        return None
    mark = "🔓" if any(each.is_weaker for each in several) else "🔒"
    lines = [_decided_line(each, spell) for each in several[:_MOST_LINES]]
    rest = sum(each.targets for each in several[_MOST_LINES:])
    more = (f"and {rest} more {'target' if rest == 1 else 'targets'} in other ways",) if rest else ()
    return ImpactPart(f"{mark} Who decides changes", (*lines, *more))


def _decided_line(each: DeciderChange, spell: ImpactSpelling) -> str:
    unasked = "" if each.askable else " (nobody can ask for this now)"
    return f"{_targets(each, spell)}{unasked}: {'; '.join(_decided(each, spell))}"


def _decided(each: DeciderChange, spell: ImpactSpelling) -> Iterator[str]:
    if each.after.is_nobody:
        yield "nobody decides any more, so that requests for approval are refused"
    elif each.before.quorum != each.after.quorum:
        approvals = "approval" if each.before.quorum == 1 else "approvals"
        yield f"{each.before.quorum} {approvals} → {each.after.quorum}"
    if each.gained:
        yield f"{_people(each.gained, spell)} now {'decides' if len(each.gained) == 1 else 'decide'}"
    if each.lost:
        yield f"{_people(each.lost, spell)} no longer {'decides' if len(each.lost) == 1 else 'decide'}"
    yield from _by_name(each, spell)
    if each.channels_lost:
        yield f"no card in {_channels(each.channels_lost, spell)}"
    if each.channels_gained:
        yield f"a card in {_channels(each.channels_gained, spell)}"


def _by_name(each: DeciderChange, spell: ImpactSpelling) -> Iterator[str]:
    """Groups and people that are named or no longer named, where today this makes no difference."""
    gained = [*map(spell.group, each.groups_gained), *map(spell.person, each.after.users - each.before.users)]
    lost = [*map(spell.group, each.groups_lost), *map(spell.person, each.before.users - each.after.users)]
    if gained and not each.gained:
        yield f"{sentences.names(sorted(gained), _PEOPLE)} named as approvers too (today no other people)"
    if lost and not each.lost and not each.after.is_nobody:
        yield f"{sentences.names(sorted(lost), _PEOPLE)} no longer named as approvers (today the same people)"


def _channels(channels: Sequence[ConversationId], spell: ImpactSpelling) -> str:
    return sentences.names([spell.channel(channel) for channel in channels], _PEOPLE)


def _roles(several: Sequence[RoleShift], spell: ImpactSpelling) -> ImpactPart | None:
    lines = []
    for each in several:
        role = _ROLES[each.field]
        if each.gained:
            lines.append(f"{_people(each.gained, spell)}: becomes {role}")
        if each.lost:
            lines.append(f"{_people(each.lost, spell)}: is no longer {role}")
    return ImpactPart("👤 Who looks after this product changes", tuple(lines)) if lines else None


# --- requests and accounts -----------------------------------------------------------------------------


def _touched(touched: Sequence[AffectedRequest], spell: ImpactSpelling) -> ImpactPart | None:
    if not touched:
        return None
    rest = len(touched) - _MOST_TOUCHED
    more = (f"and {rest} more",) if rest > 0 else ()
    title = f"⏳ {len(touched)} pending {'request is' if len(touched) == 1 else 'requests are'} touched"
    return ImpactPart(title, (*(_touched_line(each, spell) for each in touched[:_MOST_TOUCHED]), *more))


def _touched_line(touched: AffectedRequest, spell: ImpactSpelling) -> str:
    request, approvals = touched.request, "1 approval" if touched.quorum == 1 else f"{touched.quorum} approvals"
    how = "; ".join(TOUCHES[touch].format(approvals=approvals) for touch in touched.how)
    about = f"{spell.free(request.permission_set_name)} in {spell.free(request.account_name)}"
    return f"{show_request_id(request.id)} of {spell.free(request.requester_name)}, {about}: {how}"


def _undecidable(accounts: Sequence[AccountId], spell: ImpactSpelling) -> ImpactPart | None:
    if not accounts:
        return None
    shown = [spell.account(account) for account in accounts[:_MOST_ACCOUNTS]]
    rest = len(accounts) - len(shown)
    found = ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    said = f"in {found}. Requests there are refused until an approval policy covers them."
    return ImpactPart("⚠️ Access can be asked for, and nobody, or too few people, could approve it", (said,))
