"""A book that is exported and applied again is the same book."""

from dataclasses import dataclass, replace
from datetime import timedelta

import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.policy_file import FileNames, read, resolve, write
from core.domain.ids import GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet
from core.domain.people import Group, Principal
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, Notify, PolicyBook
from core.domain.settings import Settings
from core.ports import Conversation
from tests.adapters.policy_file import company as c
from tests.setting_values import settings_values
from tests.strategies import ACCOUNTS, CHANNELS, GROUPS, OUS, PEOPLE, PERMISSION_SETS, subsets

OWN_SET = {PERMISSION_SETS[-1]}
ODD_WORDS = (
    "off",
    "null",
    "~",
    "1",
    "0x10",
    "2026-01-01",
    "- a",
    "a: b",
    "#x",
    "'",
    '"',
    "*a",
    "&a",
    "!b",
    "{",
    "é…😀",
    "a\u2028b",
    "\u202eba",
)
words = st.one_of(
    st.sampled_from(ODD_WORDS),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip),
)
policy_names = words.filter(str.isprintable)


@dataclass(frozen=True)
class World:
    """A book, and everything that its names stand for."""

    book: PolicyBook
    organization: Organization
    names: FileNames


def lengths(most: int, least: int = 15) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def eligibility_policies(draw: st.DrawFn, name: str, limit: timedelta) -> EligibilityPolicy:
    return EligibilityPolicy(
        name=name,
        users=draw(subsets(PEOPLE)) | {PEOPLE[0]},
        groups=draw(subsets(GROUPS)),
        accounts=draw(subsets(ACCOUNTS)),
        ous=draw(subsets(OUS)) | {OUS[0]},
        direct_ous=draw(subsets(OUS)),
        permission_sets=draw(
            st.just(frozenset({EVERY_PERMISSION_SET})) | subsets(PERMISSION_SETS).map(lambda some: some | OWN_SET)
        ),
        max_duration=draw(st.none() | lengths(limit // timedelta(minutes=1))),
        approval_required=draw(st.booleans()),
    )


@st.composite
def approval_policies(draw: st.DrawFn, name: str) -> ApprovalPolicy:
    users = draw(subsets(PEOPLE)) | {PEOPLE[1]}
    return ApprovalPolicy(
        name=name,
        accounts=draw(subsets(ACCOUNTS)) | {ACCOUNTS[0]},
        ous=draw(subsets(OUS)),
        direct_ous=draw(subsets(OUS)),
        permission_sets=draw(subsets(PERMISSION_SETS)),
        approver_groups=draw(subsets(GROUPS)),
        approver_users=users,
        channels=tuple(draw(st.permutations(sorted(draw(subsets(CHANNELS)))))),
        approvals_required=draw(st.integers(1, len(users))),
        notify=draw(st.sampled_from(Notify)),
    )


def ids_of(book: PolicyBook) -> set[str]:
    """Everything in a book that is called by a name."""
    settings = book.settings
    found: set[str] = {
        *settings.protected_permission_sets,
        *filter(None, (settings.admin_group, settings.auditor_group)),
    }
    for policy in book.eligibility:
        found |= policy.users | policy.groups | (policy.permission_sets - {EVERY_PERMISSION_SET})
    for decision in book.approval:
        found |= decision.approver_users | decision.approver_groups | decision.permission_sets
    return found


def names_of(organization: Organization, called: dict[str, str]) -> FileNames:
    return FileNames.of(
        organization,
        [Principal(person, called[person], "") for person in PEOPLE],
        [Group(group, called[group]) for group in GROUPS],
        conversations=[Conversation(channel) for channel in CHANNELS],
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    distinct = st.lists(words, min_size=12, max_size=12, unique_by=lambda word: word.strip().casefold())
    called: dict[str, str] = dict(zip((*PEOPLE, *GROUPS, *PERMISSION_SETS), draw(distinct), strict=True))
    organization = replace(
        c.ORGANIZATION,
        accounts={id_: Account(id_, draw(words), OUS[0]) for id_ in ACCOUNTS},
        ous={id_: OrganizationalUnit(id_, draw(words)) for id_ in OUS},
        permission_sets={arn: PermissionSet(arn, called[arn]) for arn in PERMISSION_SETS},
    )
    settings = draw(settings_values())
    titles = draw(st.lists(policy_names, max_size=3, unique=True))
    book = PolicyBook(
        settings=settings,
        eligibility=tuple(draw(eligibility_policies(title, settings.max_duration)) for title in titles),
        approval=tuple(draw(approval_policies(title)) for title in titles),
    )
    labels = {id_: called[id_] for id_ in ids_of(book)}
    return World(replace(book, labels=labels), organization, names_of(organization, called))


@given(worlds())
def test_an_exported_book_reads_back_as_the_same_book_and_is_exported_alike(world: World) -> None:
    text = write(world.book, world.organization)
    read_back = resolve(read(text), world.names)

    assert read_back == world.book
    assert write(read_back, world.organization) == text


def test_never_and_off_are_written_as_they_are_said() -> None:
    settings = Settings(request_expiry=None, reminder_after=None)

    written = yaml.safe_load(write(PolicyBook(settings=settings), c.ORGANIZATION))["settings"]

    assert (written["request_expiry"], written["reminder_after"]) == ("never", "off")


def test_an_export_says_in_comments_what_ids_stand_for() -> None:
    text = write(resolve(read(c.GOOD), c.NAMES), c.ORGANIZATION)

    assert "      - '111122223333'  # payments-prod\n" in text
    assert "      - ou-ab12-payments  # Payments\n" in text


def test_a_name_in_a_comment_cannot_end_its_line() -> None:
    assert "- '012345670123'  # ledger prod\n" in write(resolve(read(c.GOOD), c.NAMES), c.ORGANIZATION)


def test_what_no_longer_exists_is_exported_by_its_label() -> None:
    book = resolve(read(c.GOOD), c.NAMES)
    emptied = replace(c.ORGANIZATION, accounts={}, ous={}, permission_sets={})

    text = write(book, emptied)

    assert "      - PowerUserAccess\n      - ReadOnlyAccess\n" in text
    assert "      - '111122223333'\n" in text


def test_current_names_win_over_labels() -> None:
    book = resolve(read(c.GOOD), c.NAMES)
    renamed = {c.ADA: "ada.lovelace", c.LEADS: "Leads of Payments"}

    text = write(book, c.ORGANIZATION, renamed)

    assert "      - ada.lovelace\n" in text
    assert "      - Leads of Payments\n" in text


def test_an_id_that_has_no_name_at_all_is_written_as_it_is() -> None:
    policy = EligibilityPolicy(
        "p",
        users=frozenset({PrincipalId("user-1")}),
        groups=frozenset({GroupId("group-1")}),
        permission_sets=frozenset({PermissionSetArn("arn:aws:sso:::permissionSet/x/ps-1")}),
    )

    text = write(PolicyBook(eligibility=(policy,)), c.ORGANIZATION)

    assert "      - user-1\n" in text
    assert "      - 'arn:aws:sso:::permissionSet/x/ps-1'\n" in text
