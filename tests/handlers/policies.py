"""Books, contexts and previews that the tests of the views about policies share, the worst of them included."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from core.domain.decider_changes import DeciderChange, Deciders, RoleShift
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person, Principal
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import differences
from core.domain.policy_impact import AccessChange, AffectedRequest, PolicyImpact, RequestImpact
from core.domain.request import Actor
from core.domain.settings import Settings
from core.ports import Conversation, Draft, Revision
from core.services.policies.admin_gate import AdminContext
from core.services.policies.drafts import DraftPreview
from core.services.policies.names import CurrentNames
from core.services.policies.store import RevisionEntry
from tests.handlers.samples import HOSTILE, NOW, REQUEST, nasty

ROOT, PAYMENTS = OuId("r-root"), OuId("ou-payments")
PROD, STAGING = AccountId("111122223333"), AccountId("111122224444")
POWER, READ = (PermissionSetArn(f"arn:aws:sso:::permissionSet/ssoins-1/ps-{n}") for n in ("power", "read"))
LEADS, ENGINEERS, ADMINS = GroupId("g-leads"), GroupId("g-engineers"), GroupId("g-admins")
FRANK, ADA = PrincipalId("p-frank"), PrincipalId("p-ada")
CHANNEL, PRIVATE = ConversationId("C0PAYMENTS"), ConversationId("C0PRIVATE")

ORGANIZATION = Organization(
    accounts={each.id: each for each in (Account(PROD, "Payments Prod", PAYMENTS), Account(STAGING, "Staging", ROOT))},
    ous={ROOT: OrganizationalUnit(ROOT, "Root"), PAYMENTS: OrganizationalUnit(PAYMENTS, "Payments", ROOT)},
    permission_sets={POWER: PermissionSet(POWER, "PowerUserAccess"), READ: PermissionSet(READ, "ReadOnlyAccess")},
    management_account=AccountId("999999999999"),
    taken_at=NOW,
)
NAMES = CurrentNames(
    ORGANIZATION,
    {LEADS: "Payments Leads", ENGINEERS: "Payments", ADMINS: "team-admins"},
    {who: Principal(who, f"{who[2:]}@example.com", who[2:].title()) for who in (FRANK, ADA)},
)
ELIGIBLE = EligibilityPolicy(
    "payments-engineers",
    users=frozenset({ADA}),
    groups=frozenset({ENGINEERS}),
    accounts=frozenset({PROD}),
    ous=frozenset({PAYMENTS}),
    permission_sets=frozenset({POWER, READ}),
    max_duration=timedelta(hours=4),
)
APPROVING = ApprovalPolicy(
    "payments-leads", ous=frozenset({PAYMENTS}), approver_groups=frozenset({LEADS}), channels=(CHANNEL,)
)
BOOK = PolicyBook(7, Settings(admin_group=ADMINS), (ELIGIBLE,), (APPROVING,))


def admin(book: PolicyBook = BOOK, names: CurrentNames = NAMES) -> AdminContext:
    return AdminContext(Person(Principal(FRANK, "frank@example.com", "Frank Rosen"), frozenset({ADMINS})), book, names)


def entry(before: PolicyBook, after: PolicyBook, why: str = "it was time") -> RevisionEntry:
    return RevisionEntry(Revision(after, NOW, Actor("Erin Gray"), why), differences(before, after))


def preview(after: PolicyBook, done: PolicyImpact | None = None, **changes: object) -> DraftPreview:
    shown = DraftPreview(admin(), Draft(FRANK, after, 7, NOW, 3), differences(BOOK, after), done or PolicyImpact())
    return replace(shown, **changes)  # type: ignore[arg-type]


# --- the worst ---------------------------------------------------------------------------------------


def many(text: str, count: int) -> tuple[CurrentNames, PolicyBook]:
    """A book in which every field has that many values, all of them with the longest names."""
    text = text[:200]
    accounts = [AccountId(f"{n:012}") for n in range(count)]
    ous = [OuId(f"ou-{n:04}") for n in range(count)]
    sets = [PermissionSetArn(f"arn:aws:sso:::permissionSet/ssoins-{n:016}/ps-{n:016}") for n in range(count)]
    groups = [GroupId(f"{n:036}-{n:010}") for n in range(count)]
    users = [PrincipalId(f"{n:036}-{n:09}") for n in range(count)]
    organization = Organization(
        accounts={a: Account(a, f"{n} {text}", ous[n]) for n, a in enumerate(accounts)},
        ous={ROOT: OrganizationalUnit(ROOT, "Root"), **{o: OrganizationalUnit(o, f"{text} {o}", ROOT) for o in ous}},
        permission_sets={s: PermissionSet(s, f"{n} {text}", text) for n, s in enumerate(sets)},
        management_account=AccountId("999999999999"),
        taken_at=NOW,
    )
    names = CurrentNames(
        organization,
        {group: f"{n} {text}" for n, group in enumerate(groups[: count // 2])},
        {user: Principal(user, f"{n}{text}", f"{n} {text}") for n, user in enumerate(users)},
    )
    book = PolicyBook(
        revision=7,
        settings=Settings(
            protected_accounts=frozenset(accounts),
            protected_permission_sets=frozenset(sets),
            ticket_pattern="x" * 200,
            admin_group=groups[0],
            auditor_group=groups[-1],
        ),
        eligibility=_eligibility(users, groups, accounts, ous, sets),
        approval=tuple(
            ApprovalPolicy(
                f"{'W' * 76}{n:03}",
                frozenset(accounts),
                frozenset(ous),
                frozenset(ous),
                frozenset(sets),
                frozenset(groups),
                frozenset(users),
                tuple(ConversationId(f"C{m:010}") for m in range(count)),
                9999,
            )
            for n in range(12)
        ),
        labels={group: f"{group} {text}" for group in groups},
    )
    return names, book


def _eligibility(
    users: Iterable[PrincipalId],
    groups: Iterable[GroupId],
    accounts: Iterable[AccountId],
    ous: Iterable[OuId],
    sets: Iterable[PermissionSetArn],
) -> tuple[EligibilityPolicy, ...]:
    units = frozenset(ous)
    parts = (frozenset(users), frozenset(groups), frozenset(accounts), units, units, frozenset(sets))
    return tuple(EligibilityPolicy(f"{'W' * 76}{n:03}", *parts, timedelta(hours=9)) for n in range(12))


def worst_preview(text: str) -> DraftPreview:
    """Everything at once: eighty of everything, others in between, and everything impossible."""
    names, book = many(text, 80)
    arn = next(iter(names.organization.permission_sets))
    shift = AccessChange(
        tuple(names.users or ()),
        9_999_999,
        tuple(Target(account, arn) for account in [*names.organization.accounts][:3]),
        timedelta(hours=9),
    )
    everybody, nobody = _deciders(book), Deciders()
    shifts = tuple(replace(shift, limit=timedelta(hours=n), was=timedelta(hours=n + 1)) for n in range(1, 21))
    people = shift.people
    done = PolicyImpact(
        gained=(shift,) * 20,
        given=shifts,
        askable=shifts,
        longer=shifts,
        shorter=shifts,
        redecided=(
            *(DeciderChange(everybody, nobody, people, people, 9_999_999, shift.examples, askable=False),) * 3,
            *(DeciderChange(nobody, everybody, people, people, 9_999_999, shift.examples, askable=True),) * 20,
        ),
        roles=(
            RoleShift(Field.ADMIN_GROUP, people, people),
            RoleShift(Field.AUDITOR_GROUP, people, people),
        ),
        lost=(shift,) * 20,
        freed=(shift,) * 20,
        bound=(shift,) * 20,
        touched=(AffectedRequest(nasty(REQUEST, text), tuple(RequestImpact)),) * 50,
        undecidable=tuple(names.organization.accounts),
    )
    return DraftPreview(
        admin=admin(PolicyBook(6), names),
        draft=Draft(FRANK, book, 6, NOW, 3),
        changes=differences(PolicyBook(6), book),
        effects=done,
        joins=tuple(Conversation(ConversationId(f"C{n}"), text, bot_is_member=False) for n in range(50)),
        meanwhile=(entry(PolicyBook(5), book, text * 3),) * 20,
    )


def _deciders(book: PolicyBook) -> Deciders:
    policy = book.approval[0]
    return Deciders(policy.approver_users, policy.approver_groups, frozenset(policy.channels), 9999)


FAULTS = tuple(
    Refusal(reason, Field.NAME, ("payments",), timedelta(hours=1), HOSTILE)
    for reason in (Reason.IS_GONE, Reason.NAME_TAKEN, Reason.CHANNEL_ARCHIVED)
)
