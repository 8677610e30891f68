"""Standing warnings as Home shows them: what is wrong, what it means, and the way to where it is mended."""

from collections.abc import Sequence
from itertools import groupby

from core.domain.drift import Unknown
from core.domain.errors import Field, Reason
from core.domain.ids import ConversationId, show_request_id
from core.domain.organization import Target
from core.domain.policy_diff import Section
from core.domain.policy_validation import Obstacle
from core.domain.policy_warnings import PolicyWarning, WarningKind
from core.domain.replicas import ClockState
from core.domain.request import Request
from core.services.policies.admin_gate import AdminContext
from handlers.screens import alarm, pairs
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Heading, Part, aside, buttons, row
from handlers.screens.policy_list import PolicyRef
from handlers.screens.policy_text import Speller
from handlers.screens.request_buttons import details_button, request_button
from handlers.screens.screen import Screen, note
from handlers.screens.spans import (
    Code,
    Instant,
    Text,
    Untrusted,
    channel,
    fill,
    joined,
    name,
    strong,
    strong_name,
    text,
)
from handlers.words import clock_words, policy_words, trail_words
from handlers.words.policy_words import OBSTACLES, SECTIONS, field_name, too_few

MOST_ROWS = 8
MOST_PARTS = MOST_ROWS + 2
PAGE = 10
_FEW = 4
_NOTHING = "No warnings."
_MENDS = {
    Obstacle.UNKNOWN: "Invite it, or choose another.",
    Obstacle.SHARED_OUTSIDE: "Choose another.",
    Obstacle.ARCHIVED: "Choose another.",
    Obstacle.NOT_CONFIGURED: "Choose another.",
    Obstacle.BOT_IS_OUTSIDE: "Invite it.",
}


def build(admin: AdminContext, found: Sequence[PolicyWarning]) -> list[Part]:
    """The urgent first; nothing when nothing is wrong."""
    if not found:
        return []
    speller = Speller(admin.book, admin.names)
    rows = _rows(found, speller)
    is_all = len(rows) <= MOST_ROWS and sum(warning.kind is WarningKind.DRIFT for warning in found) <= _FEW
    every = None if is_all else Button(f"All {len(found)} warnings", ActionId.WARNINGS, "0")
    return [Heading("Warnings"), *rows[:MOST_ROWS], buttons(every, id="home.warnings")]


def build_screen(admin: AdminContext, found: Sequence[PolicyWarning], start: int = 0) -> Screen:
    """All of them, ten a page, each assignment without a request by itself."""
    speller, shown = Speller(admin.book, admin.names), found[start : start + PAGE]
    after = start + PAGE
    more = Button("More", ActionId.WARNINGS, str(after), spoken="More warnings") if after < len(found) else None
    rows = [part for warning in shown for part in _rows([warning], speller)]
    many = len(found) > PAGE and shown
    count = aside(f"{start + 1} to {start + len(shown)} of {len(found)}" if many else "")
    return note("Warnings", [*(rows or [row(_NOTHING)]), count, buttons(more, id="warnings.more")])


def _rows(found: Sequence[PolicyWarning], speller: Speller) -> list[Part]:
    rows: list[Part] = []
    for kind, warnings in groupby(found, key=lambda warning: warning.kind):
        if kind is WarningKind.DRIFT:
            rows.append(row(_drift(list(warnings), speller)))
        else:
            rows += [row(line(warning, speller), button=_open(warning)) for warning in warnings]
    return rows


def line(warning: PolicyWarning, speller: Speller) -> Text:  # noqa: C901, PLR0911, PLR0912 - one row a kind
    match warning.kind:
        case WarningKind.ALARM if warning.alarm is not None:
            return alarm.standing(warning.alarm)
        case WarningKind.OVERDUE if warning.request is not None:
            return _overdue(warning.request)
        case WarningKind.LOST if warning.request is not None:
            return _lost(warning.request)
        case WarningKind.OLD_PICTURE if warning.since is not None:
            return fill(
                "🔴 {last_read} Until it can be read again, nothing is approved or granted; access still ends. Look "
                "at the permissions of the bot: teambot doctor.",
                last_read=strong("AWS Organizations was last read ", Instant(warning.since), "."),
            )
        case WarningKind.TRAIL if warning.broken is not None:
            said = trail_words.broken(warning.broken.seq, warning.broken.what)
            return text("🔴 ", Untrusted(said, 600), " ", Code(trail_words.VERIFY))
        case WarningKind.SETUP if warning.setup is not None:
            mark = "🔴" if warning.setup.fails else "⚠️"
            return text(mark, " ", strong(Untrusted(warning.setup.what)), ": ", Untrusted(warning.setup.detail, 600))
        case WarningKind.OUT_OF_REACH:
            return _out_of_reach(warning, speller)
        case WarningKind.NOT_JOINED if warning.reason is not None:
            return _not_joined(warning, warning.reason, speller)
        case WarningKind.CLOCK if warning.replica is not None:
            mark = "🔴" if warning.replica.clock is ClockState.WRONG else "⚠️"
            return text(mark, " ", Untrusted(clock_words.of_replica(warning.replica), 300))
        case WarningKind.NO_ADMINS:
            nobody = strong("Nobody enabled is in the admin group.")
            return text("🔴 ", nobody, " Only the command line can change policies now.")
        case WarningKind.ONE_ADMIN:
            return text("⚠️ ", policy_words.REFUSALS[Reason.SECOND_ADMIN_MISSING])
        case WarningKind.PAIRS:
            return text("🔴 ", pairs.warning(warning.suspended, warning.second))
        case WarningKind.QUORUM:
            return text("⚠️ ", _where(warning), ": ", too_few(warning.able, warning.needed), ".")
        case WarningKind.CHANNEL if warning.obstacle is not None:
            called = channel(ConversationId(warning.ids[0]), name(warning.ids[0]))
            no_card = text("the channel ", called, " ", OBSTACLES[warning.obstacle], ". No card is posted there.")
            return text("⚠️ ", _where(warning), ": ", no_card, " ", _MENDS[warning.obstacle])
        case _:
            return _gone(warning, speller)


def _not_joined(warning: PolicyWarning, reason: Reason, speller: Speller) -> Text:
    if warning.request is None:
        groups = [speller.names.of(Field.TARGET_GROUPS, each, speller.book).text for each in warning.ids]
        return text("⚠️ ", Untrusted(policy_words.not_joined(warning.policy, groups, reason), 800))
    return fill(
        "🔴 {number}: {who} is in the group {group} for a while, and its members are now kept in another system. "
        "AWS may not let the bot take {who} out again: when the access ends, do so there.",
        number=show_request_id(warning.request.id),
        who=name(warning.request.requester_name),
        group=name(warning.request.account_name),
    )


def _access(request: Request) -> Text:
    return text(name(request.permission_set_name), " in ", name(request.account_name))


def _overdue(request: Request) -> Text:
    where = "IAM Identity Center"
    if request.target.group is not None:
        where += ", or in the system that the group is synchronized from"
    since = text(" since ", Instant(request.revoking_at)) if request.revoking_at else ""
    access = _access(request)
    return fill(
        "🔴 {number}: {who}'s access to {access} is being ended{since}. TEAM Bot keeps trying: check it "
        "in {where}. Close it by hand only if AWS can never finish it.",
        number=show_request_id(request.id),
        who=name(request.requester_name),
        access=access,
        since=since,
        where=where,
    )


def _out_of_reach(warning: PolicyWarning, speller: Speller) -> Text:
    if warning.request is not None:
        request = warning.request
        access = _access(request)
        return fill(
            "🔴 {number}: AWS does not let the bot take {access} away from {who}. The set is provisioned in "
            "the management account. Remove its assignments there, or delete this one from there when its "
            "end comes.",
            number=show_request_id(request.id),
            access=access,
            who=name(request.requester_name),
        )
    return text("⚠️ ", Untrusted(policy_words.out_of_reach(warning.policy, _set_names(warning.ids, speller)), 600))


def _set_names(arns: Sequence[str], speller: Speller) -> list[str]:
    return [speller.names.of(Field.PERMISSION_SETS, arn, speller.book).text for arn in arns]


def _lost(request: Request) -> Text:
    access = _access(request)
    until = text(" until ", Instant(request.end_at)) if request.end_at else ""
    return fill(
        "⚠️ {number}: {who} should have {access}{until}, and somebody took the assignment away in AWS. "
        "TEAM Bot does not make it again: end the request, and have it requested again.",
        number=show_request_id(request.id),
        who=name(request.requester_name),
        access=access,
        until=until,
    )


def _drift(found: Sequence[PolicyWarning], speller: Speller) -> Text:
    several = "1 assignment" if len(found) == 1 else f"{len(found)} assignments"
    unknowns = [warning.drift for warning in found[:_FEW] if warning.drift is not None]
    shown = joined("; ", (_unknown(each, speller) for each in unknowns))
    rest = len(found) - len(unknowns)
    more = f" and {rest} more" if rest > 0 else ""
    decide = text("An operator adopts, ignores or removes each: ", Code("teambot reconcile"))
    return text("⚠️ ", several, " under management without a request: ", shown, more, ". ", decide)


def _unknown(drift: Unknown, speller: Speller) -> Text:
    target = Target(drift.target.account, drift.target.permission_set)
    return text(name(speller.names.person(drift.principal)), ": ", speller.target(target))


def _gone(warning: PolicyWarning, speller: Speller) -> Text:
    if warning.section is Section.BUNDLES:
        return _gone_from_bundle(warning, speller)
    field = warning.field or ""
    called = speller.several(field, warning.ids, _FEW)
    return fill(
        "⚠️ {where} names {field_name} {called}, which {gone}. Name others instead.",
        where=_where(warning),
        field_name=field_name(field),
        called=called,
        gone="no longer exists, or is not active" if len(warning.ids) == 1 else "no longer exist, or are not active",
    )


def _gone_from_bundle(warning: PolicyWarning, speller: Speller) -> Text:
    field = warning.field or ""
    return fill(
        "⚠️ {where}: target {place} names the {half} {called}, which no longer exists, or is not active. It is left out "
        "when somebody takes the bundle. Remove it from the bundle, or add another in its place.",
        where=_where(warning),
        place=warning.place,
        half="account" if field == Field.ACCOUNTS else "permission set",
        called=speller.several(field, warning.ids, _FEW),
    )


def _where(warning: PolicyWarning) -> Text:
    part = SECTIONS[warning.section] if warning.section else "Policies"
    return joined(" ", (part, strong_name(warning.policy)))


def _open(warning: PolicyWarning) -> Button | None:
    """The way to where it is mended."""
    if warning.kind is WarningKind.OVERDUE and warning.request is not None:
        return request_button("Close by hand", ActionId.CLOSE, warning.request)
    if warning.request is not None:
        return details_button(warning.request)
    if warning.kind is WarningKind.PAIRS:
        return Button("Look at them", ActionId.PAIRS, "0", spoken="Look at them: accounts that wait for a release")
    if warning.section is None:
        return None
    ref = PolicyRef(warning.section, warning.policy)
    where = "settings" if ref.section is Section.SETTINGS else ref.name
    return Button("Open", ActionId.POLICY, str(ref), spoken=f"Open {where}")
