"""The company of these tests: seven people, six accounts, and who may ask for what."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.approval import Verdict
from core.domain.ids import AccountId, ConversationId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import ChatUser, Principal

ROOT, WORKLOADS, PAYMENTS = OuId("r-root"), OuId("ou-workloads"), OuId("ou-payments")
MANAGEMENT, PROD, STAGING, SANDBOX, OLD, VAULT = (AccountId(str(n) * 12) for n in (9, 1, 2, 3, 4, 5))
INSTANCE = "arn:aws:sso:::instance/ssoins-1"
POWER, READ, ADMIN = (
    PermissionSetArn(f"arn:aws:sso:::permissionSet/ssoins-1/ps-{n}") for n in ("power", "read", "admin")
)
PAYMENTS_CHANNEL, AUDIT_CHANNEL = ConversationId("C-PAY"), ConversationId("C-AUDIT")
TARGET = Target(PROD, POWER)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
APPROVE, REJECT = Verdict.APPROVE, Verdict.REJECT


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the company, on both sides."""

    principal: Principal
    chat: ChatUser

    @property
    def id(self) -> PrincipalId:
        return self.principal.id


def company(at: datetime) -> Organization:
    accounts = (
        Account(MANAGEMENT, "Management", ROOT),
        Account(PROD, "Payments Prod", PAYMENTS),
        Account(STAGING, "Payments Staging", PAYMENTS),
        Account(SANDBOX, "Sandbox", WORKLOADS),
        Account(OLD, "Old Billing", PAYMENTS, active=False),
        Account(VAULT, "Vault", PAYMENTS),
    )
    units = (
        OrganizationalUnit(ROOT, "Root"),
        OrganizationalUnit(WORKLOADS, "Workloads", ROOT),
        OrganizationalUnit(PAYMENTS, "Payments", WORKLOADS),
    )
    sets = (
        PermissionSet(POWER, "PowerUserAccess", "Nearly everything", timedelta(hours=4)),
        PermissionSet(READ, "ReadOnlyAccess", "Looking"),
        PermissionSet(ADMIN, "AdministratorAccess", "Everything"),
    )
    return Organization(
        accounts={account.id: account for account in accounts},
        ous={unit.id: unit for unit in units},
        permission_sets={found.arn: found for found in sets},
        management_account=MANAGEMENT,
        taken_at=at,
    )
