"""All users of the identity store, found by the words that may name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.domain.display_names import told_apart, with_id
from core.domain.ids import PrincipalId
from core.domain.people import Principal

if TYPE_CHECKING:
    from mypy_boto3_identitystore.type_defs import DescribeUserResponseTypeDef, UserTypeDef


def folded(name: str) -> str:
    """An e-mail address or user name without regard to case."""
    return name.strip().casefold()


def names_of(principal: Principal) -> frozenset[str]:
    """The names of a principal: its e-mail addresses and its user name."""
    return frozenset(folded(name) for name in (*principal.emails, principal.user_name) if name.strip())


def external_ids_of(principal: Principal) -> frozenset[str]:
    """The ids that identity providers have for a principal, without their issuers."""
    return frozenset(folded(each.rpartition(" ")[2]) for each in principal.external_ids)


@dataclass(frozen=True, slots=True)
class UserIndex:
    """One scan of the users. Whose name another has too is told apart by the user name, wherever it is shown."""

    by_id: Mapping[PrincipalId, Principal] = field(default_factory=dict)
    by_name: Mapping[str, tuple[Principal, ...]] = field(default_factory=dict)
    by_external_id: Mapping[str, tuple[Principal, ...]] = field(default_factory=dict)
    issuers: frozenset[str] = frozenset()
    """Of the external ids: GetUserId wants one beside the id."""
    listed: tuple[Principal, ...] = ()
    """As the store listed them."""

    @classmethod
    def of(cls, principals: Iterable[Principal]) -> "UserIndex":
        everybody = tuple(principals)
        labels = told_apart({principal.user_name: principal.name for principal in everybody})
        by_id = {each.id: _called(each, labels[each.user_name]) for each in everybody}
        by_name: dict[str, tuple[Principal, ...]] = {}
        by_external_id: dict[str, tuple[Principal, ...]] = {}
        for principal in by_id.values():
            for name in names_of(principal):
                by_name[name] = (*by_name.get(name, ()), principal)
            for external_id in external_ids_of(principal):
                by_external_id[external_id] = (*by_external_id.get(external_id, ()), principal)
        issuers = (each.rpartition(" ")[0] for principal in by_id.values() for each in principal.external_ids)
        return cls(by_id, by_name, by_external_id, frozenset(issuers), everybody)

    def told_apart(self, described: Principal) -> Principal:
        """Somebody who was asked for singly, called what the scan calls them unless they have another name by now."""
        known = self.by_id.get(described.id)
        same = known is not None and known.display_name == with_id(described.name, described.user_name)
        return replace(described, display_name=known.display_name) if known and same else described

    def known_as(self, external_id: str) -> tuple[Principal, ...]:
        """The principals that an identity provider knows by this id."""
        return self.by_external_id.get(folded(external_id), ())

    def named(self, name: str) -> tuple[Principal, ...]:
        return self.by_name.get(folded(name), ())


def _called(principal: Principal, label: str) -> Principal:
    return principal if label == principal.name else replace(principal, display_name=label)


def principal_of(user: "UserTypeDef | DescribeUserResponseTypeDef") -> Principal:
    """A user as core knows it. Enabled is only whose status says so (rule 1)."""
    return Principal(
        id=PrincipalId(user["UserId"]),
        user_name=user.get("UserName", ""),
        display_name=user.get("DisplayName") or _full_name(user),
        emails=tuple(email["Value"] for email in user.get("Emails", []) if email.get("Value")),
        enabled=user.get("UserStatus") == "ENABLED",
        external_ids=tuple(f"{each['Issuer']} {each['Id']}" for each in user.get("ExternalIds", [])),
    )


def _full_name(user: "UserTypeDef | DescribeUserResponseTypeDef") -> str:
    name = user.get("Name", {})
    return " ".join(part for part in (name.get("GivenName", ""), name.get("FamilyName", "")) if part)
