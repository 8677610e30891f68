"""Home: its sections share Slack's hundred blocks, and each keeps its place."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.favourites import Favourite, whole_bundle
from core.domain.ids import GroupId, PrincipalId, RequestId
from core.domain.organization import membership_of
from core.domain.people import Person, Persona, Principal
from core.domain.request import LIVE, TERMINAL, Request, Shown, Status, digest
from core.services.queries.favourites import NamedFavourite
from core.services.queries.pending_approvals import Awaiting, WaitingPage
from handlers.flows import home
from handlers.flows.home_context import Pages
from handlers.flows.own import COMING
from handlers.screens import favourites, lists
from handlers.screens import help as help_screen
from handlers.screens import home as home_screen
from handlers.screens.ids import ActionId
from handlers.screens.lists import PAGE, ListName
from handlers.screens.parts import Button, Buttons, Part
from handlers.screens.request_buttons import about, read_all
from handlers.screens.screen import note
from handlers.slack.drawing.render import render_message, render_view
from handlers.slack_api.block_kit import VIEW_BLOCKS
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import ADA, APPROVAL, HOSTILE, LINKS, LONG, NOW, REQUEST, STATES, foreign_markup, nasty

JOINING, INCIDENT = membership_of(GroupId("g-operators")), whole_bundle("incident")
MOST = {section.title: section.most(PAGE) for section in home.SECTIONS}
OWN = {ListName.LIVE: LIVE, ListName.COMING: COMING, ListName.MINE: TERMINAL, ListName.UNDER: LIVE}


def worst(name: ListName, status: Status, text: str = LONG, most: int = PAGE) -> list[Part]:
    """A full page in the middle of a list, with the longest names."""
    one = replace(nasty(STATES[status], text), submission=RequestId(10**17))
    found = [replace(one, id=RequestId(10**17 + n)) for n in range(PAGE)]
    return listed(name, found, more=True, at="1042", most=most)


def worst_waiting(text: str) -> WaitingPage:
    """A full page of the longest, each with approvals and an extension, two and two asked for in one go."""
    prolonged = replace(nasty(STATES[Status.ACTIVE], text), id=RequestId(10**17))
    request = replace(nasty(REQUEST, text), quorum=10**6)
    votes = tuple(replace(APPROVAL, name=text, comment=text) for _ in range(20))
    asked = [replace(request, id=RequestId(10**17 + n), submission=RequestId(10**17 + n // 2 * 2)) for n in range(PAGE)]
    return WaitingPage(tuple(Awaiting(one, votes, prolonged) for one in asked), more=True)


def listed(
    name: ListName, found: Sequence[Request], *, more: bool = False, at: str = "", most: int = PAGE
) -> list[Part]:
    return home_screen.requests(name, found, NOW, LINKS, more=more, at=at, most=most)


def turns(parts: Sequence[Part]) -> list[Button]:
    """The buttons below a list, which lead to its other pages."""
    group = parts[-1]
    assert isinstance(group, Buttons)
    return [command for command in group.acts if isinstance(command, Button)]


def test_sections_together_fit_into_home() -> None:
    """Of somebody who is everything at once, with full lists."""
    assert sum(section.most(home.ROWS[1]) for section in home.SECTIONS) <= VIEW_BLOCKS - home.SAID


@pytest.mark.parametrize(("name", "status"), [(name, status) for name in OWN for status in sorted(OWN[name])])
def test_a_full_page_of_the_longest_keeps_to_its_share(name: ListName, status: Status) -> None:
    blocks = worst(name, status)
    assert len(blocks) <= MOST[home_screen.title(name)]
    assert not foreign_markup(render_view(home_screen.build(blocks, "")))


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
def test_a_full_page_of_what_waits_keeps_to_its_share(text: str) -> None:
    blocks = home_screen.waiting(worst_waiting(text), NOW, "1042")
    assert len(blocks) <= MOST[home_screen.title(ListName.WAITING)]
    assert not foreign_markup(render_view(home_screen.build(blocks, "")))


@pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 1000], ids=["long", "hostile", "wide"])
async def test_slack_takes_the_longest_list_of_what_waits(text: str, post: Post) -> None:
    message = lists.waiting(worst_waiting(text), NOW, "1042", text)
    assert "live until" in await post(message)
    assert not foreign_markup(render_message(message))


async def test_what_waits_says_who_asks_for_what_how_it_stands_and_why(post: Post) -> None:
    request = replace(REQUEST, quorum=2)
    shown = await post(lists.waiting(WaitingPage((Awaiting(request, (APPROVAL,), None),), more=False), NOW))
    assert "R-1042 · Ada Lovelace asks for PowerUserAccess in Payments Prod" in shown
    assert "1 of 2: Bob Kahn · 1 more is needed" in shown
    assert "“fix the stuck deployment pipeline” · PAY-123" in shown
    assert "[ Approve ] [ Reject ] [ Approve for a shorter time ] [ Details ]" in shown
    assert "More" not in shown


def in_one_go(status: Status, *submissions: int) -> list[Request]:
    """One request for each, newest first, of the submission that it names; 0: asked for alone."""
    count = len(submissions)
    return [
        replace(STATES[status], id=RequestId(2000 + count - n), submission=RequestId(of) if of else None)
        for n, of in enumerate(submissions)
    ]


async def test_what_was_asked_for_in_one_go_is_decided_in_one_go_below_the_last_of_them(show: Open, post: Post) -> None:
    asked = [Awaiting(one, (), None) for one in reversed(in_one_go(Status.PENDING, 0, 2001, 0, 2001, 2002))]
    page = WaitingPage(tuple(asked), more=False)
    shown = await show(note("Home", home_screen.waiting(page, NOW)))
    listed = await post(lists.waiting(page, NOW))
    for read in (shown, listed):
        assert "Ada Lovelace asked for R-2002, R-2004 in one go.\n[ Approve all ] [ Reject all ]\nR-2005" in read
        assert read.count("Approve all") == 1
    last = next(part for part in home_screen.waiting(page, NOW) if isinstance(part, Buttons) and "all" in part.id)
    acts = [act for act in last.acts if isinstance(act, Button)]
    both = (asked[1].request, asked[3].request)
    assert [read_all(act.value) for act in acts] == [tuple(Shown(one.id, digest(one)) for one in both)] * 2


@pytest.mark.parametrize(("name", "label"), [(ListName.LIVE, "End all"), (ListName.UNDER, "Revoke all")])
async def test_what_was_asked_for_in_one_go_and_is_live_is_ended_beside_the_first(
    name: ListName, label: str, show: Open
) -> None:
    over = [replace(one, id=RequestId(one.id - 1000)) for one in in_one_go(Status.REVOKING, 2001, 2002, 2002)]
    found = [*in_one_go(Status.ACTIVE, 0, 2001, 2001), *over]
    drawn = listed(name, found)
    assert (await show(note("Home", drawn))).count(label) == 1
    acts = [act for part in drawn if isinstance(part, Buttons) for act in part.acts if isinstance(act, Button)]
    (together,) = [act for act in acts if act.label == label]
    assert read_all(together.value) == tuple(Shown(one.id, digest(one)) for one in found[1:3])
    assert acts[acts.index(together) - 1].value == about(found[1])


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_slack_takes_the_longest_favourites_and_a_press_names_the_target(text: str, show: Open) -> None:
    named = [NamedFavourite(Favourite(REQUEST.target, starred=n % 2 == 0), text, text) for n in range(12)]
    rows = favourites.rows(named, PAGE)
    assert len(home_screen.ask(rows)) <= MOST["Ask for access"]
    assert "★ Starred" in await show(note("Home", rows))
    acts = [act for group in rows[:2] if isinstance(group, Buttons) for act in group.acts if isinstance(act, Button)]
    assert {favourites.read(act.value) for act in acts} == {REQUEST.target}
    assert [act.action for act in acts] == [ActionId.FAVOURITE, ActionId.UNSTAR, ActionId.FAVOURITE, ActionId.STAR]


async def test_a_favourite_is_called_by_what_it_is(show: Open) -> None:
    kinds = (
        (REQUEST.target, NamedFavourite(Favourite(REQUEST.target, starred=True), "Payments Prod", "ReadOnlyAccess")),
        (JOINING, NamedFavourite(Favourite(JOINING, starred=False), "Operators")),
        (INCIDENT, NamedFavourite(Favourite(INCIDENT, starred=False), "incident", targets=3)),
    )
    rows = favourites.rows([named for _, named in kinds], PAGE)
    shown = await show(note("Home", rows))
    for called in ("ReadOnlyAccess in Payments Prod", "Membership of Operators", "Bundle incident: 3 targets"):
        assert f"[ {called} ]" in shown
    acts = [act for group in rows if isinstance(group, Buttons) for act in group.acts if isinstance(act, Button)]
    assert [favourites.read(act.value) for act in acts] == [target for target, _ in kinds for _ in range(2)]


@pytest.mark.parametrize("value", ["", "x", "[]", "[1, 2]", '["a"]', "{}", "null"])
def test_a_favourite_that_home_did_not_write_is_none(value: str) -> None:
    assert favourites.read(value) is None


async def test_nothing_waiting_says_so(post: Post) -> None:
    nothing = WaitingPage((), more=False)
    assert "Nothing needs your approval." in await post(lists.waiting(nothing, NOW))
    assert "Approved: R-1042." in await post(lists.waiting(nothing, NOW, said="Approved: R-1042."))
    assert home_screen.waiting(nothing, NOW) == []


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
async def test_whoever_looks_at_home_reads_who_they_are_and_finds_every_command(text: str, show: Open) -> None:
    person = Person(Principal(PrincipalId("p-ada"), "ada@example.com", text), frozenset(), ADA)
    blocks = home_screen.you(person, set(Persona))
    assert len(blocks) <= MOST["You"]
    assert not foreign_markup(render_view(home_screen.build(blocks, "")))
    assert "in IAM Identity Center: requester, approver, auditor, admin." in str(
        render_view(home_screen.build(blocks, ""))["blocks"]
    )
    shown = await show(note("All commands", help_screen.commands(set(Persona), "/team")))
    assert "/team policy explain @ada 111122223333 PowerUserAccess" in shown
    assert await show(note("Who you are", help_screen.whoami(person, (text,) * 300, set(Persona), ADA).parts))


async def test_slack_takes_home_at_its_fullest(client: AsyncWebClient) -> None:
    blocks = [block for name in OWN for block in worst(name, min(OWN[name]), most=home.ROWS[1])]
    blocks += home_screen.waiting(worst_waiting(LONG), NOW, "1042")
    pages = Pages(dict.fromkeys(ListName, "9" * 100)).dump()
    answer = await client.views_publish(user_id="U0ADA", view=render_view(home_screen.build(blocks, pages)))
    assert answer["ok"]


def test_an_empty_list_is_left_out() -> None:
    assert [listed(name, []) for name in OWN] == [[]] * len(OWN)


@pytest.mark.parametrize("name", OWN)
def test_every_row_of_every_list_can_be_opened_and_no_number_leads_to_home_itself(name: ListName) -> None:
    found = [replace(STATES[status], id=RequestId(2000 + n)) for n, status in enumerate(sorted(OWN[name]))]
    drawn = render_view(home_screen.build(listed(name, found), ""))
    opens = [e for b in drawn["blocks"] for e in b.get("elements", ()) if e.get("action_id") == ActionId.DETAILS]
    assert [Shown.read(each["value"]) for each in opens] == [Shown(one.id, digest(one)) for one in found]
    assert LINKS.home not in str(drawn)


def test_a_list_goes_on_after_the_last_row_that_there_was_room_for() -> None:
    found = [replace(REQUEST, id=RequestId(2000 - n)) for n in range(PAGE)]
    drawn = listed(ListName.COMING, found, most=5)
    (older,) = turns(drawn)
    assert home_screen.read_turn(older.value) == (ListName.COMING, "1996")
    assert len(drawn) == 2 + 2 * 5


def test_home_is_in_the_order_of_what_people_come_for() -> None:
    titles = [section.title for section in home.SECTIONS]
    assert titles == [
        *("Warnings", "Everything live", "Waiting for you", "Live under your approval", "Live now", "Coming up"),
        *("Ask for access", "Your requests", "Your approvals", "Policies and settings", "You"),
    ]


def test_a_page_leads_on_and_back() -> None:
    first = turns(listed(ListName.MINE, [REQUEST], more=True))
    later = turns(listed(ListName.MINE, [REQUEST], at="1050"))
    assert [(button.label, home_screen.read_turn(button.value)) for button in (*first, *later)] == [
        ("Older", (ListName.MINE, "1042")),
        ("Newest", (ListName.MINE, "")),
    ]


@pytest.mark.parametrize("value", ["", "x", "[]", "{}", '{"l": "other", "c": "1"}', '{"l": ["mine"]}'])
def test_a_turn_that_home_did_not_write_is_none(value: str) -> None:
    assert home_screen.read_turn(value) is None


@pytest.mark.parametrize("stored", ["", "x", "[]", "3", '{"other": "1"}', None])
def test_pages_that_home_did_not_write_are_every_list_at_its_beginning(stored: object) -> None:
    assert Pages.load(stored) == Pages()


def test_pages_are_kept_in_the_view_and_turned_one_by_one() -> None:
    pages = Pages().turned(ListName.MINE, "1042").turned(ListName.WAITING, "7").turned(ListName.MINE, "1032")
    assert Pages.load(pages.dump()) == Pages({ListName.MINE: "1032", ListName.WAITING: "7"})
    assert Pages.load(pages.turned(ListName.MINE, "").dump()) == Pages({ListName.WAITING: "7"})
