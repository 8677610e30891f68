import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Reason, Refused
from core.domain.ids import PrincipalId
from core.domain.people import (
    ChatProfile,
    ChatUser,
    Pin,
    PinState,
    Principal,
    address_key,
    agreed,
    by_use,
    hold_to_pin,
    match_external_id,
    match_principal,
    refuse_outsiders,
    strictest,
    user_of,
)
from tests.strategies import (
    CHAT_USERS,
    EMPLOYEE,
    EMPLOYEE_ON_TEAMS,
    FLAWS,
    FLAWS_ON_TEAMS,
    PEOPLE,
    addresses,
    directories,
    one_of,
    principal,
)

TODAY = datetime(2026, 11, 29, tzinfo=UTC)
ON_BOTH = (*CHAT_USERS, EMPLOYEE_ON_TEAMS.chat_user, ChatUser("teams", "tenant", "object-2"))
pins = st.builds(Pin, one_of(CHAT_USERS), one_of(PEOPLE), one_of(tuple(PinState)))


def outcome(email: str, directory: list[Principal]) -> PrincipalId | Reason:
    try:
        return match_principal(email, directory).id
    except Refused as refused:
        return refused.refusal.reason


def expected(email: str, directory: list[Principal]) -> PrincipalId | Reason:
    """Rule 1 read aloud: e-mails first, then the user name; disabled ones passed over; exactly one."""
    wanted = email.strip().lower()
    by_email = {p.id: p.enabled for p in directory for address in p.emails if address.strip().lower() == wanted}
    by_name = {p.id: p.enabled for p in directory if p.user_name.strip().lower() == wanted}
    for found in (by_email, by_name):
        enabled = [identifier for identifier, is_enabled in found.items() if is_enabled]
        if len(enabled) == 1:
            return enabled[0]
        if enabled:
            return Reason.SEVERAL_PRINCIPALS
    return Reason.PRINCIPAL_DISABLED if by_email or by_name else Reason.NO_PRINCIPAL


@given(addresses, directories)
def test_an_email_becomes_the_one_enabled_principal_it_belongs_to_or_is_refused_with_the_reason(
    email: str, directory: list[Principal]
) -> None:
    """Rule 1."""
    assert outcome(email, directory) == expected(email, directory)


@given(addresses, directories)
def test_upper_and_lower_case_of_an_email_make_no_difference(email: str, directory: list[Principal]) -> None:
    """Rule 1."""
    if email.isascii():
        assert outcome(email.upper(), directory) == outcome(email, directory)


@given(addresses, directories.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_the_directory_makes_no_difference(
    email: str, orders: tuple[list[Principal], list[Principal]]
) -> None:
    """Rule 1."""
    assert outcome(email, orders[0]) == outcome(email, orders[1])


@given(addresses, directories)
def test_a_principal_listed_twice_is_still_one(email: str, directory: list[Principal]) -> None:
    """Rule 1: the directory is read page by page, and pages overlap when it changes in between."""
    assert outcome(email, [*directory, *directory]) == outcome(email, directory)


@given(directories)
def test_an_empty_email_is_nobodys(directory: list[Principal]) -> None:
    """Rule 1: not even that of a user whose address somebody left blank."""
    blank = Principal(PrincipalId("user-9"), "", "Nobody", ("", " "))
    for email in ("", "  "):
        assert outcome(email, [*directory, blank]) is Reason.NO_PRINCIPAL


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("wei\u00df@example.com", "weiss@example.com"),
        ("\ufb01n@example.com", "fin@example.com"),
        ("\u212aarl@example.com", "karl@example.com"),
    ],
)
def test_letters_that_differ_in_more_than_case_make_another_address(email: str, address: str) -> None:
    """Rule 1: two people may be called like this, and one must not become the other."""
    ann = Principal(PEOPLE[0], "ann", "Ann", (address,))
    assert outcome(email, [ann]) is Reason.NO_PRINCIPAL


def test_no_letter_outside_ascii_makes_an_address_one_of_ascii() -> None:
    """Rule 1: whoever gets a mailbox of such a name somewhere must not be let in as somebody else."""
    capitals = [letter for letter in map(chr, range(128, sys.maxunicode + 1)) if letter.lower() != letter]
    assert [letter for letter in capitals if address_key(f"{letter}@example.com").isascii()] == []


def test_several_chat_users_may_be_one_principal() -> None:
    """Rule 1."""
    ann = principal(PEOPLE[0])
    assert {hold_to_pin(None, chat_user, ann).principal_id for chat_user in CHAT_USERS} == {ann.id}


@pytest.mark.parametrize("flaw", FLAWS)
def test_who_cannot_stand_for_an_employee_is_refused_with_a_reason_of_its_own(flaw: Reason) -> None:
    """Rule 1."""
    with pytest.raises(Refused) as refused:
        refuse_outsiders(replace(EMPLOYEE, **FLAWS[flaw]))
    assert [refusal.reason for refusal in refused.value.refusals] == [flaw]


@pytest.mark.parametrize(("first", "second"), [*combinations(FLAWS, 2)])
def test_no_flaw_makes_up_for_another(first: Reason, second: Reason) -> None:
    """Rule 1."""
    with pytest.raises(Refused) as refused:
        refuse_outsiders(replace(EMPLOYEE, **{**FLAWS[first], **FLAWS[second]}))
    assert refused.value.refusal.reason in {first, second}


def test_an_employee_with_a_confirmed_email_is_let_in() -> None:
    """Rule 1."""
    refuse_outsiders(EMPLOYEE)


@pytest.mark.parametrize("flaw", FLAWS_ON_TEAMS)
def test_who_cannot_stand_for_an_employee_on_teams_is_refused_with_a_reason_of_its_own(flaw: Reason) -> None:
    """Rule 1."""
    refuse_outsiders(EMPLOYEE_ON_TEAMS)
    with pytest.raises(Refused) as refused:
        refuse_outsiders(replace(EMPLOYEE_ON_TEAMS, **FLAWS_ON_TEAMS[flaw]))
    assert refused.value.refusal.reason is flaw


def test_where_the_id_of_the_identity_provider_leads_no_address_is_asked_for() -> None:
    """Rule 1; outsiders stay out."""
    by_id = replace(EMPLOYEE_ON_TEAMS, user_principal_name="", external_id="object-1")
    refuse_outsiders(by_id)
    with pytest.raises(Refused):
        refuse_outsiders(replace(by_id, is_guest=True))


@given(directories)
def test_an_id_of_the_identity_provider_is_the_one_enabled_principal_it_belongs_to(found: list[Principal]) -> None:
    """Rule 1."""
    enabled = {principal.id for principal in found if principal.enabled}
    if len(enabled) == 1:
        assert {match_external_id("object-1", [*found, *found]).id} == enabled
        return
    with pytest.raises(Refused) as refused:
        match_external_id("object-1", found)
    nobody = Reason.PRINCIPAL_DISABLED if found else Reason.EXTERNAL_ID_UNKNOWN
    assert refused.value.refusal.reason is (Reason.SEVERAL_PRINCIPALS if enabled else nobody)


@given(st.lists(one_of(PEOPLE), min_size=1, max_size=3))
def test_every_address_must_lead_to_the_same_principal(ids: list[PrincipalId]) -> None:
    """Rule 1."""
    found = [principal(each) for each in ids]
    if len(set(ids)) == 1:
        assert agreed(found).id == ids[0]
    else:
        with pytest.raises(Refused) as refused:
            agreed(found)
        assert refused.value.refusal.reason is Reason.ADDRESSES_DIFFER


@pytest.mark.parametrize(
    ("name", "email", "addresses"),
    [("ann@x", "ANN@x ", ("ANN@x",)), ("ann@x", "mail@x", ("ann@x", "mail@x")), ("ann@x", "", ("ann@x",))],
)
def test_an_address_that_a_profile_says_twice_is_looked_up_once(name: str, email: str, addresses: tuple[str]) -> None:
    profile = replace(EMPLOYEE_ON_TEAMS, user_principal_name=name, email=email)
    assert profile.addresses == addresses


@given(st.lists(st.builds(replace, pins, chat_user=one_of(ON_BOTH)), max_size=5), one_of(("slack", "teams", "")))
def test_people_are_written_to_where_they_acted_last_and_there_at_the_first_account(
    newest_first: list[Pin], platform: str
) -> None:
    """Rule 1: one platform may be asked for, and comes first where there is an account."""
    dated = [replace(pin, pinned_at=TODAY - number * timedelta(hours=1)) for number, pin in enumerate(newest_first)]
    order = by_use(dated, platform)
    assert sorted(map(str, order)) == sorted(map(str, dated))
    platforms = [pin.chat_user.platform for pin in order]
    assert platforms == sorted(platforms, key=platforms.index)
    for name in set(platforms):
        there = [pin.last_use for pin in order if pin.chat_user.platform == name]
        assert there == sorted(there)
    if order and platform not in platforms:
        assert platforms[0] == dated[0].chat_user.platform
    elif order:
        assert platforms[0] == platform


@given(one_of(CHAT_USERS), one_of(PEOPLE))
def test_a_pair_is_pinned_on_first_use(chat_user: ChatUser, identifier: PrincipalId) -> None:
    """Rule 1."""
    assert hold_to_pin(None, chat_user, principal(identifier)) == Pin(chat_user, identifier, PinState.ACTIVE)


@given(pins, one_of(PEOPLE))
def test_a_pinned_pair_that_leads_elsewhere_is_suspended(pin: Pin, identifier: PrincipalId) -> None:
    """Rule 1: and it keeps the principal it was pinned to, so that an admin sees both."""
    held = hold_to_pin(pin, pin.chat_user, principal(identifier))
    assert held.principal_id == pin.principal_id
    if not pin.state.is_suspended and identifier != pin.principal_id:
        assert (held.state.is_suspended, held.claimed) == (True, identifier)
        assert held.state.is_second is pin.state.is_second
    else:
        assert held == pin


@given(pins, one_of((PinState.SUSPENDED, PinState.SUSPENDED_SECOND)), st.lists(one_of(PEOPLE), max_size=4))
def test_a_suspended_pair_stays_suspended_wherever_its_email_leads_next(
    pin: Pin, state: PinState, later: list[PrincipalId]
) -> None:
    """Rule 1: only an admin releases it."""
    held = replace(pin, state=state)
    for identifier in later:
        held = hold_to_pin(held, pin.chat_user, principal(identifier))
        assert held.state is state


def pinned(state: PinState, user: str = "U1") -> Pin:
    return Pin(ChatUser("slack", "T1", user), PEOPLE[0], state)


def test_of_several_pairs_that_which_allows_least_counts() -> None:
    suspended, second, active = (pinned(state) for state in (PinState.SUSPENDED, PinState.SECOND, PinState.ACTIVE))

    assert strictest([active, second, suspended]) is suspended
    assert strictest([active, second]) is second
    assert strictest([active]) is active
    assert strictest([]) is None


def test_messages_go_to_the_first_account_that_is_active() -> None:
    newest_first = [pinned(PinState.ACTIVE, "U3"), pinned(PinState.ACTIVE, "U2"), pinned(PinState.SECOND, "U1")]

    assert user_of(newest_first) == ChatUser("slack", "T1", "U2")
    assert user_of(newest_first[2:]) is None


def test_an_account_is_the_same_from_whichever_workspace_of_an_organization_it_acts() -> None:
    """Rule 1: keyed by the organization that the platform vouches for."""
    user = ChatUser("slack", "T1", "U1")

    assert ChatProfile(user).account == user
    assert ChatProfile(user, organization="E1").account == ChatUser("slack", "E1", "U1")
