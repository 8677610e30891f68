"""The sso-admin operations on the instance, its permission sets and their tags."""

from typing import Any

from . import refusals
from .needs import Needs
from .operation import Answer, Operation
from .pages import page
from .permission_set import DEFAULT_SESSION, PermissionSetRecord
from .wire import Call
from .world import World


class CatalogOperations:
    """One instance, and what may be assigned through it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sets = world.permission_sets

    def operations(self) -> dict[str, Operation]:
        return {
            "ListInstances": self.instances,
            "DescribeInstance": self.instance,
            "ListPermissionSets": self.permission_sets,
            "DescribePermissionSet": self.permission_set,
            "CreatePermissionSet": self.create,
            "UpdatePermissionSet": self.update,
            "DeletePermissionSet": self.delete,
            "ListTagsForResource": self.tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def instances(self, call: Call) -> Answer:
        return page(call, "Instances", [self._instance()], self._world.conduct.page_size)

    def instance(self, call: Call) -> Answer:
        if call.arguments["InstanceArn"] != self._sets.instance_arn:
            raise refusals.denied("sso-admin")
        conduct = self._world.conduct
        described = self._instance() | {"PermissionSetsEnabled": conduct.permission_sets_enabled}
        if conduct.encrypted:
            key = Needs(self._world.company).key
            described["EncryptionConfigurationDetails"] = {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": key}
        return described

    def permission_sets(self, call: Call) -> Answer:
        self._check_instance(call)
        return page(call, "PermissionSets", list(self._sets.by_arn), self._world.conduct.page_size)

    def permission_set(self, call: Call) -> Answer:
        return {"PermissionSet": _described(self._found(call))}

    def create(self, call: Call) -> Answer:
        self._check_instance(call)
        name = call.arguments["Name"]
        if self._sets.named(name):
            raise refusals.conflict("sso-admin", f"PermissionSet with name {name} already exists.")
        record = PermissionSetRecord(
            self._sets.new_arn(),
            name,
            self._world.created_at,
            call.arguments.get("Description", ""),
            call.arguments.get("SessionDuration", DEFAULT_SESSION),
            call.arguments.get("RelayState", ""),
            {tag["Key"]: tag["Value"] for tag in call.arguments.get("Tags", [])},
        )
        self._world.changes.publish("permission_set.made", arn=self._sets.add(record).arn)
        return {"PermissionSet": _described(record)}

    def update(self, call: Call) -> Answer:
        record = self._found(call)
        record.description = call.arguments.get("Description", record.description)
        record.session_duration = call.arguments.get("SessionDuration", record.session_duration)
        record.relay_state = call.arguments.get("RelayState", record.relay_state)
        self._world.changes.publish("permission_set.changed", arn=record.arn)
        return {}

    def delete(self, call: Call) -> Answer:
        record = self._found(call)
        if any(row.permission_set_arn == record.arn for row in self._world.assignments.rows):
            raise refusals.conflict("sso-admin", "Could not delete because PermissionSet has AccountAssignment")
        del self._sets.by_arn[record.arn]
        self._world.changes.publish("permission_set.removed", arn=record.arn)
        return {}

    def tags(self, call: Call) -> Answer:
        found = [{"Key": key, "Value": value} for key, value in self._tagged(call).tags.items()]
        return page(call, "Tags", found, self._world.conduct.page_size)

    def tag(self, call: Call) -> Answer:
        self._tagged(call).tags.update({tag["Key"]: tag["Value"] for tag in call.arguments["Tags"]})
        return {}

    def untag(self, call: Call) -> Answer:
        tags = self._tagged(call).tags
        for key in call.arguments["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _instance(self) -> dict[str, Any]:
        company = self._world.company
        store = f"arn:aws:identitystore::{company.management_account_id}:identitystore/{company.identity_store_id}"
        return {
            "InstanceArn": self._sets.instance_arn,
            "IdentityStoreId": company.identity_store_id,
            "IdentityStoreArn": store,
            "OwnerAccountId": company.management_account_id,
            "Name": company.name,
            "CreatedDate": self._world.created_at,
            "Status": "ACTIVE",
            "PrimaryRegion": self._world.conduct.primary_region or company.region,
            "Regions": [
                {"RegionName": region, "Status": "ACTIVE", "IsPrimaryRegion": region == company.region}
                for region in (company.region, *self._world.conduct.other_regions)
            ],
        }

    def _check_instance(self, call: Call) -> None:
        if call.arguments["InstanceArn"] != self._sets.instance_arn:
            raise refusals.not_found("The Identity Center instance could not be found.")

    def _found(self, call: Call) -> PermissionSetRecord:
        self._check_instance(call)
        return self._by_arn(call.arguments["PermissionSetArn"])

    def _tagged(self, call: Call) -> PermissionSetRecord:
        return self._by_arn(call.arguments["ResourceArn"])

    def _by_arn(self, arn: str) -> PermissionSetRecord:
        if arn not in self._sets.by_arn:
            raise refusals.not_found(f"Could not find PermissionSet {arn}.")
        return self._sets.by_arn[arn]


def _described(record: PermissionSetRecord) -> dict[str, Any]:
    """As AWS lists it: what was never given is left out, the session duration is always there."""
    described: dict[str, Any] = {
        "Name": record.name,
        "PermissionSetArn": record.arn,
        "CreatedDate": record.created_at,
        "SessionDuration": record.session_duration,
    }
    if record.description:
        described["Description"] = record.description
    if record.relay_state:
        described["RelayState"] = record.relay_state
    return described
