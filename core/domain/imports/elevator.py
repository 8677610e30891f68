"""From SSO Elevator's statements to a policy book, target by target.

There, one statement frees a target from approval unless another says that it needs one; here every matching policy must
agree (rule 5). So what a statement frees is left out of the policies that the other statements become. Nobody approves
their own request here (rule 11).
"""

from collections.abc import Iterator, Mapping

from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.imports.elevator_choices import MADE_LATER, Choices
from core.domain.imports.elevator_settings import settings_of
from core.domain.imports.known_names import KnownNames
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.statements import ElevatorOptions, Statement, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook

_Approvers = Mapping[int, frozenset[PrincipalId]]
"""The enabled approvers that were found, by number of the statement."""


def from_elevator(given: Statements, around: Surroundings, options: ElevatorOptions) -> Imported:
    """Translate everything. Statements that lead to no policy are left out, and noted."""
    return _Translation(given, around, options).imported()


class _Translation:
    def __init__(self, given: Statements, around: Surroundings, options: ElevatorOptions) -> None:
        self._given = given
        self._around = around
        self._options = options
        self._sieve = KnownNames(around)
        self._choices = Choices(given.statements, around)

    def imported(self) -> Imported:
        sieve = self._sieve
        settings = settings_of(self._options, sieve)
        found = [sieve.group_named(name, "--requesters") for name in self._options.requesters]
        requesters = frozenset(group for group in found if group is not None)
        sieve.note(Finding.REQUESTERS, "", *sorted(self._around.groups[group].name for group in requesters))
        eligibility = [p for s in self._given.statements for p in self._eligibility(s, requesters)]
        approvers = {s.number: self._approvers(s) for s in self._given.statements}
        approval = [p for s in self._given.statements if (p := self._approval(s, approvers[s.number])) is not None]
        self._note_targets(approvers, self._around.enabled_in(requesters))
        self._note_rest()
        if approval and not self._options.channels:
            sieve.note(Finding.ASKED_DIRECTLY)
        book = PolicyBook(settings=settings, eligibility=tuple(eligibility), approval=tuple(approval))
        return Imported(book, sieve.written, tuple(sieve.notes))

    def _eligibility(self, statement: Statement, requesters: frozenset[GroupId]) -> Iterator[EligibilityPolicy]:
        """A policy for each stretch of accounts that has the same permission sets left."""
        self._note_unknown(statement)
        made = False
        for part in self._choices.parts(statement):
            accounts, ous = self._places(statement, part.accounts, statement.name)
            sets = self._opened(statement, part.permission_sets)
            if not requesters or not (accounts or ous) or not sets:
                continue
            also = "without approval" if part.free else "with approval"
            policy = EligibilityPolicy(
                name=self._sieve.policy_name(EligibilityPolicy, statement.name, also),
                groups=requesters,
                accounts=accounts,
                ous=ous,
                permission_sets=sets,
                approval_required=not part.free,
            )
            made = True
            self._sieve.note(Finding.ELIGIBILITY, policy.name, str(statement.number))
            if part.free:
                where = self._around.targets_called(
                    policy.opened(self._around.organization), part.accounts & self._around.usable
                )
                self._sieve.note(Finding.NO_APPROVAL_NEEDED, policy.name, where)
            yield policy
        if not made and not self._choices.is_covered_elsewhere(statement):
            self._sieve.note(Finding.LEFT_OUT, statement.name)

    def _note_unknown(self, statement: Statement) -> None:
        self._sieve.accounts(sorted(statement.accounts or ()), statement.name)

    def _places(
        self, statement: Statement, accounts: frozenset[AccountId], name: str
    ) -> tuple[frozenset[AccountId], frozenset[OuId]]:
        """The root where ``*`` means every account, those of later included; a list otherwise."""
        root = self._around.root
        if statement.accounts is None and accounts == self._choices.every_account and root is not None:
            return frozenset(), frozenset([root])
        usable = accounts & self._around.usable
        if statement.accounts is None and usable:
            self._sieve.note(Finding.ACCOUNTS_AS_OF_TODAY, name)
        return usable, frozenset()

    def _opened(self, statement: Statement, names: frozenset[str]) -> frozenset[PermissionSetArn]:
        """``*`` where it means every permission set, those of later included; a list otherwise."""
        if names == self._choices.every_set:
            return frozenset([EVERY_PERMISSION_SET])
        if MADE_LATER in names:
            self._sieve.note(Finding.SETS_AS_OF_TODAY, statement.name)
        return self._sets(statement, names)

    def _sets(self, statement: Statement, names: frozenset[str]) -> frozenset[PermissionSetArn]:
        """Of those that are there; one that the statement names itself and that is not there is noted."""
        known = names & self._around.sets_by_name.keys() if statement.permission_sets is None else names
        found = [self._sieve.permission_set_named(name, statement.name) for name in sorted(known)]
        return frozenset(arn for arn in found if arn is not None)

    def _approvers(self, statement: Statement) -> frozenset[PrincipalId]:
        found = [self._sieve.user_called(address, statement.name) for address in statement.approvers]
        return frozenset(user for user in found if user is not None)

    def _approval(self, statement: Statement, approvers: frozenset[PrincipalId]) -> ApprovalPolicy | None:
        """Also where nothing needs approval: the same statement may be overruled by another."""
        if not approvers:
            return None
        named = self._choices.accounts_of(statement)
        accounts, ous = self._places(statement, named, statement.name)
        sets = self._sets(statement, statement.permission_sets or frozenset())
        if not (accounts or ous) or (statement.permission_sets is not None and not sets):
            return None  # the empty list would mean any permission set
        policy = ApprovalPolicy(
            name=self._sieve.policy_name(ApprovalPolicy, statement.name),
            accounts=accounts,
            ous=ous,
            permission_sets=sets,
            approver_users=approvers,
            channels=self._options.channels,
        )
        self._sieve.note(Finding.APPROVAL, policy.name, str(statement.number))
        return policy

    def _note_targets(self, approvers: _Approvers, requesters: frozenset[PrincipalId]) -> None:
        """Note people who approved themselves, sole approvers, and targets that nobody approves; each target of it."""
        told: dict[tuple[Finding, PrincipalId | None], dict[PermissionSetArn, set[AccountId]]] = {}
        for name, accounts, statements in self._choices.asked_alike():
            for key in self._findings(statements, approvers, requesters):
                for arn in self._around.sets_by_name[name]:
                    told.setdefault(key, {}).setdefault(arn, set()).update(accounts)
        for (finding, person), targets in sorted(told.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            about = self._around.principals[person].user_name if person else ""
            self._sieve.note(finding, about, *self._called(targets))

    def _called(self, targets: Mapping[PermissionSetArn, set[AccountId]]) -> Iterator[str]:
        """Permission sets in the same accounts together."""
        alike: dict[frozenset[AccountId], set[PermissionSetArn]] = {}
        for arn, accounts in targets.items():
            alike.setdefault(frozenset(accounts), set()).add(arn)
        return (self._around.targets_called(sets, accounts) for accounts, sets in alike.items())

    def _findings(
        self, statements: tuple[Statement, ...], approvers: _Approvers, requesters: frozenset[PrincipalId]
    ) -> Iterator[tuple[Finding, PrincipalId | None]]:
        """The findings about a target that needs approval."""
        deciding = frozenset[PrincipalId]().union(*(approvers[s.number] for s in statements))
        if not deciding:
            yield Finding.NOBODY_APPROVES, None
        for person in deciding & requesters:
            said = {s.allow_self_approval for s in statements if person in approvers[s.number]}
            if True in said and False not in said:
                yield Finding.SELF_APPROVAL, person
            if len(deciding) == 1:
                yield Finding.ONLY_APPROVER, person

    def _note_rest(self) -> None:
        if self._given.group_statements:
            self._sieve.note(Finding.GROUP_STATEMENTS, "", str(self._given.group_statements))
        for number, kind in self._given.other_resources:
            self._sieve.note(Finding.RESOURCE_TYPE, f"statement-{number}", kind)
        self._sieve.note(Finding.LIVE_ACCESS, "SSO Elevator")
        self._sieve.note(Finding.REPLACES)
