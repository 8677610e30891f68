"""The errors of a policy file that cannot be applied: all of them, each with its line."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.policy_file import check, read, resolve
from core.adapters.policy_file.reading import MOST_TOLD
from core.adapters.policy_file.resolving import MOST_GUESSED
from core.domain.errors import InvalidPolicies, Problem
from core.domain.policy_validation import capped, empty_groups
from tests.adapters.policy_file.company import EMPTY, GOOD, NAMES


def problems_of(text: str) -> list[tuple[int, str]]:
    """Everything that applying the text is refused for."""
    with pytest.raises(InvalidPolicies) as refused:
        resolve(read(text), NAMES)
    return [(problem.line, problem.message) for problem in refused.value.problems]


def test_a_good_file_has_no_problems() -> None:
    check(read(GOOD))

    assert resolve(read(GOOD), NAMES).revision == 0


def test_a_policy_may_say_more_than_the_global_maximum() -> None:
    book = resolve(read(GOOD.replace("max_duration: 4h", "max_duration: 10h", 1)), NAMES)
    assert capped(book) == ((book.eligibility[0].name, timedelta(hours=10)),)


@pytest.mark.parametrize("groups", ["[Nobody Left]", "[Payments Leads, Nobody Left]"])
def test_an_approver_group_that_is_empty_today_is_no_mistake(groups: str) -> None:
    text = GOOD.replace("[Payments Leads]", groups).replace("approvals_required: 2", "approvals_required: 3")
    book = resolve(read(text), NAMES)
    assert empty_groups(book, NAMES.members, NAMES.disabled) == ((book.approval[0].name, (EMPTY,)),)


#: What is replaced in the good file, by what, and which lines are then to blame for what.
BAD = {
    "unknown key at the top": ("version: 1", "version: 1\nowner: me", [(2, "unknown key `owner`")]),
    "unknown key in settings": ("max_duration: 9h", "max_durations: 9h", [(4, "did you mean `max_duration`?")]),
    "unknown key in a policy": ("    users:", "    user:", [(9, "unknown key `user`: did you mean `users`?")]),
    "unknown key with nothing behind it": ("    users: [ADA@example.com]", "    who:", [(9, "unknown key `who`")]),
    "version missing": ("version: 1\n", "", [(1, "`version: 1` is missing")]),
    "version empty": ("version: 1\n", "version:\n", [(1, "`version: 1` is missing")]),
    "version unknown": ("version: 1", "version: 2", [(1, "'2' is unknown")]),
    "duration unreadable": ("max_duration: 4h", "max_duration: soon", [(14, "'soon' is no duration")]),
    "duration a bare number": ("max_duration: 9h", "max_duration: 9", [(4, "'9' is no duration")]),
    "duration too short": ("max_duration: 4h", "max_duration: 14m", [(14, "15 minutes")]),
    "global duration too short": ("max_duration: 9h", "max_duration: 1m", [(4, "15 minutes")]),
    "expiry unreadable": ("max_duration: 9h", "request_expiry: off", [(4, "'off' is no duration: write it like 45m")]),
    "expiry in no words": ("max_duration: 9h", "request_expiry: soon", [(4, "or never")]),
    "reminder unreadable": (
        "max_duration: 9h",
        "reminder_after: never",
        [(4, "'never' is no duration")],
    ),
    "reminder in no words": ("max_duration: 9h", "reminder_after: soon", [(4, "or off")]),
    "pattern unreadable": ("  max_duration: 9h", "  ticket_pattern: '['", [(4, "`ticket_pattern` is no regular")]),
    "pattern beyond bounds": ("  max_duration: 9h", "  ticket_pattern: a{99999999999}", [(4, "no regular")]),
    "switch unreadable": ("approval_required: true", "approval_required: maybe", [(15, "true or false, not 'maybe'")]),
    "switch in quotes": ("approval_required: true", "approval_required: 'true'", [(15, "true or false")]),
    "choice unknown": ("approver_comment: off", "approver_comment: never", [(3, "off, optional or required")]),
    "choice switched on": ("approver_comment: off", "approver_comment: yes", [(3, "off, optional or required, not")]),
    "ticket unknown": ("approver_comment: off", "ticket: sometimes", [(3, "off, optional or required")]),
    "ticket in two words": (
        "approver_comment: off",
        "ticket: optional\n  require_ticket: true",
        [(4, "`require_ticket` is `ticket` today: leave it out")],
    ),
    "list expected": ("groups: [Payments]", "groups: Payments", [(10, "`groups` must be a list")]),
    "value expected": ("admin_group: team-admins", "admin_group: [a]", [(6, "`admin_group` must be a single value")]),
    "nothing in a list": (
        "users: [ADA@example.com]",
        "users:\n      -\n      - ada",
        [(10, "`users`: there is nothing")],
    ),
    "list in a list": ("users: [ADA@example.com]", "users: [ada, [grace]]", [(9, "`users`: must be a single value")]),
    "empty word": ("groups: [Payments]", "groups: ['']", [(10, "`groups`: must not be empty")]),
    "settings no mapping": ("settings:", "settings: [a]\neligibility:\n  - name: x\nx:", [(2, "must be a mapping")]),
    "section no list": ("approval:\n", "approval: yes\nx:\n", [(16, "`approval` must be a list")]),
    "policy no mapping": ("approval:\n", "approval:\n  - all of them\n", [(17, "`approval` must be a mapping")]),
    "name missing": ("name: payments-engineers", "max_duration: 4h", [(8, "needs a `name`"), (14, "second time")]),
    "name over two lines": ("name: payments-engineers", 'name: "a\\nb"', [(8, "`name` must be one line")]),
    "no people": ("    users: [ADA@example.com]\n    groups: [Payments]\n", "", [(8, "names no people")]),
    "no place": ("    accounts: ['111122223333']\n    ous: [ou-ab12-payments]\n", "", [(8, "has no target")]),
    "no permission set": ("permission_sets: [ReadOnlyAccess, PowerUserAccess]", "permission_sets:", [(8, "no target")]),
    "no approvers": ("approver_groups: [Payments Leads]", "approver_groups: []", [(17, "names no people")]),
    "approval nowhere": ("    accounts: []\n    ous: [ou-ab12-payments]\n", "", [(17, "has no target")]),
    "quorum of none": ("approvals_required: 2", "approvals_required: 0", [(24, "from 1 to 9999, not '0'")]),
    "quorum no number": ("approvals_required: 2", "approvals_required: two", [(24, "from 1 to 9999, not 'two'")]),
    "quorum out of reach": ("approvals_required: 2", "approvals_required: 3", [(24, "only 2 enabled people")]),
    "key given twice": ("    groups:", "    users: [grace]\n    groups:", [(10, "second time, after line 9")]),
    "key that is a list": ("settings:", "settings:\n  ? [a]\n  : b", [(3, "a key must be a single word")]),
    "user unknown": ("[ADA@example.com]", "[ada, ad]", [(9, "user 'ad' does not exist")]),
    "user misspelt": ("[ADA@example.com]", "[adaa@example.com]", [(9, "did you mean 'ada@example.com'?")]),
    "user ambiguous": ("[ADA@example.com]", "[shared@example.com]", [(9, "any of edsger, grace")]),
    "user disabled": ("approver_users: []", "approver_users: [gone]", [(22, "'gone' is disabled")]),
    "group unknown": ("groups: [Payments]", "groups: [Paymens]", [(10, "did you mean 'Payments'?")]),
    "group ambiguous": ("groups: [Payments]", "groups: [Twins]", [(10, "ambiguous: 2 bear this name")]),
    "admin group unknown": ("admin_group: team-admins", "admin_group: nobody", [(6, "group 'nobody' does not exist")]),
    "account unknown": ("['111122223333']", "['111122223333', '444444444444']", [(11, "account '444444444444' does")]),
    "protected account unknown": ("['012345670123']", "['5']", [(5, "account '5' does not exist")]),
    "OU unknown": (
        "    ous: [ou-ab12-payments]\n    permission_sets: []",
        "    ous: [ou-x]",
        [(19, "OU 'ou-x' does not")],
    ),
    "OU named directly unknown": (
        "    ous: [ou-ab12-payments]\n    permission_sets: []",
        "    direct_ous: [ou-x]",
        [(19, "OU 'ou-x' does not")],
    ),
    "permission set unknown": (
        "[ReadOnlyAccess, PowerUserAccess]",
        "[readonlyaccess]",
        [(13, "mean 'ReadOnlyAccess'?")],
    ),
    "every permission set beside others": (
        "[ReadOnlyAccess, PowerUserAccess]",
        "[ReadOnlyAccess, '*']",
        [(13, "`permission_sets` must be either '*' alone")],
    ),
    "every permission set protected": (
        "protected_accounts: ['012345670123']",
        "protected_permission_sets: ['*']",
        [(5, "permission set '*' does not exist")],
    ),
    "channel unknown": ("[C0PAYMENTS]", "[C0NEVER]", [(23, "'C0NEVER' does not exist")]),
    "channel of Slack unknown": ("[C0PAYMENTS]", "[slack:C0NEVER]", [(23, "'slack:C0NEVER' does not exist")]),
    "channel of Teams unreadable": ("[C0PAYMENTS]", "['teams:general']", [(23, "is no channel of Teams")]),
    "channel gone": ("[C0PAYMENTS]", "[C0GONE]", [(23, "'C0GONE' does not exist")]),
    "channel shared outside": ("[C0PAYMENTS]", "[C0SHARED]", [(23, "shared outside the organization")]),
    "channel archived": ("[C0PAYMENTS]", "[C0ARCHIVED]", [(23, "is archived")]),
    "channel without the bot": ("[C0PAYMENTS]", "[C0WITHOUT]", [(23, "does not have the bot")]),
}


@pytest.mark.parametrize(("good", "bad", "expected"), BAD.values(), ids=BAD)
def test_a_mistake_is_told_with_its_line_and_nothing_else_is(
    good: str, bad: str, expected: list[tuple[int, str]]
) -> None:
    assert good in GOOD
    found = problems_of(GOOD.replace(good, bad, 1))

    for line, words in expected:
        assert [message for at, message in found if at == line and words in message], (line, words, found)
    if "x:" not in bad:
        assert len(found) == len(expected), found


def test_names_given_twice_are_told_with_the_line_of_the_first() -> None:
    again = "approval:\n  - name: a\n    users: []\n  - name: a\n"

    assert (4, "there is a policy 'a' already, on line 2") in problems_of(again)


def test_an_eligibility_and_an_approval_policy_may_share_a_name() -> None:
    text = GOOD.replace("payments-approvers", "payments-engineers")

    check(read(text))


def test_everything_is_told_at_once_in_the_order_of_lines() -> None:
    text = GOOD
    for good, bad in (
        ("version: 1", "version: 7"),
        ("max_duration: 9h", "max_durations: 9h"),
        ("[ADA@example.com]", "[nobody, [ada], gone]"),
        ("max_duration: 4h", "max_duration: long"),
        ("[C0PAYMENTS]", "[C0SHARED]"),
        ("approvals_required: 2", "approvals_required: 9"),
    ):
        text = text.replace(good, bad, 1)

    assert [line for line, _ in problems_of(text)] == [1, 4, 9, 9, 9, 14, 23, 24]


def test_of_more_mistakes_than_anybody_reads_only_the_number_is_told() -> None:
    told = read("version: 1\n" + "".join(f"k{number}: 1\n" for number in range(5000))).problems
    assert len(told) == MOST_TOLD + 1
    assert told[-1].message == "4000 more mistakes: mend those before them first"


def test_only_for_the_first_unknown_names_is_it_guessed_what_was_meant() -> None:
    """Each guess goes through every name there is: a document of unknown names would take hours."""
    unknown = ", ".join(f"adaa{number}@example.com" for number in range(MOST_TOLD + 5))
    told = problems_of(GOOD.replace("[ADA@example.com]", f"[{unknown}]"))
    assert sum("did you mean" in message for _, message in told) <= MOST_GUESSED
    assert "did you mean 'ada@example.com'?" in told[0][1]
    assert len(told) == MOST_TOLD + 1
    assert told[-1][1] == "more mistakes follow: mend those before them first"


def test_a_quorum_is_not_judged_while_an_approver_is_missing() -> None:
    text = GOOD.replace("[Payments Leads]", "[Payments Leads, Payments Heads]").replace("required: 2", "required: 3")

    assert [line for line, _ in problems_of(text)] == [21]


def test_the_message_of_the_error_names_every_line() -> None:
    error = InvalidPolicies([Problem(3, "one"), Problem(9, "two")])

    assert str(error) == "line 3: one\nline 9: two"


#: Texts in which there is nothing to judge, and where they stop being readable.
UNREADABLE = {
    "empty": ("", 1),
    "only a word": ("policies", 1),
    "a list": ("- version: 1", 1),
    "not closed": ("version: 1\nsettings: {", 2),
    "indented wrongly": ("version: 1\n  settings: x", 2),
    "a tab": ("version: 1\nsettings:\n\tx: y", 3),
    "a control character": ("version: 1\n# \x07", 2),
    "a control character behind others": ("version: 1\n# ünï\n# \x07", 3),
    "a line break that no editor shows": ("version: 1\n# nothing\u2028settings: {approval_required: false}", 2),
    "a carriage return alone": ("version: 1\r\n# nothing\rsettings: {approval_required: false}", 2),
    "a line that is shown backwards": ("version: 1\n# \u202e}eslaf", 2),
    "half a character": ("version: 1\n# \ud800", 2),
    "two documents": ("version: 1\n---\nversion: 1", 2),
    "an alias": ("version: 1\nx: &a [b]\ny: *a", 3),
    "an alias of itself": ("&a [*a]", 1),
    "a tag": ("version: 1\nx: !!python/object:os.system y", 2),
    "a deep nest": ("version: 1\nx: " + "[" * 100_000, 2),
    "more than 1 MiB": ("# " + "x" * 1024 * 1024, 0),
}


@pytest.mark.parametrize(("text", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_with_the_line_where_it_ends(text: str, line: int) -> None:
    assert line in [at for at, _ in problems_of(text)]


def test_a_file_that_multiplies_itself_is_refused_before_it_grows() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 200))

    assert all("aliases" in message for _, message in problems_of(bomb))


ODD = ("*a", "&a", "!!python/object", "[", "]" * 30, "{a: b}", "\t", "'", '"', "? a", "---", "...", "%", "\0", "\ud800")
PIECES = st.sampled_from([*GOOD.splitlines(keepends=True), *ODD, "- ", ": ", "\u2028", "9" * 400, "1e400", "<<: *a"])


@given(st.lists(PIECES, max_size=12), st.integers(0, len(GOOD)), st.integers(0, 40), st.text(max_size=10))
def test_whatever_a_file_holds_it_is_read_or_its_problems_are_told(
    pieces: list[str], place: int, missing: int, typed: str
) -> None:
    for text in ("".join(pieces), GOOD[:place] + "".join([typed, *pieces[:2]]) + GOOD[place + missing :]):
        for problem in problems_if_any(text):
            assert 0 <= problem.line <= text.count("\n") + 2


def problems_if_any(text: str) -> list[Problem]:
    try:
        resolve(read(text), NAMES)
    except InvalidPolicies as refused:
        return list(refused.problems) or [Problem(-1, "refused without a word")]
    return []
