"""The list of accounts that wait for a release, and the form: who was whom, in words that mean what they say."""

import pytest

from core.domain.ids import PrincipalId
from core.domain.pairing import Likeness, Pairing, fingerprint
from core.domain.people import ChatUser, KnownAs, Pin, PinState, Principal
from core.domain.policy_warnings import PolicyWarning, WarningKind
from handlers.screens import pairs, warnings
from handlers.screens.screen import note
from handlers.slack.drawing.render import render_view
from tests.handlers.conftest import Open
from tests.handlers.policies import admin
from tests.handlers.samples import HOSTILE, LONG, foreign_markup

OLD, NEW = PrincipalId("p-old"), PrincipalId("p-new")


def pairing(number: int = 1, name: str = "ada@example.com", *alike: Likeness) -> Pairing:
    pin = Pin(ChatUser("slack", "T0EXAMPLE", f"U{number:03}"), OLD, PinState.SUSPENDED, NEW, KnownAs(name, (name,)))
    return Pairing(pin, None, Principal(NEW, name, name, (name,)), alike)


async def test_home_counts_who_waits_and_leads_there(show: Open) -> None:
    found = [PolicyWarning(WarningKind.PAIRS, suspended=312, second=1)]
    shown = await show(note("Home", warnings.build(admin(), found)))
    assert (
        "Chat accounts waiting for a release: 312 lead to other users in IAM Identity Center than before, "
        "1 is a second account of somebody." in shown
    )
    assert "[ Look at them ]" in shown


async def test_the_list_shows_old_and_new_and_what_they_have_in_common(show: Open) -> None:
    sure, unsure = pairing(1, "ada@example.com", Likeness.EMAIL, Likeness.EXTERNAL_ID), pairing(2, "eve@x.y")
    shown = await show(pairs.build_list([sure, unsure]))
    assert "was ada@example.com (p-old, gone); its address now leads to ada@example.com (p-new)" in shown
    assert "(same e-mail address, external id)" in shown
    assert "(nothing in common)" in shown
    assert "[ Release the one that pairs up ]" in shown
    assert "Release all" not in await show(pairs.build_list([unsure]))
    assert "No account waits" in await show(pairs.build_list([]))


async def test_hundreds_are_shown_in_pages(show: Open) -> None:
    waiting = [pairing(number, "a@x.y", Likeness.EMAIL) for number in range(312)]
    first = await show(pairs.build_list(waiting))
    assert ("1 to 10 of 312" in first, "[ More ]" in first) == (True, True)
    assert "[ Release all 312 that pair up ]" in first
    last = await show(pairs.build_list(waiting, 310))
    assert ("311 to 312 of 312" in last, "[ More ]" in last) == (True, False)
    assert "and 302 more" in await show(pairs.build_form(pairs.PairsToRelease(shown=fingerprint(waiting)), waiting))


@pytest.mark.parametrize("text", [HOSTILE, LONG])
async def test_the_worst_names_are_names(text: str, show: Open) -> None:
    waiting = [pairing(number, text, *Likeness) for number in range(12)]
    wanted = pairs.PairsToRelease(account=waiting[0].pin.chat_user, leads_to=NEW)
    for view in (pairs.build_list(waiting), pairs.build_form(wanted, waiting), pairs.said(text)):
        await show(view)
        assert foreign_markup(render_view(view)) == []


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", '{"a": 1, "t": "", "s": ""}', None])
def test_what_no_form_of_ours_wrote_is_nothing(text: object) -> None:
    assert pairs.PairsToRelease.read(text) is None


def test_what_is_wanted_comes_back_as_it_was_shown() -> None:
    for wanted in (pairs.PairsToRelease(ChatUser("slack", "T1", "U1"), "p-new"), pairs.PairsToRelease(shown="abc")):
        assert pairs.PairsToRelease.read(str(wanted)) == wanted


def test_the_fingerprint_is_of_who_leads_where() -> None:
    one, other = pairing(1), pairing(2)
    assert fingerprint([one, other]) == fingerprint([other, one])
    assert fingerprint([one]) != fingerprint([one, other])
    assert fingerprint([]) != fingerprint([one])
