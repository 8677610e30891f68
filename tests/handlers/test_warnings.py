"""Standing warnings and the part of Home about policies say what is wrong, what it means, and where it is mended."""

from dataclasses import replace

import pytest

from core.domain.audit import ChainBreak
from core.domain.drift import Unknown
from core.domain.errors import Field
from core.domain.organization import Target
from core.domain.policy_diff import Section
from core.domain.policy_validation import Obstacle
from core.domain.policy_warnings import PolicyWarning, WarningKind
from core.domain.request import Status
from core.domain.setup import SetupFinding
from handlers.screens import policy_list, warnings
from handlers.screens.screen import note
from handlers.slack.drawing.render import render_view
from tests.handlers.conftest import Open
from tests.handlers.policies import BOOK, CHANNEL, FRANK, POWER, PROD, admin, many
from tests.handlers.samples import HOSTILE, LONG, NOW, STATES, foreign_markup, nasty

WORST = pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 3000], ids=["long", "hostile", "wide"])
WARNINGS = (
    PolicyWarning(WarningKind.OVERDUE, request=STATES[Status.REVOKING]),
    PolicyWarning(WarningKind.LOST, request=STATES[Status.ACTIVE]),
    *(PolicyWarning(WarningKind.DRIFT, drift=Unknown(FRANK, Target(PROD, POWER), NOW)) for _ in range(9)),
    PolicyWarning(WarningKind.TRAIL, broken=ChainBreak(7, "was changed")),
    PolicyWarning(WarningKind.NO_ADMINS, Section.SETTINGS, field=Field.ADMIN_GROUP),
    PolicyWarning(WarningKind.GONE, Section.ELIGIBILITY, "payments", Field.GROUPS, ("g-ghosts",)),
    PolicyWarning(WarningKind.QUORUM, Section.APPROVAL, "payments-leads", able=1, needed=2),
    PolicyWarning(WarningKind.CHANNEL, Section.APPROVAL, "leads", ids=(CHANNEL,), obstacle=Obstacle.ARCHIVED),
)


async def test_each_warning_says_what_it_means(show: Open) -> None:
    shown = await show(note("Home", warnings.build(admin(replace(BOOK, labels={"g-ghosts": "Ghosts"})), WARNINGS)))
    for words in (
        "R-1042: Ada Lovelace's access to PowerUserAccess in Payments Prod is being ended",
        "R-1042: Ada Lovelace should have PowerUserAccess in Payments Prod until",
        "[ Details ]",
        "9 assignments under management without a request: Frank: PowerUserAccess in Payments Prod;",
        "The audit trail is broken: event 7 was changed. Keep a copy of the database",
        "Nobody enabled is in the admin group",
        "Eligibility policy payments names Groups Ghosts ⚠️ gone, which no longer exists",
        "2 approvals are required, and 1 enabled person could give one.",
        "the channel #payments-approvals is archived",
    ):
        assert words in shown, words


async def test_a_target_that_is_gone_from_a_bundle_is_named_with_where_to_mend_it(show: Open) -> None:
    gone = PolicyWarning(WarningKind.GONE, Section.BUNDLES, "incident", Field.ACCOUNTS, ("999999999999",), place=3)
    shown = await show(note("Home", warnings.build(admin(), [gone])))
    assert "Bundle incident: target 3 names the account 999999999999" in shown
    assert "It is left out when somebody takes the bundle." in shown
    assert "Remove it from the bundle" in shown
    assert "[ Open ]" in shown


async def test_what_the_bot_lacks_is_said_as_the_doctor_says_it(show: Open) -> None:
    lacking = PolicyWarning(WarningKind.SETUP, setup=SetupFinding("Slack scopes", "lacks commands: reinstall the app"))
    near = PolicyWarning(WarningKind.SETUP, setup=SetupFinding("Audit archive", "3 failed tries", fails=False))
    shown = await show(note("Home", warnings.build(admin(), [lacking, near])))
    assert "🔴 Slack scopes: lacks commands: reinstall the app" in shown
    assert "⚠️ Audit archive: 3 failed tries" in shown


async def test_an_only_admin_is_told_the_way_out(show: Open) -> None:
    alone = PolicyWarning(WarningKind.ONE_ADMIN, Section.SETTINGS, field=Field.POLICY_CHANGES)
    shown = await show(note("Home", warnings.build(admin(), [alone])))
    assert "There is no second admin who could approve changes that widen. Add another enabled person" in shown
    assert "[ Open ]" in shown


async def test_a_set_that_is_out_of_reach_is_warned_of_with_what_to_do(show: Open) -> None:
    live = PolicyWarning(WarningKind.OUT_OF_REACH, request=STATES[Status.ACTIVE], ids=(POWER,))
    named = PolicyWarning(WarningKind.OUT_OF_REACH, Section.ELIGIBILITY, "payments", Field.PERMISSION_SETS, (POWER,))
    shown = await show(note("Home", warnings.build(admin(), [live, named])))
    for words in (
        "R-1042: AWS does not let the bot take PowerUserAccess in Payments Prod away from Ada Lovelace",
        "payments names PowerUserAccess, which is provisioned in the management account",
        "Remove it from the management account",
    ):
        assert words in shown, words


async def test_warnings_that_home_has_no_room_for_are_a_click_away(show: Open) -> None:
    many_gone = [replace(WARNINGS[-3], policy=f"policy-{n:02}") for n in range(9)]
    assert "[ All 9 warnings ]" in await show(note("Home", warnings.build(admin(), many_gone)))
    assert "All 9 warnings" not in await show(note("Home", warnings.build(admin(), many_gone[:8])))
    drifted = [warning for warning in WARNINGS if warning.kind is WarningKind.DRIFT]
    assert "[ All 9 warnings ]" in await show(note("Home", warnings.build(admin(), drifted)))
    last = await show(warnings.build_screen(admin(), [*many_gone, *drifted], 10))
    assert "11 to 18 of 18" in last
    assert last.count("1 assignment under management without a request") == 8
    assert "[ More ]" in await show(warnings.build_screen(admin(), [*many_gone, *drifted]))
    assert "No warnings." in await show(warnings.build_screen(admin(), ()))


def test_where_nothing_is_wrong_home_says_nothing() -> None:
    assert warnings.build(admin(), ()) == []


@WORST
async def test_the_worst_warnings_keep_their_share_of_home(text: str, show: Open) -> None:
    names, book = many(text, 80)
    every = [
        PolicyWarning(
            WarningKind.GONE, Section.ELIGIBILITY, text[:80], field, tuple(getattr(book.eligibility[0], field))
        )
        for field in (Field.ACCOUNTS, Field.OUS, Field.PERMISSION_SETS, Field.GROUPS, Field.USERS)
    ]
    late = PolicyWarning(WarningKind.OVERDUE, request=nasty(STATES[Status.REVOKING], text))
    blocks = warnings.build(admin(book, names), [late] * 20 + [*WARNINGS, *every] * 10)
    assert len(blocks) <= warnings.MOST_PARTS
    view = note("Home", blocks)
    await show(view)
    assert foreign_markup(render_view(view)) == []
    await show(warnings.build_screen(admin(book, names), [late] * 5 + every, 0))
    assert len(policy_list.home(book)) <= policy_list.HOME_PARTS
