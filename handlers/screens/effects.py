"""The effects of a policy change, in words: the same in a chat before it is saved and on the command line.

What is dangerous is told first: access that nobody has to approve, fewer approvals, longer access.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.decider_changes import DeciderChange, RoleShift
from core.domain.durations import show_duration
from core.domain.errors import Field
from core.domain.ids import AccountId, ConversationId, GroupId, PrincipalId, show_request_id
from core.domain.policy_impact import AccessChange, AffectedRequest, PolicyImpact
from handlers.screens.policy_text import Speller
from handlers.screens.spans import Duration, Said, Text, joined, name, several, text
from handlers.words.counts import noun
from handlers.words.policy_words import TOUCHES

NOTHING = "For the people who are in these groups now, access, its length and who approves it stay as they are."
"""Said only where no effect at all is known."""
_MOST_LINES, _MOST_TOUCHED, _MOST_ACCOUNTS, _PEOPLE = 5, 10, 10, 3
_ROLES: Mapping[str, str] = {Field.ADMIN_GROUP: "an admin", Field.AUDITOR_GROUP: "an auditor"}


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of effect: a title, and a line for each group of people or targets."""

    title: str
    lines: tuple[Text, ...]


def parts(done: PolicyImpact, spell: Speller) -> list[Effect]:
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
        _touched(done.touched),
        _undecidable(done.undecidable, spell),
    )
    return [part for part in told if part is not None]


# --- people and what they get --------------------------------------------------------------------------


def _shifts(title: str, shifts: Sequence[AccessChange], spell: Speller) -> Effect | None:
    if not shifts:
        return None
    limits = {shift.limit for shift in shifts if shift.limit is not None}
    longest = f", for up to {show_duration(max(limits))}" if limits else ""
    lines = [
        text(_people(shift.people, spell), ": ", _targets(shift, spell), _limit(shift) if len(limits) > 1 else "")
        for shift in shifts[:_MOST_LINES]
    ]
    return Effect(f"{title}{longest}", (*lines, *_more_people(shifts)))


def _limit(shift: AccessChange) -> Text:
    return text(" (up to ", Duration(shift.limit), ")") if shift.limit is not None else text()


def _lengths(title: str, shifts: Sequence[AccessChange], spell: Speller) -> Effect | None:
    if not shifts:
        return None
    lines = [
        text(_people(shift.people, spell), ": ", _targets(shift, spell), ": ", _change(shift.was, shift.limit))
        for shift in shifts[:_MOST_LINES]
        if shift.was is not None and shift.limit is not None
    ]
    return Effect(title, (*lines, *_more_people(shifts)))


def _change(was: timedelta, now: timedelta) -> Text:
    return text(Duration(was), " → ", Duration(now))


def _more_people(shifts: Sequence[AccessChange]) -> tuple[Text, ...]:
    people = frozenset(who for shift in shifts[_MOST_LINES:] for who in shift.people)
    few = noun(len(people), "person, with fewer targets", "people, with fewer targets each")
    return (text("and ", len(people), " more ", few),) if people else ()


def _people(people: Collection[PrincipalId], spell: Speller) -> Text:
    called = sorted(people, key=lambda who: spell.names.person(who).casefold())
    shown = several([spell.person(who) for who in called], _PEOPLE)
    return text(shown, " (", len(called), " people)") if len(called) > _PEOPLE else shown


def _targets(shift: AccessChange | DeciderChange, spell: Speller) -> Text:
    shown = joined(", ", map(spell.target, shift.examples))
    rest = shift.targets - len(shift.examples)
    return text(shown, " and ", rest, " more ", noun(rest, "target")) if rest > 0 else shown


# --- who decides ---------------------------------------------------------------------------------------


def _redecided(changed: Sequence[DeciderChange], spell: Speller) -> Effect | None:
    if not changed:
        return None
    mark = "🔓" if any(each.is_weaker for each in changed) else "🔒"
    lines = [_decided_line(each, spell) for each in changed[:_MOST_LINES]]
    rest = sum(each.targets for each in changed[_MOST_LINES:])
    more = (text("and ", rest, " more ", noun(rest, "target"), " in other ways"),) if rest else ()
    return Effect(f"{mark} Who decides changes", (*lines, *more))


def _decided_line(each: DeciderChange, spell: Speller) -> Text:
    unasked = "" if each.askable else " (nobody can ask for this now)"
    return text(_targets(each, spell), unasked, ": ", joined("; ", _decided(each, spell)))


def _decided(each: DeciderChange, spell: Speller) -> Iterator[Said]:
    if each.after.is_nobody:
        yield "nobody decides any more, so that requests for approval are refused"
    elif each.before.quorum != each.after.quorum:
        approvals = noun(each.before.quorum, "approval")
        yield text(each.before.quorum, " ", approvals, " → ", each.after.quorum)
    if each.gained:
        yield text(_people(each.gained, spell), " now ", "decides" if len(each.gained) == 1 else "decide")
    if each.lost:
        yield text(_people(each.lost, spell), " no longer ", "decides" if len(each.lost) == 1 else "decide")
    yield from _by_name(each, spell)
    if each.channels_lost:
        yield text("no card in ", _channels(each.channels_lost, spell))
    if each.channels_gained:
        yield text("a card in ", _channels(each.channels_gained, spell))


def _by_name(each: DeciderChange, spell: Speller) -> Iterator[Said]:
    """Groups and people that are named or no longer named, where today this makes no difference."""
    gained = _named(each.groups_gained, each.after.users - each.before.users, spell)
    lost = _named(each.groups_lost, each.before.users - each.after.users, spell)
    if gained and not each.gained:
        yield text(several(gained, _PEOPLE), " named as approvers too (today no other people)")
    if lost and not each.lost and not each.after.is_nobody:
        yield text(several(lost, _PEOPLE), " no longer named as approvers (today the same people)")


def _named(groups: Iterable[GroupId], users: Iterable[PrincipalId], spell: Speller) -> list[Text]:
    """In the order of what they are called."""
    called = [(spell.names.of(Field.GROUPS, each, spell.book).text, spell.group(each)) for each in groups]
    called += [(spell.names.person(each), spell.person(each)) for each in users]
    return [shown for _, shown in sorted(called, key=lambda each: each[0])]


def _channels(channels: Sequence[ConversationId], spell: Speller) -> Text:
    return several([spell.channel(channel) for channel in channels], _PEOPLE)


def _roles(shifts: Sequence[RoleShift], spell: Speller) -> Effect | None:
    told: list[Text] = []
    for each in shifts:
        role = _ROLES[each.field]
        if each.gained:
            told.append(text(_people(each.gained, spell), ": becomes ", role))
        if each.lost:
            told.append(text(_people(each.lost, spell), ": is no longer ", role))
    return Effect("👤 Admins or auditors change", tuple(told)) if told else None


# --- requests and accounts -----------------------------------------------------------------------------


def _touched(touched: Sequence[AffectedRequest]) -> Effect | None:
    if not touched:
        return None
    rest = len(touched) - _MOST_TOUCHED
    more = (text(f"and {rest} more"),) if rest > 0 else ()
    title = f"⏳ {len(touched)} pending {noun(len(touched), 'request is', 'requests are')} touched"
    return Effect(title, (*(_touched_line(each) for each in touched[:_MOST_TOUCHED]), *more))


def _touched_line(touched: AffectedRequest) -> Text:
    request, approvals = touched.request, "1 approval" if touched.quorum == 1 else f"{touched.quorum} approvals"
    how = "; ".join(TOUCHES[touch].format(approvals=approvals) for touch in touched.how)
    about = text(name(request.permission_set_name), " in ", name(request.account_name))
    return text(show_request_id(request.id), " of ", name(request.requester_name), ", ", about, ": ", how)


def _undecidable(accounts: Sequence[AccountId], spell: Speller) -> Effect | None:
    if not accounts:
        return None
    shown = [spell.account(account) for account in accounts[:_MOST_ACCOUNTS]]
    rest = len(accounts) - len(shown)
    found = text(joined(", ", shown), f" and {rest} more" if rest > 0 else "")
    said = text("in ", found, ". Requests there are refused until an approval policy covers them.")
    return Effect("⚠️ Access can be asked for, and nobody, or too few people, could approve it", (said,))
