"""Pairs that wait for a release: who is recognized, what may be released with others, and whom words name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import PrincipalId
from core.domain.pairing import Likeness, Pairing, fingerprint, likenesses
from core.domain.people import ChatUser, KnownAs, Pin, PinState, Principal, speaks_for

OLD = Principal(PrincipalId("old"), "ann@corp.test", "Ann", ("ann@corp.test",), enabled=False, external_ids=("x1",))
NEW = Principal(PrincipalId("user-new"), "ann.lee", "Ann Lee", ("Ann@Corp.Test", ""), external_ids=("x1",))
PIN = Pin(ChatUser("slack", "T1", "U1"), OLD.id, PinState.SUSPENDED, claimed=NEW.id, known_as=KnownAs.of(OLD))
SURE = Pairing(PIN, OLD, NEW, (Likeness.EMAIL,))


def test_the_same_person_is_known_by_name_by_address_without_regard_to_case_and_by_the_providers_id() -> None:
    known = KnownAs.of(OLD)

    assert likenesses(known, OLD) == tuple(Likeness)
    assert likenesses(known, NEW) == (Likeness.EMAIL, Likeness.EXTERNAL_ID)
    assert likenesses(known, replace(NEW, emails=(), external_ids=())) == ()
    assert likenesses(None, OLD) == ()


def test_having_no_address_makes_nobody_alike() -> None:
    nameless = replace(OLD, user_name="", emails=("",), external_ids=())

    assert likenesses(KnownAs.of(nameless), nameless) == ()


@pytest.mark.parametrize(
    "pairing",
    [
        replace(SURE, was=replace(OLD, enabled=True)),
        replace(SURE, now=None),
        replace(SURE, now=replace(NEW, enabled=False)),
        replace(SURE, alike=()),
        replace(SURE, is_alone=False),
        replace(SURE, pin=replace(PIN, state=PinState.SECOND)),
    ],
)
def test_what_leaves_a_doubt_is_released_by_itself(pairing: Pairing) -> None:
    assert not pairing.is_sure


def test_whoever_is_the_same_person_in_place_of_one_who_is_gone_may_be_released_with_others() -> None:
    assert SURE.is_sure
    assert replace(SURE, was=None).is_sure


def test_a_pair_leads_to_whom_its_address_leads_to_or_to_whom_it_is_pinned() -> None:
    assert SURE.leads_to == NEW.id
    assert replace(SURE, pin=replace(PIN, claimed=None)).leads_to == OLD.id


@pytest.mark.parametrize(
    ("words", "named"),
    [
        *(("U1", True), ("ANN@corp.test", True), ("ann.lee", True), (OLD.id, True), (NEW.id, True)),
        *(("u1", False), ("ann", False), ("T1", False)),
    ],
)
def test_words_name_a_pair_by_its_account_and_by_its_people_before_and_now(words: str, *, named: bool) -> None:
    assert SURE.is_called(words) is named


def test_an_account_is_still_named_by_whom_it_was_known_as() -> None:
    forgotten = replace(SURE, was=None, now=None)

    assert forgotten.is_called("ann@corp.test")
    assert not replace(forgotten, pin=replace(PIN, known_as=None)).is_called("ann@corp.test")


@given(st.permutations([SURE, replace(SURE, pin=replace(PIN, chat_user=ChatUser("slack", "T1", "U2")))]))
def test_a_fingerprint_is_of_what_was_shown_in_whatever_order(pairings: list[Pairing]) -> None:
    elsewhere = replace(SURE, pin=replace(PIN, claimed=PrincipalId("user-x")))

    assert fingerprint(pairings) == fingerprint(list(reversed(pairings)))
    assert len({fingerprint(pairings), fingerprint(pairings[:1]), fingerprint([elsewhere]), fingerprint([])}) == 4
    assert len(fingerprint([])) == 32


@pytest.mark.parametrize("state", PinState)
def test_an_account_speaks_for_whom_it_is_pinned_to_unless_it_is_suspended(state: PinState) -> None:
    pin = replace(PIN, state=state)

    assert speaks_for(pin, OLD.id) is (state in {PinState.ACTIVE, PinState.SECOND})
    assert not speaks_for(pin, NEW.id)
    assert speaks_for(None, OLD.id)
