"""The notices about a change of policies (rule 25), and about faults: complete, to everybody whom they concern."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from core.domain.ids import GroupId, PrincipalId, RequestId
from core.domain.notice_content import PoliciesChanged, PoliciesWaiting, PolicyChange
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Audience, Form, Notice, Plain, Recipient, Topic
from core.domain.old_messages import redrawn, subject_of
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Change, Section, differences, recorded
from core.domain.policy_notices import (
    admin_groups_of,
    change_of,
    not_told,
    notices_of_change,
)
from core.domain.request import Actor
from core.domain.settings import Settings
from core.domain.told_changes import MOST_PARTS, MOST_VALUES, ToldField, changes_told
from tests.contents import content_of
from tests.strategies import ACCOUNTS, NOW, PEOPLE, policy_books

AUTHOR = Actor("Ann", PEOPLE[0])
BEFORE = PolicyBook(3, Settings(admin_group=GroupId("admins")), (), ())
LABELS = {str(account): f"Account {n}" for n, account in enumerate(ACCOUNTS)}


def of_accounts(count: int, name: str = "developers") -> EligibilityPolicy:
    return EligibilityPolicy(name, accounts=frozenset(ACCOUNTS[:count]))


def of_change(change: PolicyChange) -> Notice:
    return notices_of_change(PoliciesChanged(change))[0]


def told_of(before: PolicyBook, after: PolicyBook) -> dict[str, ToldField]:
    parts, _ = changes_told(before, after)
    return {field.field: field for part in parts for field in part.fields}


@given(policy_books, policy_books)
def test_a_change_is_told_in_the_audit_channel_and_to_the_other_admins(before: PolicyBook, after: PolicyBook) -> None:
    """Rule 25."""
    content = PoliciesChanged(change_of(before, after, AUTHOR, "more people"))
    line, direct = notices_of_change(content)

    assert (line.form, line.to, direct.form, direct.to) == (Form.LINE, AUDIT_CHANNEL, Form.DIRECT, ADMINS)
    assert line.content == direct.content == content
    assert (content.change.parts, content.change.more) == changes_told(before, after)
    assert not_told(line) == PEOPLE[0]
    assert (content.change.by, content.change.why, content.change.revision) == ("Ann", "more people", after.revision)


def test_a_change_of_nobody_in_particular_is_told_to_every_admin() -> None:
    line = of_change(change_of(BEFORE, BEFORE, Actor("the policy file"), ""))

    assert not_told(line) is None
    assert content_of(line, PoliciesChanged).change.parts == ()


def test_values_are_called_by_their_labels_and_the_rest_is_counted() -> None:
    after = replace(BEFORE, eligibility=(of_accounts(MOST_VALUES + 2),), labels=LABELS)
    gained = told_of(BEFORE, after)["accounts"].gained

    assert len(gained) == MOST_VALUES + 1
    assert gained[0] == "Account 0"
    assert gained[-1] == "2 more"
    assert told_of(after, BEFORE)["accounts"].lost == gained


def test_as_many_values_as_there_is_room_for_are_all_named() -> None:
    after = replace(BEFORE, eligibility=(of_accounts(MOST_VALUES),))

    assert told_of(BEFORE, after)["accounts"].gained == tuple(ACCOUNTS[:MOST_VALUES])


def test_a_setting_is_told_with_before_and_after_as_a_file_would_say_them() -> None:
    after = replace(BEFORE, settings=Settings(max_duration=timedelta(hours=2), approval_required=False))
    told = told_of(BEFORE, after)

    assert (told["max_duration"].after, told["approval_required"]) == (
        "2h",
        ToldField("approval_required", before="true", after="false"),
    )
    assert (told["admin_group"].before, told["admin_group"].after) == ("admins", "")


@pytest.mark.parametrize(("count", "more"), [(MOST_PARTS, 0), (MOST_PARTS + 3, 3)])
def test_of_very_many_parts_the_rest_is_counted(count: int, more: int) -> None:
    after = replace(BEFORE, eligibility=tuple(of_accounts(1, f"p{n}") for n in range(count)))
    parts, rest = changes_told(BEFORE, after)

    assert (len(parts), rest) == (MOST_PARTS, more)
    assert {(part.section, part.change) for part in parts} == {(Section.ELIGIBILITY, Change.ADDED)}


def test_those_who_were_admins_before_are_told_too() -> None:
    after = replace(BEFORE, settings=Settings(admin_group=GroupId("others")))
    changed = of_change(change_of(BEFORE, after, AUTHOR, ""))
    kept = of_change(change_of(BEFORE, BEFORE, AUTHOR, ""))

    assert admin_groups_of(changed) == ("admins", "others")
    assert admin_groups_of(kept) == ()


def test_the_trail_has_of_several_values_what_came_and_what_went() -> None:
    """Rule 23: with before and after."""
    after = replace(
        BEFORE, settings=replace(BEFORE.settings, max_duration=timedelta(hours=2)), eligibility=(of_accounts(1),)
    )
    rows = {(row["part"], row["field"]): row for row in recorded(differences(BEFORE, after))}

    assert rows["settings", "max_duration"]["after"] == "2h"
    assert rows["eligibility.developers", "accounts"] == {
        "part": "eligibility.developers",
        "field": "accounts",
        "gained": [ACCOUNTS[0]],
        "lost": [],
    }


def test_messages_that_lose_their_use_are_found_by_what_they_are_about() -> None:
    overdue = Notice(Form.DIRECT, Plain(Topic.OVERDUE), ADMINS, RequestId(7))
    waiting = Notice(Form.DIRECT, PoliciesWaiting(change_of(BEFORE, BEFORE, AUTHOR, ""), 4, (), NOW), ADMINS)

    assert redrawn(Topic.OVERDUE, 7).to == Recipient(Audience.SENT, subject_of(overdue))
    assert redrawn(Topic.OVERDUE, 7).request_id == 7
    assert redrawn(Topic.POLICIES_WAITING, 4).to == Recipient(Audience.SENT, subject_of(waiting))
    assert redrawn(Topic.POLICIES_WAITING, 4).request_id is None
    assert (
        subject_of(Notice(Form.DIRECT, Plain(Topic.ANSWER), Recipient.principal(PrincipalId("u")), RequestId(7))) == ""
    )
