"""A small company to resolve names in, and policy files about it."""

from datetime import UTC, datetime

from core.adapters.policy_file import FileNames
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet
from core.domain.people import Group, Principal
from core.ports import Conversation

ROOT, PAYMENTS_OU = OuId("r-ab12"), OuId("ou-ab12-payments")
PAYMENTS_PROD, LEDGER_PROD = AccountId("111122223333"), AccountId("012345670123")
READ_ONLY = PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-readonly")
POWER_USER = PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-power")
ADA, GRACE, EDSGER, GONE = (PrincipalId(f"user-{name}") for name in ("ada", "grace", "edsger", "gone"))
PAYMENTS, LEADS, EMPTY, ADMINS = (GroupId(f"group-{name}") for name in ("payments", "leads", "empty", "admins"))
CHANNEL = ConversationId("C0PAYMENTS")

ORGANIZATION = Organization(
    accounts={
        PAYMENTS_PROD: Account(PAYMENTS_PROD, "payments-prod", PAYMENTS_OU),
        LEDGER_PROD: Account(LEDGER_PROD, "ledger\nprod", PAYMENTS_OU),
    },
    ous={ROOT: OrganizationalUnit(ROOT, "Root"), PAYMENTS_OU: OrganizationalUnit(PAYMENTS_OU, "Payments", ROOT)},
    permission_sets={
        READ_ONLY: PermissionSet(READ_ONLY, "ReadOnlyAccess"),
        POWER_USER: PermissionSet(POWER_USER, "PowerUserAccess"),
    },
    management_account=AccountId("999999999999"),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
)
PRINCIPALS = (
    Principal(ADA, "ada", "Ada Lovelace", ("Ada@example.com",)),
    Principal(GRACE, "grace", "Grace Hopper", ("grace@example.com", "shared@example.com")),
    Principal(EDSGER, "edsger", "Edsger Dijkstra", ("shared@example.com",)),
    Principal(GONE, "gone", "Gone Away", ("gone@example.com",), enabled=False),
)
NAMES = FileNames.of(
    ORGANIZATION,
    PRINCIPALS,
    (
        Group(PAYMENTS, "Payments"),
        Group(LEADS, "Payments Leads"),
        Group(EMPTY, "Nobody Left"),
        Group(ADMINS, "team-admins"),
        Group(GroupId("group-twin-1"), "Twins"),
        Group(GroupId("group-twin-2"), "Twins"),
    ),
    members={LEADS: {GRACE, EDSGER, GONE}, EMPTY: {GONE}},
    conversations=(
        Conversation(CHANNEL),
        Conversation(ConversationId("C0GONE"), exists=False),
        Conversation(ConversationId("C0SHARED"), is_shared_outside=True),
        Conversation(ConversationId("C0ARCHIVED"), is_archived=True),
        Conversation(ConversationId("C0WITHOUT"), bot_is_member=False),
    ),
)

GOOD = """\
version: 1
settings:
  approver_comment: off
  max_duration: 9h
  protected_accounts: ['012345670123']
  admin_group: team-admins
eligibility:
  - name: payments-engineers
    users: [ADA@example.com]
    groups: [Payments]
    accounts: ['111122223333']
    ous: [ou-ab12-payments]
    permission_sets: [ReadOnlyAccess, PowerUserAccess]
    max_duration: 4h
    approval_required: true
approval:
  - name: payments-approvers
    accounts: []
    ous: [ou-ab12-payments]
    permission_sets: []
    approver_groups: [Payments Leads]
    approver_users: []
    channels: [C0PAYMENTS]
    approvals_required: 2
"""
