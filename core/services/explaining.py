"""Answers "who may, how long, who decides, and by which policies" for one person and one target."""

from dataclasses import dataclass

from core.domain.errors import NotFound
from core.domain.ids import AccountId
from core.domain.organization import Account, PermissionSet, Target
from core.domain.people import Person, Principal
from core.domain.submission import Judgement, judge_target
from core.ports import PrincipalDirectory
from core.services.judging import Judge


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on a target with the names that its words need."""

    person: Person
    account: Account
    account_path: tuple[str, ...]
    permission_set: PermissionSet
    judgement: Judgement
    approvers: tuple[Principal, ...]
    group_names: tuple[str, ...]


class Explaining:
    def __init__(self, judge: Judge, directory: PrincipalDirectory) -> None:
        self._judge = judge
        self._directory = directory

    async def explain(self, user: str, account: str, permission_set: str) -> Explanation:
        """Explain by user name or e-mail, account id, permission-set name; NotFound names the one that is unknown."""
        principals = [p for p in await self._directory.principals_of_email(user, fresh=True) if p.enabled]
        if len(principals) != 1:
            raise NotFound(f"No one enabled Identity Center user is called {user}.")
        person = Person(principals[0], await self._directory.groups_of(principals[0].id, fresh=True))
        rules = await self._judge.rules()
        found_account = rules.organization.accounts.get(AccountId(account))
        found_set = rules.organization.permission_set_named(permission_set)
        if found_account is None:
            raise NotFound(f"The organisation has no account {account}.")
        if found_set is None:
            raise NotFound(f"There is no permission set {permission_set}.")
        seen = await self._judge.see(person, Target(found_account.id, found_set.arn))
        judgement = judge_target(Target(found_account.id, found_set.arn), seen)
        approvers = await self._judge.approvers(judgement.approval)
        return Explanation(
            person=person,
            account=found_account,
            account_path=rules.organization.path(found_account.id),
            permission_set=found_set,
            judgement=judgement,
            approvers=tuple(p for p in approvers if p.id != person.id),
            group_names=tuple(sorted(rules.book.label(group) for group in judgement.approval.groups)),
        )
