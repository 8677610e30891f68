"""Edits of one policy, and what the organization, its channels and its people are known to be."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.ids import ConversationId
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import NamedPart, Section
from core.domain.policy_edits import put, without
from core.domain.policy_validation import Obstacle, channel_fault
from core.domain.settings import Settings

DEVELOPERS, LEADS = EligibilityPolicy("developers"), ApprovalPolicy("leads")
BOOK = PolicyBook(3, Settings(), (DEVELOPERS, EligibilityPolicy("others")), (LEADS, ApprovalPolicy("heads")))
MOMENT = timedelta(seconds=1)


def names(policies: Sequence[NamedPart]) -> list[str]:
    return [policy.name for policy in policies]


def test_a_new_policy_stands_at_the_end_of_its_own_section() -> None:
    one, other = put(BOOK, EligibilityPolicy("new")), put(BOOK, ApprovalPolicy("new"))

    assert (names(one.eligibility), one.approval) == (["developers", "others", "new"], BOOK.approval)
    assert (other.eligibility, names(other.approval)) == (BOOK.eligibility, ["leads", "heads", "new"])


def test_a_changed_policy_stays_in_its_place_under_its_new_name() -> None:
    assert names(put(BOOK, replace(DEVELOPERS, name="devs"), "developers").eligibility) == ["devs", "others"]
    assert names(put(BOOK, replace(LEADS, name="chiefs"), "leads").approval) == ["chiefs", "heads"]


def test_a_bundle_is_put_changed_and_taken_out_among_the_bundles_alone() -> None:
    book = put(put(BOOK, Bundle("developers")), Bundle("incident"))
    assert names(book.bundles) == ["developers", "incident"]
    renamed = put(book, Bundle("outage"), "incident")
    assert names(renamed.bundles) == ["developers", "outage"]
    left = without(renamed, Section.BUNDLES, "developers")
    assert (names(left.bundles), left.eligibility, left.approval) == (["outage"], BOOK.eligibility, BOOK.approval)


def test_a_policy_is_taken_out_of_its_own_section() -> None:
    assert names(without(BOOK, Section.ELIGIBILITY, "developers").eligibility) == ["others"]
    assert names(without(BOOK, Section.APPROVAL, "heads").approval) == ["leads"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda: put(BOOK, DEVELOPERS, "leads"),
        lambda: put(BOOK, LEADS, "developers"),
        lambda: without(BOOK, Section.APPROVAL, "developers"),
    ],
)
def test_a_policy_that_is_gone_is_not_edited(edit: Callable[[], PolicyBook]) -> None:
    with pytest.raises(Refused) as refused:
        edit()

    assert [(why.reason, why.field) for why in refused.value.refusals] == [(Reason.POLICY_GONE, Field.NAME)]


@pytest.mark.parametrize("obstacle", [None, *Obstacle])
def test_a_channel_is_a_fault_where_no_card_can_be_posted_and_joining_does_not_help(obstacle: Obstacle | None) -> None:
    fault = channel_fault(obstacle, ConversationId("C1"), ("leads",))
    bars = {
        Obstacle.UNKNOWN: Reason.CHANNEL_UNKNOWN,
        Obstacle.SHARED_OUTSIDE: Reason.CHANNEL_SHARED,
        Obstacle.ARCHIVED: Reason.CHANNEL_ARCHIVED,
    }
    reason = bars.get(obstacle) if obstacle else None

    assert fault == (Refusal(reason, Field.CHANNELS, ("leads",), detail="C1") if reason else None)
