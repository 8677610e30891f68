import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.audit import (
    GENESIS,
    Anchor,
    AuditEvent,
    ChainBreak,
    Sealed,
    Walk,
    body_of,
    broken_end,
    link,
    request_of,
    seal,
    told,
    verify,
)
from core.domain.ids import RequestId
from core.domain.request import Actor
from tests.strategies import (
    NOW,
    Trail,
    audit_events,
    trails,
)


def is_found_out(chain: Sequence[Sealed], trail: Trail) -> bool:
    return isinstance(verify(chain, trail.anchor), ChainBreak)


@given(trails(least=0))
def test_a_trail_that_nobody_touched_verifies_up_to_its_anchor(trail: Trail) -> None:
    """Rule 23."""
    assert verify(trail.chain, trail.anchor) == trail.anchor
    assert trail.anchor.seq == len(trail.chain)


@given(trails(), st.data())
def test_a_changed_event_is_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23: whichever of its columns was changed."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    event = trail.chain[place]
    forged = data.draw(
        st.sampled_from(
            [
                replace(event, body=event.body.replace("request.", "Request.", 1)),
                replace(event, seq=event.seq + 1),
                replace(event, hash="f" * 64),
                replace(event, prev_hash="f" * 64),
            ]
        )
    )
    assert is_found_out([*trail.chain[:place], forged, *trail.chain[place + 1 :]], trail)


@given(trails(), audit_events, st.data())
def test_a_changed_event_that_was_hashed_again_is_found(trail: Trail, event: AuditEvent, data: st.DataObject) -> None:
    """Rule 23: the hash is no secret, but the next event and in the end the anchor name the old one."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    old, body = trail.chain[place], body_of(event)
    if body == old.body:
        return
    forged = Sealed(old.seq, old.prev_hash, link(old.seq, old.prev_hash, body), body)
    assert is_found_out([*trail.chain[:place], forged, *trail.chain[place + 1 :]], trail)


@given(trails(), audit_events, st.data())
def test_a_history_written_anew_from_some_event_on_is_found(
    trail: Trail, event: AuditEvent, data: st.DataObject
) -> None:
    """Rule 23: it holds in itself, but is not what the trail was anchored at."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    rewritten = [*trail.chain[:place]]
    for body in [body_of(event), *(later.body for later in trail.chain[place + 1 :])]:
        before = rewritten[-1].hash if rewritten else GENESIS
        rewritten.append(Sealed(len(rewritten) + 1, before, link(len(rewritten) + 1, before, body), body))
    assert is_found_out(rewritten, trail) == (rewritten[place].body != trail.chain[place].body)


@given(trails(), st.data())
def test_a_removed_event_is_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    assert is_found_out([*trail.chain[:place], *trail.chain[place + 1 :]], trail)


@given(trails(), st.data())
def test_an_end_that_was_cut_off_is_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23: the last event included, and the whole trail too."""
    assert is_found_out(trail.chain[: data.draw(st.integers(0, len(trail.chain) - 1))], trail)


@given(trails(), st.data())
def test_a_trail_that_is_not_the_one_that_was_archived_is_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23: written anew with its anchor it holds in itself, and so does one that was cut off with its anchor."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    archived = Anchor(trail.chain[place].seq, trail.chain[place].hash)
    assert verify(trail.chain, trail.anchor, archived) == trail.anchor
    assert verify(trail.chain, trail.anchor, replace(archived, hash="")) == trail.anchor
    cut = trail.chain[:place]
    cut_at = Anchor(cut[-1].seq, cut[-1].hash) if cut else Anchor()
    assert isinstance(verify(cut, cut_at, archived), ChainBreak)
    assert isinstance(verify(cut, cut_at, replace(archived, hash="")), ChainBreak)
    other = replace(archived, hash="f" * 64)
    assert verify(trail.chain, trail.anchor, other) == ChainBreak(place + 1, "is not the one that was archived")


@given(trails(least=0), st.data())
def test_a_look_at_the_ends_of_a_trail_that_nobody_touched_finds_nothing(trail: Trail, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(trail.chain)))
    links = [Anchor(event.seq, event.hash) for event in trail.chain]
    archived = links[place - 1] if place else Anchor()
    at_archived = links[max(place, 1) - 1 :][:2]
    assert broken_end(trail.anchor, archived, links[-1:], at_archived) is None
    behind = Anchor(trail.anchor.seq + 1, "0")
    assert broken_end(trail.anchor, archived, [*links[-1:], behind], at_archived) is not None
    assert broken_end(trail.anchor, behind, links[-1:], []) is not None
    if place:
        assert broken_end(trail.anchor, replace(archived, hash="f"), links[-1:], at_archived) is not None
        assert broken_end(trail.anchor, archived, [], at_archived) is not None


@given(trails(), audit_events, st.data())
def test_an_inserted_event_is_found(trail: Trail, event: AuditEvent, data: st.DataObject) -> None:
    """Rule 23: at the end too, where it could be sealed like any other."""
    place = data.draw(st.integers(0, len(trail.chain)))
    before = trail.chain[place - 1] if place else None
    inserted = seal(Anchor(before.seq, before.hash) if before else Anchor(), event)
    assert is_found_out([*trail.chain[:place], inserted, *trail.chain[place:]], trail)


@given(trails(least=2), st.data())
def test_a_moved_event_is_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23."""
    places = st.integers(0, len(trail.chain) - 1)
    chain = [*trail.chain]
    here, there = data.draw(places), data.draw(places)
    chain.insert(there, chain.pop(here))
    assert is_found_out(chain, trail) == (here != there)


@given(trails(least=2), st.data())
def test_two_texts_that_changed_places_are_found(trail: Trail, data: st.DataObject) -> None:
    """Rule 23."""
    places = st.integers(0, len(trail.chain) - 1)
    here, there = data.draw(places), data.draw(places)
    chain = [*trail.chain]
    chain[here] = replace(chain[here], body=trail.chain[there].body)
    chain[there] = replace(chain[there], body=trail.chain[here].body)
    assert is_found_out(chain, trail) == (trail.chain[here].body != trail.chain[there].body)


@given(trails(), st.data())
def test_the_first_break_is_named(trail: Trail, data: st.DataObject) -> None:
    """Rule 23."""
    place = data.draw(st.integers(0, len(trail.chain) - 1))
    forged = replace(trail.chain[place], body="{}")
    assert verify([*trail.chain[:place], forged, *trail.chain[place + 1 :]], trail.anchor) == ChainBreak(
        place + 1, "was changed"
    )


@given(audit_events)
def test_an_event_says_who_what_when_why_and_under_which_policies(event: AuditEvent) -> None:
    """Rule 23: who is the UserId and the chat user, never a name alone."""
    said = json.loads(body_of(event))
    assert (said["action"], said["at"]) == (event.action, event.at.isoformat())
    assert said["actor"]["principal_id"] == event.actor.principal_id
    chat_user = event.actor.chat_user
    assert said["actor"]["chat_user"] == ([chat_user.platform, chat_user.team, chat_user.user] if chat_user else None)
    assert (said["request_id"], said["policy_revision"]) == (_shown(event.request_id), event.policy_revision)
    assert said["facts"] == event.facts


def test_what_no_policy_has_a_say_in_names_no_revision() -> None:
    """Revision 0 is one: the policies of a new installation."""
    exported, submitted = AuditEvent("export.asked", NOW), AuditEvent("request.submitted", NOW, policy_revision=0)
    assert [json.loads(body_of(each))["policy_revision"] for each in (exported, submitted)] == [None, 0]


@given(audit_events, audit_events)
def test_two_different_events_are_never_the_same_text(one: AuditEvent, other: AuditEvent) -> None:
    """Rule 23."""
    assert (body_of(one) == body_of(other)) == (json.loads(body_of(one)) == json.loads(body_of(other)))
    assert (body_of(one) == body_of(replace(one, at=one.at + timedelta(microseconds=1)))) is False


@given(st.text(st.characters(), max_size=5))
@example("\ud83d")
@example("\x00")
def test_no_text_is_too_odd_to_be_recorded(text: str) -> None:
    """Rule 23: half an emoji in a justification must not keep a decision from being recorded."""
    sealed = seal(Anchor(), AuditEvent("request.submitted", NOW, facts={"justification": text}))
    assert verify([sealed], Anchor(sealed.seq, sealed.hash)) == Anchor(1, sealed.hash)
    assert json.loads(sealed.body)["facts"]["justification"] == text
    assert sealed.body.encode()


def _shown(number: RequestId | None) -> str | None:
    return None if number is None else f"R-{number}"


LINKS = {"extends": 1041, "continued_by": 1043, "called_off": [1044, 1045], "minutes": 60}


@given(st.integers(1, 10**12))
def test_an_event_names_requests_as_people_read_them(number: int) -> None:
    """Rule 23: the one that it is about, and those that its facts lead to."""
    sealed = seal(Anchor(), AuditEvent("request.ended", NOW, request_id=RequestId(number), facts=LINKS))
    for said in (json.loads(sealed.body), told(sealed)):
        assert said["request_id"] == f"R-{number}"
        assert said["facts"] == {
            "extends": "R-1041",
            "continued_by": "R-1043",
            "called_off": ["R-1044", "R-1045"],
            "minutes": 60,
        }
    assert request_of(sealed) == number


def test_an_event_that_was_sealed_with_the_number_alone_still_verifies_and_reads_like_every_other() -> None:
    """Rule 23: what was hashed is never touched."""
    early = json.dumps({**json.loads(body_of(AuditEvent("request.ended", NOW))), "request_id": 1042, "facts": LINKS})
    sealed = Sealed(1, GENESIS, link(1, GENESIS, early), early)
    assert verify([sealed], Anchor(1, sealed.hash)) == Anchor(1, sealed.hash)
    assert request_of(sealed) == 1042
    assert told(sealed)["request_id"] == "R-1042"
    assert told(sealed)["facts"]["continued_by"] == "R-1043"


def event(number: RequestId | None) -> AuditEvent:
    return AuditEvent("request.submitted", NOW, Actor("Ann"), number, 1, {})


@given(st.none() | st.integers(1, 99_999).map(RequestId))
def test_an_event_names_its_request(number: RequestId | None) -> None:
    assert request_of(seal(Anchor(0, ""), event(number))) == number


def test_an_event_that_names_its_request_in_an_unknown_way_is_not_guessed_at() -> None:
    sealed = seal(Anchor(0, ""), event(RequestId(7)))

    with pytest.raises(ValueError, match="X-7"):
        request_of(replace(sealed, body=sealed.body.replace("R-7", "X-7")))


def test_an_event_under_another_request_breaks_the_trail() -> None:
    sealed = seal(Anchor(), event(RequestId(7)))

    assert Walk().step(sealed) is None
    assert Walk().step(replace(sealed, filed_elsewhere=True)) == ChainBreak(
        1, "is not filed under the request that it is about"
    )
