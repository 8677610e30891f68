"""The side panel: the lists of AWS, and Slack's refusals."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice

from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.admin_changes import Held
from infra.sandbox.aws.assignments import Assignment, Kind, Operation
from infra.sandbox.company import Company
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.slack.calls import ApiCall
from infra.sandbox.slack.server import LocalSlack

CALLS_SHOWN = 6
REFUSALS_SHOWN = 30
_CALLS_READ = 200
_DOING = {Kind.CREATION: "Assigning", Kind.DELETION: "Taking away"}


@dataclass(frozen=True)
class Access:
    who: str
    permission_set: str
    account: str
    account_id: str
    principal: str
    """The name that AWS knows the person by."""


@dataclass(frozen=True)
class Joined:
    who: str
    group: str


@dataclass(frozen=True)
class Underway:
    doing: str
    access: Access
    status: str
    seconds: int


@dataclass(frozen=True)
class Called:
    operation: str
    outcome: str
    times: int

    @property
    def went_well(self) -> bool:
        return self.outcome in ("ok", "under way")


@dataclass(frozen=True)
class Refused:
    what: str
    code: str
    details: tuple[str, ...] = ()
    at: str = ""


class AwsPanel:
    def __init__(self, company: Company, aws: LocalAws, slack: LocalSlack, teams: LocalTeams | None = None) -> None:
        self._aws, self._slack, self._teams = aws, slack, teams
        self._accounts = {each.id: each.name for each in company.accounts}
        self._people = {each.user_name: each.display_name for each in company.users}

    def held(self) -> list[Access]:
        return [self._access(Held(*each)) for each in sorted(self._aws.assignments())]

    def joined(self) -> list[Joined]:
        """Members of groups who were not among them at the beginning."""
        directory = self._aws.world.directory
        made = {each.membership.id for each in directory.membership_changes if each.is_there}
        found = [
            Joined(directory.users[each.user_id].display_name, directory.groups[each.group_id].name)
            for each in directory.memberships.values()
            if each.id in made
        ]
        return sorted(found, key=lambda each: (each.who, each.group))

    def underway(self) -> list[Underway]:
        return [self._underway(each) for each in self._aws.operations_in_flight()]

    def calls(self) -> list[Called]:
        """The last ones, newest first; the same several times in a row is told once."""
        records = [(each.operation, each.outcome) for each in reversed(self._aws.log.last(_CALLS_READ))]
        told = (Called(*key, times=len(list(same))) for key, same in groupby(records))
        return list(islice(told, CALLS_SHOWN))

    def call_count(self) -> int:
        last = self._aws.log.last(1)
        return last[0].number if last else 0

    def refusals(self) -> list[Refused]:
        """Newest first: calls that a chat refused, then answers of the app that it could not use."""
        return list(islice(chain(self._refusals(), self._refusals_of_teams()), REFUSALS_SHOWN))

    def _refusals(self) -> Iterator[Refused]:
        for call in reversed(self._slack.calls.refused()):
            yield _refused(call)
        for delivery in reversed(self._slack.deliveries):
            kind = str(delivery.app_call.payload.get("type") or delivery.app_call.kind)
            if delivery.ack.problem:
                yield Refused(f"The app's answer to {kind}", delivery.ack.problem)
            for complaint in delivery.complaints:
                code, _, detail = complaint.partition(": ")
                yield Refused(f"The app's answer to {kind}", code, (detail,) if detail else ())

    def _refusals_of_teams(self) -> Iterator[Refused]:
        if self._teams is None:
            return
        for call in reversed(self._teams.calls.refused()):
            at = f"{dt.datetime.fromtimestamp(call.at, dt.UTC):%H:%M:%S}"
            yield Refused(f"Teams: {call.operation}", call.code or "connection dropped", at=at)
        for delivery in reversed(self._teams.deliveries):
            if delivery.problem:
                yield Refused(f"The app's answer to {delivery.name}", delivery.problem)
            for complaint in delivery.complaints:
                yield Refused(f"The app's answer to {delivery.name}", "of no use to Teams", (complaint,))

    def _underway(self, operation: Operation) -> Underway:
        access = self._access(self._in_words(operation.assignment))
        waited = int(self._aws.world.clock() - operation.created_at)
        return Underway(_DOING[operation.kind], access, operation.status, waited)

    def _in_words(self, row: Assignment) -> Held:
        permission_set = self._aws.world.permission_sets.by_arn.get(row.permission_set_arn)
        user = self._aws.world.directory.users.get(row.principal_id)
        return Held(
            row.account_id,
            permission_set.name if permission_set else row.permission_set_arn,
            user.user_name if user else row.principal_id,
        )

    def _access(self, held: Held) -> Access:
        who = self._people.get(held.principal, held.principal)
        return Access(
            who, held.permission_set, self._accounts.get(held.account_id, "?"), held.account_id, held.principal
        )


def _refused(call: ApiCall) -> Refused:
    told = (call.answer.get("response_metadata") or {}).get("messages") or ()
    at = f"{dt.datetime.fromtimestamp(call.at, dt.UTC):%H:%M:%S}"
    return Refused(call.method, call.error or "connection dropped", tuple(map(str, told)), at)
