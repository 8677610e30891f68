"""Standing warnings as Home shows them: what is wrong, what it means, and the way to where it is mended."""

from collections.abc import Sequence
from itertools import groupby

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

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
from handlers.slack.drawing.spans import mrkdwn
from handlers.slack.ids import ActionId
from handlers.slack.views.block import actions, button, context, heading, note, request_button, section
from handlers.slack.views.policy_list import PolicyRef
from handlers.slack.views.policy_text import Speller
from handlers.slack.views.text import bold, channel, code, name, prose, when
from handlers.words import clock_words, policy_words, trail_words
from handlers.words.policy_words import OBSTACLES, SECTIONS, field_name, too_few

MOST_ROWS = 8
MOST_BLOCKS = MOST_ROWS + 2
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


def build(admin: AdminContext, found: Sequence[PolicyWarning]) -> list[Block]:
    """The urgent first; nothing when nothing is wrong."""
    if not found:
        return []
    speller = Speller(admin.book, admin.names)
    rows = _rows(found, speller)
    is_all = len(rows) <= MOST_ROWS and sum(warning.kind is WarningKind.DRIFT for warning in found) <= _FEW
    every = None if is_all else button(f"All {len(found)} warnings", ActionId.WARNINGS, "0")
    return [heading("Warnings"), *rows[:MOST_ROWS], *actions(every, block_id="home.warnings")]


def build_view(admin: AdminContext, found: Sequence[PolicyWarning], start: int = 0) -> View:
    """All of them, ten a page, each assignment without a request by itself."""
    speller, shown = Speller(admin.book, admin.names), found[start : start + PAGE]
    after = start + PAGE
    more = button("More", ActionId.WARNINGS, str(after), says="More warnings") if after < len(found) else None
    rows = [row for warning in shown for row in _rows([warning], speller)]
    count = context(f"{start + 1} to {start + len(shown)} of {len(found)}" if len(found) > PAGE and shown else "")
    return note("Warnings", [*(rows or [section(_NOTHING)]), *count, *actions(more, block_id="warnings.more")])


def _rows(found: Sequence[PolicyWarning], speller: Speller) -> list[Block]:
    rows: list[Block] = []
    for kind, warnings in groupby(found, key=lambda warning: warning.kind):
        if kind is WarningKind.DRIFT:
            rows.append(section(_drift(list(warnings), speller)))
        else:
            rows += [section(_line(warning, speller), _open(warning)) for warning in warnings]
    return rows


def _line(warning: PolicyWarning, speller: Speller) -> str:  # noqa: C901, PLR0911, PLR0912 - one row a kind
    match warning.kind:
        case WarningKind.ALARM if warning.alarm is not None:
            return mrkdwn(alarm.standing(warning.alarm))
        case WarningKind.OVERDUE if warning.request is not None:
            return _overdue(warning.request)
        case WarningKind.LOST if warning.request is not None:
            return _lost(warning.request)
        case WarningKind.OLD_PICTURE if warning.since is not None:
            return (
                f"🔴 *AWS Organizations was last read {when(warning.since)}.* Until it can be read again, nothing is "
                "approved or granted; access still ends. Look at the permissions of the bot: teambot doctor."
            )
        case WarningKind.TRAIL if warning.broken is not None:
            broken = {"seq": str(warning.broken.seq), "what": warning.broken.what}
            return f"🔴 {prose(trail_words.broken(broken), 600)} {code(trail_words.VERIFY)}"
        case WarningKind.OUT_OF_REACH:
            return _out_of_reach(warning, speller)
        case WarningKind.CLOCK if warning.replica is not None:
            mark = "🔴" if warning.replica.clock is ClockState.WRONG else "⚠️"
            return f"{mark} {prose(clock_words.of_replica(warning.replica), 300)}"
        case WarningKind.NO_ADMINS:
            return "🔴 *Nobody enabled is in the admin group.* Only the command line can change policies now."
        case WarningKind.ONE_ADMIN:
            return f"⚠️ {policy_words.REFUSALS[Reason.SECOND_ADMIN_MISSING]}"
        case WarningKind.PAIRS:
            return f"🔴 {mrkdwn(pairs.warning(warning.suspended, warning.second))}"
        case WarningKind.QUORUM:
            return f"⚠️ {_where(warning)}: {too_few(warning.able, warning.needed)}."
        case WarningKind.CHANNEL if warning.obstacle is not None:
            called = channel(ConversationId(warning.ids[0])) or name(warning.ids[0])
            no_card = f"the channel {called} {OBSTACLES[warning.obstacle]}. No card is posted there."
            return f"⚠️ {_where(warning)}: {no_card} {_MENDS[warning.obstacle]}"
        case _:
            return _gone(warning, speller)


def _overdue(request: Request) -> str:
    since = f" since {when(request.revoking_at)}" if request.revoking_at else ""
    access = f"{name(request.permission_set_name)} in {name(request.account_name)}"
    return (
        f"🔴 {show_request_id(request.id)}: the access of {name(request.requester_name)} to {access} "
        f"is being ended{since}. It is tried again without end: look at it in IAM Identity Center. Close it by hand "
        "only if AWS can never finish it."
    )


def _out_of_reach(warning: PolicyWarning, speller: Speller) -> str:
    if warning.request is not None:
        request = warning.request
        access = f"{name(request.permission_set_name)} in {name(request.account_name)}"
        return (
            f"🔴 {show_request_id(request.id)}: AWS does not let the bot take {access} away from "
            f"{name(request.requester_name)}. The set is provisioned in the management account. Remove its assignments "
            "there, or delete this one from there when its end comes."
        )
    return f"⚠️ {prose(policy_words.out_of_reach(warning.policy, _set_names(warning.ids, speller)), 600)}"


def _set_names(arns: Sequence[str], speller: Speller) -> list[str]:
    return [speller.names.of(Field.PERMISSION_SETS, arn, speller.book).text for arn in arns]


def _lost(request: Request) -> str:
    access = f"{name(request.permission_set_name)} in {name(request.account_name)}"
    until = f" until {when(request.end_at)}" if request.end_at else ""
    return (
        f"⚠️ {show_request_id(request.id)}: {name(request.requester_name)} should have {access}{until}, and somebody "
        "took the assignment away in AWS. It is not made again: end the request, and have it asked for anew."
    )


def _drift(found: Sequence[PolicyWarning], speller: Speller) -> str:
    several = "1 assignment" if len(found) == 1 else f"{len(found)} assignments"
    unknowns = [warning.drift for warning in found[:_FEW] if warning.drift is not None]
    shown = "; ".join(
        f"{name(speller.names.person(each.principal))}: "
        f"{speller.target(Target(each.target.account, each.target.permission_set))}"
        for each in unknowns
    )
    rest = len(found) - len(unknowns)
    more = f" and {rest} more" if rest > 0 else ""
    decide = f"An operator adopts, ignores or removes each: {code('teambot reconcile')}"
    return f"⚠️ {several} under management without a request: {shown}{more}. {decide}"


def _gone(warning: PolicyWarning, speller: Speller) -> str:
    field = warning.field or ""
    called = speller.several(field, warning.ids, _FEW)
    return f"⚠️ {_where(warning)}: {field_name(field)} {called}, not there or not active any more. Name others instead."


def _where(warning: PolicyWarning) -> str:
    part = SECTIONS[warning.section] if warning.section else "Policies"
    return f"{part} {bold(warning.policy)}".strip()


def _open(warning: PolicyWarning) -> ButtonElement | None:
    """The way to where it is mended."""
    if warning.kind is WarningKind.OVERDUE and warning.request is not None:
        return request_button("Close by hand", ActionId.CLOSE, warning.request)
    if warning.request is not None:
        return request_button("Details", ActionId.DETAILS, warning.request)
    if warning.kind is WarningKind.PAIRS:
        return button("Look at them", ActionId.PAIRS, "0", says="Look at them: accounts that wait for a release")
    if warning.section is None:
        return None
    ref = PolicyRef(warning.section, warning.policy)
    where = "settings" if ref.section is Section.SETTINGS else ref.name
    return button("Open", ActionId.POLICY, str(ref), says=f"Open {where}")
