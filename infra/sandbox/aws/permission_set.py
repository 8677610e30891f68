"""The permission sets of the instance, with their tags."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from infra.sandbox.company import Company

#: What AWS says when nobody chose a session duration.
DEFAULT_SESSION = "PT1H"


@dataclass(slots=True)
class PermissionSetRecord:
    arn: str
    name: str
    created_at: float
    description: str = ""
    #: ISO 8601.
    session_duration: str = DEFAULT_SESSION
    relay_state: str = ""
    tags: dict[str, str] = field(default_factory=dict)


class PermissionSets:
    """Permission sets by ARN."""

    def __init__(self, company: Company, created_at: float) -> None:
        self.instance_arn = company.instance_arn
        self.by_arn: dict[str, PermissionSetRecord] = {}
        for found in company.permission_sets:
            session = DEFAULT_SESSION if found.session_duration is None else iso_8601(found.session_duration)
            self.add(PermissionSetRecord(found.arn, found.name, created_at, found.description, session))

    def add(self, permission_set: PermissionSetRecord) -> PermissionSetRecord:
        self.by_arn[permission_set.arn] = permission_set
        return permission_set

    def named(self, name: str) -> PermissionSetRecord | None:
        return next((found for found in self.by_arn.values() if found.name == name), None)

    def new_arn(self) -> str:
        return f"arn:aws:sso:::permissionSet/{self.instance_arn.rpartition('/')[2]}/ps-{uuid4().hex[:16]}"


def iso_8601(duration: timedelta) -> str:
    """A duration as permission sets carry it: `PT1H`, `PT1H30M`."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
