"""AWS TEAM's tables, told apart by the attributes of each row, whatever the files are called."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from core.adapters.peer_files.dynamodb import has_more, rows
from core.adapters.peer_files.json_file import read_json, unusable
from core.adapters.peer_files.row import ExportedRow
from core.domain.errors import InvalidPolicies
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamSettings, TeamTables

WANTED = "exports of AWS TEAM's tables Eligibility, Approvers and Settings"
_Read = TypeVar("_Read", TeamEligibility, TeamApprovers)
_ELIGIBILITY_TYPES, _APPROVERS_TYPES = ("User", "Group"), ("Account", "OU")
_NOTIFICATIONS = {"ses": "e-mail (SES)", "sns": "SNS", "slack": "Slack"}


def read_tables(files: Sequence[Path]) -> TeamTables:
    """Everything that the files hold. Raises InvalidPolicies with one problem."""
    eligibility: dict[str, TeamEligibility] = {}
    approvers: dict[str, TeamApprovers] = {}
    settings: TeamSettings | None = None
    requests, unfinished = 0, []
    for file in files:
        documents = read_json(file, WANTED)
        unfinished += [file.name] if any(map(has_more, documents)) else []
        for row in _rows(file, documents):
            if row.is_about("accountId"):
                requests += 1
            elif row.data.get("id") == "settings":
                settings = _only(row, settings, _settings(row))
            elif row.is_about("permissions") or row.data.get("type") in _ELIGIBILITY_TYPES:
                _keep(row, eligibility, _eligibility(row))
            elif row.is_about("groupIds", "approvers") or row.data.get("type") in _APPROVERS_TYPES:
                _keep(row, approvers, _approvers(row))
            else:
                raise _foreign(row)
    if not (eligibility or approvers or settings):
        raise unusable(f"{files[0].name} has no row of a table that can be imported: give {WANTED}.")
    return TeamTables(tuple(eligibility.values()), tuple(approvers.values()), settings, requests, tuple(unfinished))


def _rows(file: Path, documents: Sequence[Any]) -> Iterator[ExportedRow]:
    for number, row in enumerate((row for document in documents for row in rows(document)), 1):
        yield ExportedRow(file.name, number, row)


def _foreign(row: ExportedRow) -> InvalidPolicies:
    if row.is_about("statements", "ResourceType", "STATEMENTS"):
        return unusable(f"{row.file} holds statements of SSO Elevator: use `teambot import elevator`.")
    return row.problem(f"is of no table of AWS TEAM that can be imported: give {WANTED}")


def _keep(row: ExportedRow, kept: dict[str, _Read], read: _Read) -> None:
    if kept.setdefault(read.id, read) != read:
        raise row.problem("stands in the files twice, with different values: give one export of each table")


def _only(row: ExportedRow, kept: TeamSettings | None, read: TeamSettings) -> TeamSettings:
    if kept not in {None, read}:
        raise row.problem("stands in the files twice, with different values: give one export of each table")
    return read


def _eligibility(row: ExportedRow) -> TeamEligibility:
    return TeamEligibility(
        id=row.text("id"),
        name=row.text("name", default=row.text("id")),
        is_group=row.choice("type", _ELIGIBILITY_TYPES) == "Group",
        accounts=tuple(found for found, _ in row.named("accounts")),
        ous=tuple(found for found, _ in row.named("ous")),
        permission_sets=row.named("permissions"),
        hours=row.hours("duration"),
        approval_required=row.flag("approvalRequired", default=True),
        ticket=row.text("ticketNo", default=""),
        modified_by=row.text("modifiedBy", default=""),
    )


def _approvers(row: ExportedRow) -> TeamApprovers:
    if not row.is_about("groupIds"):
        raise row.problem("has no `groupIds`: export the table Approvers with all its attributes")
    return TeamApprovers(
        id=row.text("id"),
        name=row.text("name", default=row.text("id")),
        is_ou=row.choice("type", _APPROVERS_TYPES) == "OU",
        groups=tuple(found for found, _ in row.named("groupIds")),
        ticket=row.text("ticketNo", default=""),
        modified_by=row.text("modifiedBy", default=""),
    )


def _settings(row: ExportedRow) -> TeamSettings:
    ours = TeamSettings()
    return TeamSettings(
        hours=row.hours("duration", default=ours.hours),
        expiry_hours=row.hours("expiry", default=ours.expiry_hours),
        approval=row.flag("approval", default=ours.approval),
        comments=row.flag("comments", default=ours.comments),
        ticket=row.flag("ticketNo", default=ours.ticket),
        admin_group=row.text("teamAdminGroup", default=""),
        auditor_group=row.text("teamAuditorGroup", default=""),
        audit_channel=row.text("slackAuditNotificationsChannel", default=""),
        notifications=tuple(
            name for key, name in _NOTIFICATIONS.items() if row.flag(f"{key}NotificationsEnabled", default=False)
        ),
    )
