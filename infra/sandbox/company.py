"""One believable company as plain data: its AWS organization, its Identity Center and its Slack workspace.

The local AWS and the local Slack are filled from the same values, so that a person, a group or an account
is the same thing on both sides. Nothing here knows how either of them answers. Every id is fixed: it can be
written down in a policy file, and two runs compare.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

AccountStatus = Literal["ACTIVE", "SUSPENDED", "PENDING_CLOSURE"]

#: Policies as code for `example_company()`, ready for `teambot policy apply`.
POLICIES_FILE = Path(__file__).with_name("policies.yaml")

INSTANCE_ID = "ssoins-7223a1b2c3d4e5f6"
TEAM_ID = "T0EXAMPLE"
OTHER_TEAM_ID = "T0ELSEWHERE"
ROOT_ID = "r-ab12"
SECURITY_OU = "ou-ab12-security"
INFRASTRUCTURE_OU = "ou-ab12-infrastr"
WORKLOADS_OU = "ou-ab12-workload"
PAYMENTS_OU = "ou-ab12-payments"
LEDGER_OU = "ou-ab12-ledgers0"
DATA_OU = "ou-ab12-dataunit"
ANALYTICS_OU = "ou-ab12-analytic"
SANDBOX_OU = "ou-ab12-sandbox0"
SUSPENDED_OU = "ou-ab12-suspende"

MANAGEMENT_ACCOUNT = "123456789012"
DELEGATED_ADMIN_ACCOUNT = "222233334444"
PAYMENTS_PROD = "111122223333"
PAYMENTS_STAGING = "111122224444"
LEDGER_PROD = "111122225555"


@dataclass(frozen=True, slots=True)
class OrganizationalUnit:
    id: str
    name: str
    parent_id: str


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    email: str
    #: The root or the organizational unit that holds the account.
    parent_id: str
    status: AccountStatus = "ACTIVE"


@dataclass(frozen=True, slots=True)
class PermissionSet:
    name: str
    description: str = ""
    #: How long a role session lives; None leaves it to AWS, which then says one hour.
    session_duration: timedelta | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:sso:::permissionSet/{INSTANCE_ID}/ps-{_hex(self.name, 16)}"


@dataclass(frozen=True, slots=True)
class IdentityUser:
    """A user of Identity Center, the principal of an assignment."""

    user_name: str
    given_name: str
    family_name: str
    #: None: the directory knows no e-mail address, and the user name has to do.
    email: str | None
    enabled: bool = True
    #: What the identity provider calls it (Entra: the object id); empty where nobody provisions it.
    external_id: str = ""

    @property
    def id(self) -> str:
        return _principal_id("user", self.user_name)

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of Identity Center, with its members by user name."""

    name: str
    members: tuple[str, ...] = ()
    description: str = ""

    @property
    def id(self) -> str:
        return _principal_id("group", self.name)


@dataclass(frozen=True, slots=True)
class SlackUser:
    id: str
    name: str
    real_name: str
    email: str | None
    time_zone: str = "Europe/London"
    team_id: str = TEAM_ID
    email_confirmed: bool = True
    bot: bool = False
    #: A multi-channel guest (`is_restricted`).
    guest: bool = False
    #: A single-channel guest (`is_ultra_restricted`).
    single_channel_guest: bool = False
    #: Someone of another workspace, met in a shared channel (`is_stranger`).
    stranger: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    #: Slack user ids.
    members: tuple[str, ...] = ()
    private: bool = False
    #: Shared with another organization (Slack Connect).
    shared: bool = False
    #: The bot has been invited.
    has_bot: bool = True


@dataclass(frozen=True, slots=True)
class Company:
    """Everything the two local services are filled with."""

    name: str
    region: str
    organization_id: str
    root_id: str
    management_account_id: str
    #: The account that administers Identity Center on behalf of the management account.
    delegated_admin_account_id: str
    instance_arn: str
    identity_store_id: str
    team_id: str
    team_name: str
    units: tuple[OrganizationalUnit, ...] = ()
    accounts: tuple[Account, ...] = ()
    permission_sets: tuple[PermissionSet, ...] = ()
    users: tuple[IdentityUser, ...] = ()
    groups: tuple[Group, ...] = ()
    slack_users: tuple[SlackUser, ...] = ()
    channels: tuple[Channel, ...] = ()

    def user(self, user_name: str) -> IdentityUser:
        return next(user for user in self.users if user.user_name == user_name)

    def group(self, name: str) -> Group:
        return next(group for group in self.groups if group.name == name)

    def account(self, name_or_id: str) -> Account:
        return next(account for account in self.accounts if name_or_id in (account.id, account.name))

    def permission_set(self, name: str) -> PermissionSet:
        return next(found for found in self.permission_sets if found.name == name)

    def slack_user(self, name_or_id: str) -> SlackUser:
        return next(user for user in self.slack_users if name_or_id in (user.id, user.name))

    def channel(self, name_or_id: str) -> Channel:
        return next(channel for channel in self.channels if name_or_id in (channel.id, channel.name))

    def ancestors(self, account_id: str) -> tuple[str, ...]:
        """The units above an account, nearest first, the root last."""
        parents = {unit.id: unit.parent_id for unit in self.units}
        chain = [self.account(account_id).parent_id]
        while chain[-1] != self.root_id:
            chain.append(parents[chain[-1]])
        return tuple(chain)


def example_company() -> Company:
    """The company that documentation, demonstrations and tests speak of."""
    return Company(
        name="Example",
        region="eu-west-1",
        organization_id="o-exampleorg",
        root_id=ROOT_ID,
        management_account_id=MANAGEMENT_ACCOUNT,
        delegated_admin_account_id=DELEGATED_ADMIN_ACCOUNT,
        instance_arn=f"arn:aws:sso:::instance/{INSTANCE_ID}",
        identity_store_id="d-90676c1a2b",
        team_id=TEAM_ID,
        team_name="Example",
        units=_UNITS,
        accounts=_ACCOUNTS,
        permission_sets=_PERMISSION_SETS,
        users=_USERS,
        groups=_GROUPS,
        slack_users=_SLACK_USERS,
        channels=_CHANNELS,
    )


def large_company(accounts: int = 3000, permission_sets: int = 300, users: int = 1000, groups: int = 100) -> Company:
    """The example company, grown to the given totals: five accounts a unit, units four levels deep."""
    company = example_company()
    units = _grown_units(-(-max(0, accounts - len(company.accounts)) // 5))
    parents = [unit.id for unit in units]
    more_users = tuple(_grown_user(number) for number in range(users - len(company.users)))
    members = tuple(user.user_name for user in more_users)
    return replace(
        company,
        units=company.units + units,
        accounts=company.accounts
        + tuple(
            Account(f"{300000000000 + n}", f"Team {n:04}", f"aws+{n:04}@example.com", parents[n // 5])
            for n in range(accounts - len(company.accounts))
        ),
        permission_sets=company.permission_sets
        + tuple(
            PermissionSet(f"Team{n:03}Access", f"What team {n:03} needs")
            for n in range(permission_sets - len(company.permission_sets))
        ),
        users=company.users + more_users,
        groups=company.groups
        + tuple(Group(f"Team {n:03}", members[n::100]) for n in range(groups - len(company.groups))),
    )


def _grown_units(count: int) -> tuple[OrganizationalUnit, ...]:
    """Units in a tree in which each has six children at most, below the workloads."""
    ids = [f"ou-ab12-grow{n:04}" for n in range(count)]
    return tuple(
        OrganizationalUnit(ids[n], f"Division {n:04}", WORKLOADS_OU if n < 6 else ids[(n - 6) // 6])
        for n in range(count)
    )


def _grown_user(number: int) -> IdentityUser:
    name = f"person{number:04}@example.com"
    return IdentityUser(name, "Person", f"{number:04}", name)


def _hex(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]


def _principal_id(kind: str, name: str) -> str:
    """An id as Identity Center makes them: a prefix of its own, then a UUID."""
    return f"90676c1a2b-{uuid5(NAMESPACE_URL, f'https://example.com/{kind}/{name}')}"


def _mail(name: str) -> str:
    return f"{name}@example.com"


_UNITS = (
    OrganizationalUnit(SECURITY_OU, "Security", ROOT_ID),
    OrganizationalUnit(INFRASTRUCTURE_OU, "Infrastructure", ROOT_ID),
    OrganizationalUnit(WORKLOADS_OU, "Workloads", ROOT_ID),
    OrganizationalUnit(PAYMENTS_OU, "Payments", WORKLOADS_OU),
    OrganizationalUnit(LEDGER_OU, "Ledger", PAYMENTS_OU),
    OrganizationalUnit(DATA_OU, "Data", WORKLOADS_OU),
    OrganizationalUnit(ANALYTICS_OU, "Analytics", DATA_OU),
    OrganizationalUnit(SANDBOX_OU, "Sandbox", ROOT_ID),
    OrganizationalUnit(SUSPENDED_OU, "Suspended", ROOT_ID),
)

_ACCOUNTS = tuple(
    Account(
        number,
        name,
        f"aws+{name.lower().replace(' ', '-')}@example.com",
        parent,
        "SUSPENDED" if parent == SUSPENDED_OU else "ACTIVE",
    )
    for number, name, parent in (
        (MANAGEMENT_ACCOUNT, "Example Management", ROOT_ID),
        ("222233335555", "Log Archive", SECURITY_OU),
        (DELEGATED_ADMIN_ACCOUNT, "Security Tooling", SECURITY_OU),
        ("333344445555", "Network", INFRASTRUCTURE_OU),
        ("444455556666", "Shared Services", INFRASTRUCTURE_OU),
        (PAYMENTS_PROD, "Payments Prod", PAYMENTS_OU),
        (PAYMENTS_STAGING, "Payments Staging", PAYMENTS_OU),
        (LEDGER_PROD, "Ledger Prod", LEDGER_OU),
        ("555566667777", "Data Lake Prod", DATA_OU),
        ("555566668888", "Data Lake Dev", DATA_OU),
        ("555566669999", "Analytics Prod", ANALYTICS_OU),
        ("666677778888", "Sandbox Ada", SANDBOX_OU),
        ("666677779999", "Sandbox Grace", SANDBOX_OU),
        ("777788889999", "Old Billing", SUSPENDED_OU),
    )
)

_PERMISSION_SETS = tuple(
    PermissionSet(name, description, None if hours is None else timedelta(hours=hours))
    for name, description, hours in (
        ("ReadOnlyAccess", "Look at everything, change nothing", 8),
        ("PowerUserAccess", "Everything but users and permissions", 4),
        ("AdministratorAccess", "Everything", 1),
        ("DatabaseAdmin", "Databases, their backups and their parameters", 2),
        ("BillingViewer", "Invoices and cost reports", 8),
        ("SecurityAudit", "Configuration as auditors read it", 12),
        ("NetworkAdmin", "Networks, routes and gateways", 2),
        ("SupportUser", "Support cases", None),
    )
)

_USERS = (
    IdentityUser(_mail("ada"), "Ada", "Lovelace", _mail("ada")),
    IdentityUser(_mail("bob"), "Bob", "Kahn", _mail("bob")),
    IdentityUser(_mail("carol"), "Carol", "Shaw", _mail("carol")),
    IdentityUser(_mail("dan"), "Dan", "Bricklin", _mail("dan")),
    IdentityUser(_mail("erin"), "Erin", "Gray", _mail("erin")),
    IdentityUser(_mail("frank"), "Frank", "Rosen", _mail("frank")),
    IdentityUser(_mail("grace"), "Grace", "Hopper", _mail("grace")),
    IdentityUser(_mail("heidi"), "Heidi", "Roizen", _mail("heidi"), enabled=False),
    IdentityUser(_mail("ivan"), "Ivan", "Sutherland", _mail("ivan")),
    IdentityUser(_mail("mallory.stone"), "Mallory", "Stone", _mail("mallory.stone")),
    IdentityUser(_mail("niaj"), "Niaj", "Rahman", _mail("niaj")),
    IdentityUser(_mail("olivia"), "Olivia", "Vance", _mail("olivia")),
    IdentityUser(_mail("peggy"), "Peggy", "Weil", _mail("peggy")),
    IdentityUser(_mail("quentin"), "Quentin", "Blake", _mail("quentin")),
    IdentityUser(_mail("rupert"), "Rupert", "Neve", _mail("rupert")),
    # Found by e-mail address only, since the user name is another word.
    IdentityUser("v.ruiz", "Victor", "Ruiz", _mail("victor")),
    # Found by user name only, since the directory has no e-mail address for her.
    IdentityUser(_mail("wendy"), "Wendy", "Hall", None),
    # Two users whose addresses differ in case alone: nobody can say which one is meant.
    IdentityUser("zoe", "Zoe", "Quinn", _mail("zoe")),
    IdentityUser("zoe-admin", "Zoe", "Quinn", "Zoe@example.com"),
)

_GROUPS = (
    Group("Payments", (_mail("ada"), _mail("bob"), _mail("heidi"), _mail("mallory.stone"), "v.ruiz")),
    Group("Payments Leads", (_mail("bob"), _mail("carol"), _mail("dan")), "Approve for payments"),
    Group("Data Engineers", (_mail("grace"), _mail("niaj"), _mail("wendy"))),
    Group("Data Leads", (_mail("niaj"),), "Approve for data"),
    Group("Security", (_mail("olivia"), _mail("peggy"), _mail("rupert"))),
    Group("Security Leads", (_mail("olivia"), _mail("peggy")), "Approve what two must see"),
    Group("Finance", (_mail("quentin"),)),
    Group("team-admins", (_mail("frank"),), "Administer temporary access"),
    Group("team-auditors", (_mail("erin"),), "Read every request"),
    Group("Nobody", (), "A group without members"),
)

_SLACK_USERS = (
    SlackUser("U0ADA", "ada", "Ada Lovelace", _mail("ada"), "Europe/London"),
    SlackUser("U0BOB", "bob", "Bob Kahn", _mail("bob"), "America/New_York"),
    SlackUser("U0CAROL", "carol", "Carol Shaw", _mail("carol"), "America/Los_Angeles"),
    SlackUser("U0DAN", "dan", "Dan Bricklin", _mail("dan"), "Europe/Berlin"),
    SlackUser("U0ERIN", "erin", "Erin Gray", _mail("erin"), "Europe/Dublin"),
    SlackUser("U0FRANK", "frank", "Frank Rosen", _mail("frank"), "Europe/Berlin"),
    SlackUser("U0GRACE", "grace", "Grace Hopper", _mail("grace"), "Asia/Kolkata"),
    SlackUser("U0HEIDI", "heidi", "Heidi Roizen", _mail("heidi"), "Europe/Zurich"),
    SlackUser("U0IVAN", "ivan", "Ivan Sutherland", _mail("ivan"), guest=True),
    SlackUser("U0JUDY", "judy", "Judy Clapp", _mail("judy"), "Australia/Sydney"),
    SlackUser("U0MALLORY", "mallory", "Mallory Stone", "Mallory.Stone@Example.com", "Asia/Kathmandu"),
    SlackUser("U0NIAJ", "niaj", "Niaj Rahman", _mail("niaj"), "Asia/Dhaka"),
    SlackUser("U0OLIVIA", "olivia", "Olivia Vance", _mail("olivia"), "Europe/Paris"),
    SlackUser("U0PEGGY", "peggy", "Peggy Weil", _mail("peggy"), "America/Sao_Paulo"),
    SlackUser("U0QUENTIN", "quentin", "Quentin Blake", _mail("quentin"), email_confirmed=False),
    SlackUser("U0RUPERT", "rupert", "Rupert Neve", _mail("rupert"), deleted=True),
    SlackUser("U0SYBIL", "sybil", "Sybil Ludington", "sybil@elsewhere.test", team_id=OTHER_TEAM_ID, stranger=True),
    SlackUser("U0TRENT", "trent", "Trent Reilly", "trent@contractor.test", single_channel_guest=True),
    SlackUser("U0VICTOR", "victor", "Victor Ruiz", _mail("victor"), "Europe/Madrid"),
    SlackUser("U0WENDY", "wendy", "Wendy Hall", _mail("wendy")),
    SlackUser("U0ZOE", "zoe", "Zoe Quinn", _mail("zoe")),
    # A second Slack user of the same person.
    SlackUser("U0ADATWO", "ada.oncall", "Ada (on call)", "ADA@example.com"),
    SlackUser("U0DEPLOYBOT", "deploybot", "Deploy Bot", None, bot=True),
)

_EVERYBODY = tuple(user.id for user in _SLACK_USERS if not (user.deleted or user.stranger))

_CHANNELS = (
    Channel("C0GENERAL", "general", _EVERYBODY),
    Channel("C0PAYMENTS", "payments-approvals", ("U0BOB", "U0CAROL", "U0DAN")),
    Channel("C0DATA", "data-approvals", ("U0NIAJ", "U0GRACE")),
    Channel("C0SECURITY", "security-approvals", ("U0OLIVIA", "U0PEGGY"), private=True),
    Channel("C0AUDIT", "team-audit", ("U0ERIN", "U0FRANK"), private=True),
    Channel("C0RANDOM", "random", _EVERYBODY, has_bot=False),
    Channel("C0PARTNERS", "partners", ("U0BOB", "U0SYBIL"), shared=True),
)
