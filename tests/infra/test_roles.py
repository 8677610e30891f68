"""The roles that the templates make, held against the documents that every other test runs with."""

from typing import Any

import pytest

from infra.aws import EXAMPLE, policy
from tests.infra.stacks import Stack

IDENTITY_CENTER = {
    "InstanceId": EXAMPLE["instance"],
    "IdentityStoreId": EXAMPLE["identity-store"],
    "ManagementAccountId": EXAMPLE["management-account"],
    "OrganizationId": EXAMPLE["organization"],
}
KEY = f"arn:aws:kms:{EXAMPLE['region']}:{EXAMPLE['management-account']}:key/{EXAMPLE['key']}"
OPTIONS = {
    "IdentityCenterKeyArn": KEY,
    "AuditBucketName": "example-audit-trail",
    "EventsTopicArn": f"arn:aws:sns:{EXAMPLE['region']}:{EXAMPLE['account']}:example-events",
    "EventsBusArn": f"arn:aws:events:{EXAMPLE['region']}:{EXAMPLE['account']}:event-bus/example-events",
    "EmailIdentityArn": f"arn:aws:ses:{EXAMPLE['region']}:{EXAMPLE['account']}:identity/events.example.com",
    "ActivityRoleArn": "arn:aws:iam::*:role/TeamBotActivity",
    "TeamsAudience": "api://AzureADTokenExchange",
}
PROCESS = "arn:aws:iam::222233334444:role/TeamBot"
ROLE_OF = {each.lower(): each for each in ("Process", "Read", "Grant", "Revoke", "Archive", "Events")}


def roles(**options: str) -> Stack:
    return Stack("roles.yaml", **IDENTITY_CENTER, **options)


def statements(stack: Stack, role: str) -> list[Any]:
    policies = stack.properties(role)["Policies"]
    return [statement for each in policies for statement in each["PolicyDocument"]["Statement"]]


def allowed(stack: Stack) -> dict[str, set[str]]:
    """The actions that each role of a stack allows."""
    return {
        role: {
            action
            for statement in statements(stack, role)
            if statement["Effect"] == "Allow"
            for action in statement["Action"]
        }
        for role in stack.of_type("AWS::IAM::Role")
    }


@pytest.mark.parametrize(("document", "role"), ROLE_OF.items())
def test_a_role_has_the_statements_of_its_document_and_no_other(document: str, role: str) -> None:
    assert statements(roles(**OPTIONS), role) == policy(document)["Statement"]


@pytest.mark.parametrize(("role", "document"), [("Grant", "grant-groups"), ("Revoke", "revoke-groups")])
def test_groups_are_changed_only_where_some_are_named(role: str, document: str) -> None:
    group, other = (f"arn:aws:identitystore:::group/{EXAMPLE['identity-store'][2:]}-{n}" for n in "12")
    named = roles(GrantGroupArns=f"{group},{other}")

    (more,) = (each for each in statements(named, role) if each not in statements(roles(), role))
    (written,) = policy(document)["Statement"]
    wanted = [*written["Resource"][:-1], *([group, other] if role == "Grant" else written["Resource"][-1:])]
    assert {**more, "Resource": wanted} == {**written, "Resource": wanted}
    assert more["Resource"] == wanted


def test_without_options_a_role_has_less_and_none_is_left_over() -> None:
    plain, full = roles(), roles(**OPTIONS)

    assert set(plain.resources) == set(full.resources) - {"Archive", "Events"}
    for role in set(plain.resources) - {"Process"}:
        assert [each for each in statements(plain, role) if each not in statements(full, role)] == []
    assert "kms:Decrypt" not in set().union(*allowed(plain).values())
    assumed = statements(plain, "Process")[0]["Resource"]
    assert assumed == [f"{PROCESS}{part}" for part in ("Read", "Grant", "Revoke")]


def test_events_go_where_they_are_named_to_go_and_nowhere_else() -> None:
    topic, bus = OPTIONS["EventsTopicArn"], OPTIONS["EventsBusArn"]
    assert [each["Sid"] for each in statements(roles(EventsTopicArn=topic), "Events")] == ["PublishEvents"]
    assert [each["Sid"] for each in statements(roles(EventsBusArn=bus), "Events")] == ["PutEvents"]


def test_granting_and_taking_away_are_in_one_role_each() -> None:
    holders = {
        action: sorted(role for role, actions in allowed(roles(**OPTIONS)).items() if action in actions)
        for action in ("sso:CreateAccountAssignment", "sso:DeleteAccountAssignment", "s3:PutObject", "sts:AssumeRole")
    }

    assert holders == {
        "sso:CreateAccountAssignment": ["Grant"],
        "sso:DeleteAccountAssignment": ["Revoke"],
        "s3:PutObject": ["Archive"],
        "sts:AssumeRole": ["Process"],
    }


def test_the_process_alone_may_assume_the_others_and_its_host_alone_the_process() -> None:
    made = roles(**OPTIONS)
    trust = policy("trust")["Statement"][0]

    for role in ("Read", "Grant", "Revoke", "Archive", "Events"):
        assert made.properties(role)["AssumeRolePolicyDocument"]["Statement"] == [
            {**trust, "Principal": {"AWS": "<Process.Arn>"}}
        ]
    host = {"ecs": "ecs-tasks.amazonaws.com", "eks": "pods.eks.amazonaws.com", "ec2": "ec2.amazonaws.com"}
    for where, service in host.items():
        document = roles(RunsOn=where).properties("Process")["AssumeRolePolicyDocument"]
        assert [each["Principal"] for each in document["Statement"]] == [{"Service": service}]


def test_what_may_be_granted_can_be_narrowed_and_the_rest_stays() -> None:
    account, other = "arn:aws:sso:::account/111122223333", "arn:aws:sso:::account/444455556666"
    allowed_set = f"arn:aws:sso:::permissionSet/{EXAMPLE['instance']}/ps-1234567890abcdef"
    narrow = roles(GrantAccountArns=f"{account},{other}", GrantPermissionSetArns=allowed_set)

    grant = next(each for each in statements(narrow, "Grant") if each["Sid"] == "Grant")
    assert grant["Resource"] == [f"arn:aws:sso:::instance/{EXAMPLE['instance']}", allowed_set, account, other]
    assert statements(narrow, "Revoke") == statements(roles(), "Revoke")
    assert "NeverInTheManagementAccount" in {each["Sid"] for each in statements(narrow, "Grant")}


def test_a_boundary_is_on_every_role() -> None:
    boundary = "arn:aws:iam::222233334444:policy/boundary"
    made = roles(**OPTIONS, PermissionsBoundaryArn=boundary).of_type("AWS::IAM::Role")

    assert {role.get("PermissionsBoundary") for role in made.values()} == {boundary}


@pytest.mark.parametrize("source", ["athena", "cloudwatch", "cloudtrail-lake", "lookup-events"])
def test_the_role_for_session_activity_has_the_document_of_its_source_alone(source: str) -> None:
    stack = Stack(
        "activity.yaml",
        ProcessRoleArn=PROCESS,
        Source=source,
        TrailBucketName="example-organization-trail",
        ResultsBucketName="example-athena-results",
        LogGroupName="organization-trail",
        EventDataStoreId="5bd1a0c2-9d1e-4f2a-8c67-0a1b2c3d4e5f",
    )

    policies = list(stack.of_type("AWS::IAM::RolePolicy").values())
    assert [each["PolicyDocument"]["Statement"] for each in policies] == [policy(f"activity-{source}")["Statement"]]
    trusted = stack.properties("Activity")["AssumeRolePolicyDocument"]["Statement"]
    assert trusted == policy("trust")["Statement"]


def test_the_archive_lets_the_bot_do_what_its_role_says_and_keeps_what_was_written() -> None:
    stack = Stack("archive.yaml", BucketName="example-audit-trail", ArchiveRoleArn=f"{PROCESS}Archive")
    statements_of_bucket = stack.properties("BucketPolicy")["PolicyDocument"]["Statement"]

    def lets(found: list[Any]) -> list[list[str]]:
        return [each["Action"] for each in found if each["Effect"] == "Allow"]

    assert lets(statements_of_bucket) == lets(list(policy("archive")["Statement"]))
    bucket = stack.properties("Bucket")
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    assert all(bucket["PublicAccessBlockConfiguration"].values())
