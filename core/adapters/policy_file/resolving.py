"""Puts ids in the place of names, and refuses what no name can be found for. Decides nothing about people."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from core.adapters.policy_file.names import FileNames, user_key
from core.adapters.policy_file.reading import MOST_TOLD, Document
from core.adapters.policy_file.schema import ApprovalPart, BundlePart, EligibilityPart, SettingsPart, TargetPart
from core.adapters.policy_file.tree import Path, Scalar
from core.domain.conversations import is_of_teams, is_teams_channel, platform_of, read_conversation
from core.domain.display_names import composed
from core.domain.errors import InvalidPolicies, Problem
from core.domain.group_targets import clashing
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.policy_validation import Obstacle, able_to_approve, without_anybody
from core.domain.setting_kinds import AccountIds, OneGroup, PermissionSetArns
from core.domain.settings import Settings

_Id = TypeVar("_Id", bound=str)

MOST_GUESSED = 20
"""Unknown names of one document for which a name that looks like them is looked for."""


def check(document: Document) -> None:
    """Raise InvalidPolicies for what is wrong with the document by itself, where no names can be looked up."""
    if document.problems:
        raise InvalidPolicies(document.problems)


def resolve(document: Document, names: FileNames) -> PolicyBook:
    """Make the book of a document; its revision is the caller's to set.

    Raises InvalidPolicies with everything wrong with it, names and the rest, in the order of lines.
    Labels are user names of users, display names of groups and names of permission sets.
    """
    resolver = _Resolver(document, names)
    book = resolver.book()
    problems = sorted(dict.fromkeys((*document.problems, *resolver.problems)), key=lambda problem: problem.line)
    if untold := problems[MOST_TOLD:]:
        problems = [
            *problems[:MOST_TOLD],
            Problem(untold[0].line, "more mistakes follow: mend those before them first"),
        ]
    if problems:
        raise InvalidPolicies(problems)
    return book


class _Resolver:
    """Walks over a document once, collecting problems and labels on the way."""

    def __init__(self, document: Document, names: FileNames) -> None:
        self.document = document
        self.names = names
        self.problems: list[Problem] = []
        self.labels: dict[str, str] = {}
        self._guesses = MOST_GUESSED

    def book(self) -> PolicyBook:
        content = self.document.content
        book = PolicyBook(
            settings=self._settings(content.settings),
            eligibility=tuple(self._eligibility(policy) for policy in content.eligibility),
            approval=tuple(self._approval(index, policy) for index, policy in enumerate(content.approval)),
            bundles=tuple(self._bundle(bundle) for bundle in content.bundles),
            labels=self.labels,
        )
        self._judge_target_groups(book)
        return book

    def _judge_target_groups(self, book: PolicyBook) -> None:
        """No group with power here can be joined for a time (rule 9)."""
        content, clash = self.document.content, clashing(book)
        parts: tuple[EligibilityPart | ApprovalPart, ...] = (*content.eligibility, *content.approval)
        for part in parts:
            for name in part.target_groups:
                if not clash.isdisjoint(self.names.groups.get(composed(name.text), ())):
                    self._add(name.line, f"group {name.text!r} {_HAS_POWER}")

    def _bundle(self, part: BundlePart) -> Bundle:
        """It may name what is gone, which keeps the name that it has here: a warning says so (``policy check``)."""
        targets = (self._target(target) for target in part.targets)
        return Bundle(part.name.text if part.name else "", tuple(dict.fromkeys(each for each in targets if each)))

    def _target(self, part: TargetPart) -> Target | None:
        if part.account is None or part.permission_set is None:
            return None
        named = part.permission_set
        is_known = composed(named.text) in self.names.permission_sets
        found = self._permission_sets([named]) if is_known else [PermissionSetArn(named.text)]
        return Target(AccountId(part.account.text), found[0]) if found else None

    def _settings(self, part: SettingsPart) -> Settings:
        resolved: dict[str, Any] = {
            **{name: frozenset(self._accounts(names)) for name, names in part.named(AccountIds).items()},
            **{name: frozenset(self._permission_sets(names)) for name, names in part.named(PermissionSetArns).items()},
            **{name: next(iter(self._groups(names)), None) for name, names in part.named(OneGroup).items()},
        }
        return Settings(**part.given(), **resolved)

    def _eligibility(self, part: EligibilityPart) -> EligibilityPolicy:
        return EligibilityPolicy(
            name=part.name.text if part.name else "",
            users=frozenset(self._users(part.users)),
            groups=frozenset(self._groups(part.groups)),
            accounts=frozenset(self._accounts(part.accounts)),
            ous=frozenset(self._ous(part.ous)),
            direct_ous=frozenset(self._ous(part.direct_ous)),
            permission_sets=frozenset(self._opened(part.permission_sets)),
            target_groups=frozenset(self._groups(part.target_groups)),
            max_duration=part.max_duration,
            approval_required=part.approval_required,
        )

    def _approval(self, index: int, part: ApprovalPart) -> ApprovalPolicy:
        users, groups = self._users(part.approver_users), self._groups(part.approver_groups)
        self._judge_quorum(("approval", index), part, users, groups)
        return ApprovalPolicy(
            name=part.name.text if part.name else "",
            accounts=frozenset(self._accounts(part.accounts)),
            ous=frozenset(self._ous(part.ous)),
            direct_ous=frozenset(self._ous(part.direct_ous)),
            permission_sets=frozenset(self._opened(part.permission_sets)) - {EVERY_PERMISSION_SET},
            target_groups=frozenset(self._groups(part.target_groups)),
            approver_groups=frozenset(groups),
            approver_users=frozenset(users),
            channels=tuple(dict.fromkeys(self._channels(part.channels))),
            approvals_required=part.approvals_required,
            notify=part.notify,
        )

    def _judge_quorum(
        self, place: Path, part: ApprovalPart, users: Sequence[PrincipalId], groups: Sequence[GroupId]
    ) -> None:
        """Only where every approver is known, and no group is empty: else nobody can say who could approve."""
        listed = len(part.approver_users) + len(part.approver_groups)
        if not listed or len(users) + len(groups) < listed or not self.document.is_whole(place):
            return
        members, disabled = self.names.members, self.names.disabled
        able = len(able_to_approve(users, groups, members, disabled))
        quorum = part.approvals_required
        if able < quorum and not without_anybody(groups, members, disabled):
            line = self.document.lines.at((*place, "approvals_required"))
            required = "1 approval is required" if quorum == 1 else f"{quorum} approvals are required"
            who = {0: "nobody enabled", 1: "only 1 enabled person"}.get(able, f"only {able} enabled people")
            self._add(line, f"{required}, and {who} could give one")

    def _users(self, names: Sequence[Scalar]) -> list[PrincipalId]:
        return [user for name in names if (user := self._user(name)) is not None]

    def _user(self, name: Scalar) -> PrincipalId | None:
        """Find the one enabled user; disabled ones of the same name are passed over (rule 1)."""
        found = self.names.users.get(user_key(name.text), ())
        enabled = [principal for principal in found if principal.enabled]
        if len(enabled) == 1:
            self.labels[enabled[0].id] = enabled[0].user_name
            return enabled[0].id
        if enabled:
            several = ", ".join(sorted(principal.user_name for principal in enabled))
            self._add(name.line, f"user {name.text!r} is ambiguous: it could be any of {several}")
        elif found:
            self._add(name.line, f"user {name.text!r} is disabled in Identity Center")
        else:
            close = self._close(name.text.casefold(), self.names.users)
            self._add(name.line, f"user {name.text!r} does not exist in Identity Center{close}")
        return None

    def _groups(self, names: Sequence[Scalar]) -> list[GroupId]:
        return self._named("group", names, self.names.groups)

    def _permission_sets(self, names: Sequence[Scalar]) -> list[PermissionSetArn]:
        return self._named("permission set", names, self.names.permission_sets)

    def _opened(self, names: Sequence[Scalar]) -> list[PermissionSetArn]:
        """Of a policy: every one, which stands alone, or those with these names."""
        is_every = any(name.text == EVERY_PERMISSION_SET for name in names)
        return [EVERY_PERMISSION_SET] if is_every else self._permission_sets(names)

    def _named(self, kind: str, names: Sequence[Scalar], index: Mapping[str, Sequence[_Id]]) -> list[_Id]:
        """Look up names that Identity Center gives to one thing each, or ids. Two of one name keep their ids."""
        resolved: list[_Id] = []
        for name in names:
            found = index.get(composed(name.text), ())
            if len(found) == 1:
                resolved.append(found[0])
                label = self.names.labels[found[0]]
                self.labels[found[0]] = label if len(index[composed(label)]) == 1 else found[0]
            elif found:
                self._add(name.line, f"{kind} {name.text!r} is ambiguous: {len(found)} bear this name. Give its id")
            else:
                self._add(name.line, f"{kind} {name.text!r} does not exist{self._close(name.text, index)}")
        return resolved

    def _accounts(self, ids: Sequence[Scalar]) -> list[AccountId]:
        for unknown in (scalar for scalar in ids if scalar.text not in self.names.accounts):
            self._add(unknown.line, f"account {unknown.text!r} does not exist in the organization (give its 12 digits)")
        return [AccountId(scalar.text) for scalar in ids]

    def _ous(self, ids: Sequence[Scalar]) -> list[OuId]:
        for unknown in (scalar for scalar in ids if scalar.text not in self.names.ous):
            self._add(
                unknown.line, f"OU {unknown.text!r} does not exist in the organization (give its id, ou-… or r-…)"
            )
        return [OuId(scalar.text) for scalar in ids]

    def _channels(self, ids: Sequence[Scalar]) -> list[ConversationId]:
        channels = [read_conversation(scalar.text) for scalar in ids]
        for scalar, channel in zip(ids, channels, strict=True):
            if wrong := self._wrong_with(channel):
                self._add(scalar.line, f"channel {scalar.text!r} {wrong}")
        return channels

    def _wrong_with(self, channel: ConversationId) -> str:
        if is_of_teams(channel) and not is_teams_channel(channel):
            return _NO_TEAMS_CHANNEL
        if platform_of(channel) not in self.names.platforms:
            return ""
        found = self.names.conversations.get(channel)
        obstacle = found.obstacle if found else Obstacle.UNKNOWN
        return _OBSTACLES[obstacle] if obstacle else ""

    def _close(self, name: str, known: Iterable[str]) -> str:
        """Guess what was meant, for the first few: among twenty thousand users each guess takes a tenth of a second."""
        if self._guesses == 0:
            return ""
        self._guesses -= 1
        match = get_close_matches(name, known, n=1, cutoff=0.75)
        return f": did you mean {match[0]!r}?" if match else ""

    def _add(self, line: int, message: str) -> None:
        self.problems.append(Problem(line, message))


_HAS_POWER = (
    "can't be a target: its members may ask for access, decide, administer or audit here, by a policy or by settings. "
    "Make a group of its own for it"
)
_NO_TEAMS_CHANNEL = "is no channel of Teams: give teams:19:…@thread.tacv2, or the link that Teams copies"
_OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.UNKNOWN: "does not exist, or is private and the bot was never invited (give its id, not its name)",
    Obstacle.SHARED_OUTSIDE: "is shared outside the organization",
    Obstacle.ARCHIVED: "is archived",
    Obstacle.BOT_IS_OUTSIDE: "does not have the bot in it: invite it there first",
}
