"""A small company to import into, with something of everything that can be wrong."""

from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.surroundings import Surroundings
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet
from core.domain.people import Group, Principal
from tests.strategies import NOW

ROOT, SHOPS, TILLS = OuId("r-1"), OuId("ou-shops"), OuId("ou-tills")
MANAGEMENT, SHOP, TILL, CLOSED = (AccountId(str(n) * 12) for n in (9, 1, 2, 3))
READ, POWER, TWIN_A, TWIN_B = (PermissionSetArn(f"arn:{n}") for n in ("read", "power", "twin-a", "twin-b"))
ANN, BEN, CAL, DEE, EVE = (PrincipalId(name) for name in ("u-ann", "u-ben", "u-cal", "u-dee", "u-eve"))
ENGINEERS, LEADS, EMPTY, SAME_A, SAME_B = (GroupId(f"g-{n}") for n in ("eng", "leads", "empty", "a", "b"))

ORGANIZATION = Organization(
    accounts={
        MANAGEMENT: Account(MANAGEMENT, "Top", ROOT),
        SHOP: Account(SHOP, "Shop", SHOPS),
        TILL: Account(TILL, "Till", TILLS),
        CLOSED: Account(CLOSED, "Closed", SHOPS, active=False),
    },
    ous={
        ROOT: OrganizationalUnit(ROOT, "Root"),
        SHOPS: OrganizationalUnit(SHOPS, "Shops", ROOT),
        TILLS: OrganizationalUnit(TILLS, "Tills", SHOPS),
    },
    permission_sets={
        READ: PermissionSet(READ, "Read"),
        POWER: PermissionSet(POWER, "Power"),
        TWIN_A: PermissionSet(TWIN_A, "Twin"),
        TWIN_B: PermissionSet(TWIN_B, "Twin"),
    },
    management_account=MANAGEMENT,
    taken_at=NOW,
    out_of_reach=frozenset([POWER]),
)


def user(identifier: PrincipalId, *addresses: str, enabled: bool = True) -> Principal:
    name = identifier.removeprefix("u-")
    return Principal(identifier, name, name.title(), addresses or (f"{name}@example.com",), enabled)


AROUND = Surroundings.of(
    ORGANIZATION,
    [
        user(ANN),
        user(BEN),
        user(CAL, enabled=False),
        user(DEE, "ann", "dee@example.com"),
        user(EVE, "dee", "dee@example.com"),
    ],
    [
        Group(ENGINEERS, "Engineers"),
        Group(LEADS, "Leads"),
        Group(EMPTY, "Empty"),
        Group(SAME_A, "Same"),
        Group(SAME_B, "Same"),
    ],
    {ENGINEERS: frozenset([ANN, BEN, CAL]), LEADS: frozenset([BEN]), EMPTY: frozenset([CAL])},
)
"""Cal is disabled. The user name of Ann is an address of Dee, and that of Dee one of Eve, who share another."""


def told(imported: Imported, finding: Finding) -> list[tuple[str, ...]]:
    """The notes of a kind, each with what it is about first."""
    return [(note.about, *note.what) for note in imported.notes if note.finding is finding]
