from dataclasses import replace
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
    hold_to_pin,
    match_principal,
    refuse_outsiders,
    strictest,
    user_of,
)
from tests.strategies import (
    CHAT_USERS,
    EMPLOYEE,
    FLAWS,
    PEOPLE,
    addresses,
    directories,
    one_of,
    principal,
)

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
    ("email", "address"), [("wei\u00df@example.com", "weiss@example.com"), ("\ufb01n@example.com", "fin@example.com")]
)
def test_letters_that_differ_in_more_than_case_make_another_address(email: str, address: str) -> None:
    """Rule 1: two people may be called like this, and one must not become the other."""
    ann = Principal(PEOPLE[0], "ann", "Ann", (address,))
    assert outcome(email, [ann]) is Reason.NO_PRINCIPAL


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


@given(one_of(CHAT_USERS), one_of(PEOPLE))
def test_a_pair_is_pinned_on_first_use(chat_user: ChatUser, identifier: PrincipalId) -> None:
    """Rule 1."""
    assert hold_to_pin(None, chat_user, principal(identifier)) == Pin(chat_user, identifier, PinState.ACTIVE)


@given(pins, one_of(PEOPLE))
def test_a_pinned_pair_that_leads_elsewhere_is_suspended(pin: Pin, identifier: PrincipalId) -> None:
    """Rule 1: and it keeps the principal it was pinned to, so that an admin sees both."""
    held = hold_to_pin(pin, pin.chat_user, principal(identifier))
    assert held.principal_id == pin.principal_id
    if pin.state is not PinState.SUSPENDED and identifier != pin.principal_id:
        assert (held.state, held.claimed) == (PinState.SUSPENDED, identifier)
    else:
        assert held == pin


@given(pins, st.lists(one_of(PEOPLE), max_size=4))
def test_a_suspended_pair_stays_suspended_wherever_its_email_leads_next(pin: Pin, later: list[PrincipalId]) -> None:
    """Rule 1: only an admin releases it."""
    held = replace(pin, state=PinState.SUSPENDED)
    for identifier in later:
        held = hold_to_pin(held, pin.chat_user, principal(identifier))
        assert held.state is PinState.SUSPENDED


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
