"""The meaning of a policy file once its names are known."""

import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.policy_file import FileNames, NamesToResolve, read, resolve, wanted, write
from core.domain.errors import InvalidPolicies
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PrincipalId
from core.domain.people import Group, Principal
from core.domain.platforms import SLACK, TEAMS
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.settings import Requirement, Settings
from core.ports import Conversation
from tests.adapters.policy_file import company as c


def test_names_become_ids_and_ids_keep_their_names() -> None:
    assert resolve(read(c.GOOD), c.NAMES) == PolicyBook(
        settings=Settings(
            approver_comment=Requirement.OFF,
            max_duration=timedelta(hours=9),
            protected_accounts=frozenset({c.LEDGER_PROD}),
            admin_group=c.ADMINS,
        ),
        eligibility=(
            EligibilityPolicy(
                name="payments-engineers",
                users=frozenset({c.ADA}),
                groups=frozenset({c.PAYMENTS}),
                accounts=frozenset({c.PAYMENTS_PROD}),
                ous=frozenset({c.PAYMENTS_OU}),
                permission_sets=frozenset({c.READ_ONLY, c.POWER_USER}),
                max_duration=timedelta(hours=4),
                approval_required=True,
            ),
        ),
        approval=(
            ApprovalPolicy(
                name="payments-approvers",
                ous=frozenset({c.PAYMENTS_OU}),
                approver_groups=frozenset({c.LEADS}),
                channels=(c.CHANNEL,),
                approvals_required=2,
            ),
        ),
        labels={
            c.ADA: "ada",
            c.PAYMENTS: "Payments",
            c.LEADS: "Payments Leads",
            c.ADMINS: "team-admins",
            c.READ_ONLY: "ReadOnlyAccess",
            c.POWER_USER: "PowerUserAccess",
        },
    )


def test_a_file_with_nothing_but_its_version_is_a_new_installation() -> None:
    assert resolve(read("version: 1"), c.NAMES) == PolicyBook()


def test_keys_with_nothing_behind_them_count_as_left_out() -> None:
    text = "version: 1\nsettings:\n  max_duration:\n  admin_group: ~\neligibility:\napproval:\n"

    assert resolve(read(text), c.NAMES) == PolicyBook()


def test_a_policy_that_says_nothing_of_length_and_approval_takes_the_global_maximum_and_asks_for_approval() -> None:
    lines = c.GOOD.splitlines()
    text = "\n".join(lines[:13] + lines[15:])
    (policy,) = resolve(read(text), c.NAMES).eligibility

    assert (policy.max_duration, policy.approval_required) == (None, True)


def test_a_policy_may_name_nothing_but_the_accounts_directly_in_an_ou() -> None:
    places = "accounts: ['111122223333']\n    ous: [ou-ab12-payments]"
    book = resolve(read(c.GOOD.replace(places, "direct_ous: [r-ab12]", 1)), c.NAMES)

    assert not book.eligibility[0].ous
    assert book.eligibility[0].direct_ous == {c.ROOT}


@pytest.mark.parametrize("written", ["'*'", "['*']", '["*"]'])
def test_every_permission_set_stands_alone_with_a_list_around_it_or_without(written: str) -> None:
    text = c.GOOD.replace("[ReadOnlyAccess, PowerUserAccess]", written).replace(
        "permission_sets: []", "permission_sets: '*'"
    )
    book = resolve(read(text), c.NAMES)

    assert book.eligibility[0].permission_sets == {EVERY_PERMISSION_SET}
    assert book.approval[0].permission_sets == frozenset(), "any, as when none is named"


def test_account_ids_without_quotes_keep_their_zeros() -> None:
    text = c.GOOD.replace("'012345670123'", "012345670123").replace("'111122223333'", "111122223333")

    assert resolve(read(text), c.NAMES) == resolve(read(c.GOOD), c.NAMES)


def test_a_disabled_user_of_the_same_name_is_passed_over() -> None:
    twin = Principal(PrincipalId("user-old-ada"), "ada-old", "Ada", ("ada@example.com",), enabled=False)
    names = FileNames.of(c.ORGANIZATION, (*c.PRINCIPALS, twin), (Group(c.PAYMENTS, "Payments"),))
    text = c.GOOD[: c.GOOD.index("approval:\n")].replace("admin_group: team-admins", "require_ticket: yes")

    assert resolve(read(text), names).eligibility[0].users == {c.ADA}


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        *((f"ticket: {word}", Requirement.OFF) for word in ("off", "'off'", "false", "False", "no", "OFF")),
        ("ticket: optional", Requirement.OPTIONAL),
        ("ticket: required", Requirement.REQUIRED),
        ("require_ticket: true", Requirement.REQUIRED),
        ("require_ticket: false", Requirement.OFF),
        ("require_ticket:", Requirement.OFF),
    ],
)
def test_a_ticket_is_off_optional_or_required_also_in_the_words_of_before(written: str, asked: Requirement) -> None:
    text = c.GOOD.replace("approver_comment: off", written)

    assert resolve(read(text), c.NAMES).settings.ticket is asked


@pytest.mark.parametrize("false", ["off", "false", "No"])
def test_what_yaml_calls_false_is_off_for_every_choice_that_has_it(false: str) -> None:
    text = c.GOOD.replace("approver_comment: off", f"approver_comment: {false}")

    assert resolve(read(text), c.NAMES).settings.approver_comment is Requirement.OFF


def test_ids_stand_wherever_names_do_and_are_shown_by_their_present_names() -> None:
    by_id = {
        "ADA@example.com": "USER-ADA",
        "[Payments]": "[group-payments]",
        "Payments Leads": "group-leads",
        "team-admins": "group-admins",
        "ReadOnlyAccess": "ps-readonly",
        "PowerUserAccess": "arn:aws:sso:::permissionSet/ssoins-1/ps-power",
    }
    text = c.GOOD
    for name, its_id in by_id.items():
        text = text.replace(name, its_id)
    book = resolve(read(text), c.NAMES)

    assert book == resolve(read(c.GOOD), c.NAMES)
    assert write(book, c.ORGANIZATION) == write(resolve(read(c.GOOD), c.NAMES), c.ORGANIZATION)


def test_of_two_groups_of_one_name_each_is_named_by_its_id_also_when_written() -> None:
    book = resolve(read(c.GOOD.replace("[Payments]", "[group-twin-1]")), c.NAMES)

    assert book.eligibility[0].groups == {GroupId("group-twin-1")}
    assert resolve(read(write(book, c.ORGANIZATION)), c.NAMES) == book


def test_a_name_that_is_another_things_id_names_neither() -> None:
    impostor = Group(GroupId("group-impostor"), c.PAYMENTS)
    names = FileNames.of(c.ORGANIZATION, c.PRINCIPALS, (Group(c.PAYMENTS, "Payments"), impostor))
    text = c.GOOD[: c.GOOD.index("approval:\n")].replace("  admin_group: team-admins\n", "")

    with pytest.raises(InvalidPolicies) as refused:
        resolve(read(text.replace("[Payments]", "[group-payments]")), names)
    assert "group 'group-payments' is ambiguous" in str(refused.value)


def test_names_are_compared_in_composed_unicode() -> None:
    group = Group(GroupId("group-team"), unicodedata.normalize("NFD", "Équipe"))
    names = FileNames.of(c.ORGANIZATION, c.PRINCIPALS, (group,))
    text = c.GOOD[: c.GOOD.index("approval:\n")].replace("  admin_group: team-admins\n", "")
    book = resolve(read(text.replace("[Payments]", f"[{unicodedata.normalize('NFC', 'Équipe')}]")), names)

    assert book.eligibility[0].groups == {group.id}
    assert resolve(read(write(book, c.ORGANIZATION)), names) == book


def test_groups_whose_members_must_be_known_are_named_by_name_or_id() -> None:
    asked = wanted(read(c.GOOD.replace("[Payments Leads]", "[Payments Leads, group-empty]")))

    found = [Group(c.LEADS, "Payments Leads"), Group(c.EMPTY, "x"), Group(c.ADMINS, "y")]
    assert [group.id for group in found if asked.decides(group)] == [c.LEADS, c.EMPTY]


TEAMS_CHANNEL = "teams:19:a1b2c3@thread.tacv2"


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("[slack:C0PAYMENTS]", (c.CHANNEL,)),
        ("[C0PAYMENTS, slack:C0PAYMENTS]", (c.CHANNEL,)),
        (f"['{TEAMS_CHANNEL}']", (TEAMS_CHANNEL,)),
        ("['https://teams.microsoft.com/l/channel/19%3Aa1b2c3%40thread.tacv2/General?groupId=1']", (TEAMS_CHANNEL,)),
        (f"[C0PAYMENTS, '{TEAMS_CHANNEL}']", (c.CHANNEL, TEAMS_CHANNEL)),
    ],
)
def test_a_channel_is_written_back_in_one_way(written: str, means: tuple[str, ...]) -> None:
    document = read(c.GOOD.replace("[C0PAYMENTS]", written))
    book = resolve(document, c.NAMES)

    assert book.approval[0].channels == means
    assert wanted(document).channels == set(means)
    assert resolve(read(write(book, c.ORGANIZATION)), c.NAMES) == book


@pytest.mark.parametrize("off", ["off", "'off'", "false", "no"])
def test_a_request_may_never_expire_and_nobody_be_reminded(off: str) -> None:
    text = c.GOOD.replace("max_duration: 9h", f"request_expiry: never\n  reminder_after: {off}", 1)

    settings = resolve(read(text), c.NAMES).settings

    assert (settings.request_expiry, settings.reminder_after) == (None, None)


def test_a_document_says_which_names_must_be_looked_up() -> None:
    assert wanted(read(c.GOOD)) == NamesToResolve(
        users=frozenset({"ADA@example.com"}),
        groups=frozenset({"Payments", "Payments Leads", "team-admins"}),
        approver_groups=frozenset({"Payments Leads"}),
        accounts=frozenset({AccountId("111122223333"), AccountId("012345670123")}),
        ous=frozenset({OuId("ou-ab12-payments")}),
        permission_sets=frozenset({"ReadOnlyAccess", "PowerUserAccess"}),
        channels=frozenset({ConversationId("C0PAYMENTS")}),
    )


def test_a_channel_of_teams_is_held_against_teams_where_that_is_configured() -> None:
    document = read(c.GOOD.replace("[C0PAYMENTS]", f"[C0PAYMENTS, '{TEAMS_CHANNEL}']"))
    configured = replace(c.NAMES, platforms=frozenset({SLACK, TEAMS}))
    with pytest.raises(InvalidPolicies) as refused:
        resolve(document, configured)
    assert f"channel '{TEAMS_CHANNEL}' does not exist" in str(refused.value)
    found = Conversation(ConversationId(TEAMS_CHANNEL), "General")
    known = replace(configured, conversations={**configured.conversations, found.id: found})
    assert resolve(document, known).approval[0].channels == (c.CHANNEL, TEAMS_CHANNEL)
