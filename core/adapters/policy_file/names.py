"""The names a policy file mentions, and what is known about them. Somebody else does the looking up."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

from core.adapters.policy_file.reading import Document
from core.adapters.policy_file.schema import ApprovalPart, EligibilityPart
from core.adapters.policy_file.tree import Scalar
from core.domain.conversations import read_conversation
from core.domain.display_names import composed
from core.domain.ids import (
    AccountId,
    ConversationId,
    GroupId,
    OuId,
    PermissionSetArn,
    PrincipalId,
    permission_set_id,
)
from core.domain.organization import Organization, PermissionSet
from core.domain.people import Group, Principal
from core.domain.platforms import SLACK
from core.domain.policy import EVERY_PERMISSION_SET
from core.domain.setting_kinds import AccountIds, OneGroup, PermissionSetArns
from core.ports import Conversation

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NamesToResolve:
    """The names that a document mentions, each once, as written. ``approver_groups`` are among ``groups``."""

    users: frozenset[str]
    groups: frozenset[str]
    approver_groups: frozenset[str]
    """Those whose members decide whether a quorum can be reached, in composed Unicode."""
    accounts: frozenset[AccountId]
    ous: frozenset[OuId]
    permission_sets: frozenset[str]
    channels: frozenset[ConversationId]

    def decides(self, group: Group) -> bool:
        """True for a group whose members must be known."""
        return group.id in self.approver_groups or composed(group.name) in self.approver_groups


def wanted(document: Document) -> NamesToResolve:
    """Say what must be looked up before the document can be resolved."""
    content, settings = document.content, document.content.settings
    eligibility, approval = content.eligibility, content.approval
    policies: list[EligibilityPart | ApprovalPart] = [*eligibility, *approval]
    approver_groups = _texts(*(policy.approver_groups for policy in approval))
    accounts = _texts(*settings.named(AccountIds).values(), *(policy.accounts for policy in policies))
    in_bundles = [target for bundle in content.bundles for target in bundle.targets]
    sets_in_bundles = [target.permission_set for target in in_bundles if target.permission_set]
    return NamesToResolve(
        users=_texts(*(p.users for p in eligibility), *(p.approver_users for p in approval)),
        groups=approver_groups
        | _texts(
            *settings.named(OneGroup).values(), *(p.groups for p in eligibility), *(p.target_groups for p in policies)
        ),
        approver_groups=frozenset(map(composed, approver_groups)),
        accounts=frozenset(map(AccountId, accounts)),
        ous=frozenset(map(OuId, _texts(*(ous for p in policies for ous in (p.ous, p.direct_ous))))),
        permission_sets=_texts(
            *settings.named(PermissionSetArns).values(), *(p.permission_sets for p in policies), sets_in_bundles
        )
        - {EVERY_PERMISSION_SET},
        channels=frozenset(map(read_conversation, _texts(*(p.channels for p in approval)))),
    )


def _texts(*lists: Iterable[Scalar]) -> frozenset[str]:
    return frozenset(scalar.text for scalars in lists for scalar in scalars)


@dataclass(frozen=True, slots=True)
class FileNames:
    """Everything that names may stand for at this moment. Built with ``of``."""

    users: Mapping[str, Sequence[Principal]] = field(default_factory=dict)
    """By user name, by each e-mail address and by id, as ``user_key`` writes them; disabled ones included."""
    groups: Mapping[str, Sequence[GroupId]] = field(default_factory=dict)
    """By display name, in composed Unicode, and by id."""
    permission_sets: Mapping[str, Sequence[PermissionSetArn]] = field(default_factory=dict)
    """By name, by ARN and by the id that ends it."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of groups and permission sets, id → the present name."""
    accounts: AbstractSet[AccountId] = frozenset()
    ous: AbstractSet[OuId] = frozenset()
    conversations: Mapping[ConversationId, Conversation] = field(default_factory=dict)
    platforms: AbstractSet[str] = frozenset()
    """Those that could be asked about their channels. Of the others every channel is taken as it is written."""
    members: Mapping[GroupId, AbstractSet[PrincipalId]] = field(default_factory=dict)
    """The members of the approver groups."""
    disabled: AbstractSet[PrincipalId] = frozenset()

    @classmethod
    def of(
        cls,
        organization: Organization,
        principals: Iterable[Principal],
        groups: Iterable[Group],
        *,
        members: Mapping[GroupId, AbstractSet[PrincipalId]] | None = None,
        conversations: Iterable[Conversation] = (),
        platforms: AbstractSet[str] = frozenset({SLACK}),
    ) -> "FileNames":
        """Index what was looked up. ``members`` may still hold disabled people: they are not counted."""
        called, sets = list(groups), list(organization.permission_sets.values())
        known = list({principal.id: principal for principal in principals}.values())
        return cls(
            users=_index((name, principal) for principal in known for name in _names_of(principal)),
            groups=_index((key, group.id) for group in called for key in {composed(group.name), group.id}),
            permission_sets=_index((key, found.arn) for found in sets for key in _names_of_set(found)),
            labels={**{group.id: group.name for group in called}, **{found.arn: found.name for found in sets}},
            accounts=frozenset(organization.accounts),
            ous=frozenset(organization.ous),
            conversations={conversation.id: conversation for conversation in conversations},
            platforms=platforms,
            members=dict(members or {}),
            disabled=frozenset(principal.id for principal in known if not principal.enabled),
        )


def user_key(name: str) -> str:
    """A user name, an address or an id, without regard to case."""
    return composed(name.strip()).casefold()


def _names_of(principal: Principal) -> set[str]:
    return {user_key(name) for name in (principal.id, principal.user_name, *principal.emails)}


def _names_of_set(found: PermissionSet) -> set[str]:
    return {composed(found.name), found.arn, permission_set_id(found.arn)}


def _index(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    index: dict[str, tuple[_T, ...]] = {}
    for name, value in pairs:
        index[name] = (*index.get(name, ()), value)
    return index
