"""Errors say on which side they arose, and what came of the call."""

from datetime import timedelta

import pytest

from core.domain.errors import (
    AnswerLost,
    InvalidPolicies,
    NewerRelease,
    Problem,
    Reason,
    Refusal,
    Side,
    SourceRefused,
    SourceTrouble,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
    WrongClock,
)


def test_an_outage_is_on_no_known_side_until_somebody_says_so() -> None:
    lost = AnswerLost("no answer")

    assert AnswerLost("no answer").side is Side.UNKNOWN
    assert lost.at(Side.AWS) is lost
    assert lost.side is Side.AWS
    assert Upstream("other").side is Side.UNKNOWN
    assert Upstream("chat", side=Side.CHAT).side is Side.CHAT


def test_a_busy_side_says_when_to_come_again_and_a_refusing_one_its_own_word() -> None:
    busy = UpstreamBusy("slow down", retry_after=timedelta(seconds=30), side=Side.CHAT)
    refused = UpstreamRefused("no", code="AccessDeniedException", side=Side.AWS)

    assert (str(busy), busy.retry_after, busy.side) == ("slow down", timedelta(seconds=30), Side.CHAT)
    assert (str(refused), refused.code, refused.side) == ("no", "AccessDeniedException", Side.AWS)
    assert UpstreamBusy("later").retry_after is None
    assert UpstreamRefused("no").code == ""
    assert NewerRelease("newer").side is Side.STORAGE


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(seconds=40), "40 s ahead of"),
        (timedelta(seconds=-40.6), "41 s behind"),
        (timedelta(), "0 s behind"),
    ],
)
def test_a_wrong_clock_says_by_how_much_and_in_which_direction(ahead: timedelta, said: str) -> None:
    wrong = WrongClock(ahead)

    assert said in str(wrong)
    assert (wrong.ahead, wrong.side) == (ahead, Side.BOT)


def test_a_source_of_activity_says_what_is_wrong_with_which_part_in_its_own_words() -> None:
    refused = SourceRefused(SourceTrouble.UNKNOWN_TABLE, "events", said="TABLE_NOT_FOUND")

    assert (refused.trouble, refused.what, refused.said) == (SourceTrouble.UNKNOWN_TABLE, "events", "TABLE_NOT_FOUND")
    assert (str(refused), refused.code, refused.side) == (
        "unknown_table: events: TABLE_NOT_FOUND",
        "unknown_table",
        Side.AWS,
    )
    assert str(SourceRefused(SourceTrouble.TOO_OLD)) == "too_old: "


def test_a_broken_document_names_every_problem_by_its_line() -> None:
    broken = InvalidPolicies([Problem(3, "no such group"), Problem(9, "no name")])

    assert str(broken) == "line 3: no such group\nline 9: no name"
    assert broken.problems == (Problem(3, "no such group"), Problem(9, "no name"))


@pytest.mark.parametrize("reason", Reason)
def test_a_stored_reason_has_its_numbers_where_its_sentence_needs_them(reason: Reason) -> None:
    stored = Refusal(reason, detail="1 of 2").stored

    assert stored == ("too_few_approvals:1 of 2" if reason is Reason.TOO_FEW_APPROVALS else reason.value)
