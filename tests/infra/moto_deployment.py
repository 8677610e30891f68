"""Deploys the templates into moto, for ``make infra``: the order of things, and every reference, as a second reader.

moto doesn't know all types and attributes. What it doesn't know is written into the template before, or is left out by
moto, and both are said. It runs by itself, with moto in an environment of its own.
"""

import logging
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "222233334444", "eu-west-1"
os.environ |= {"MOTO_ACCOUNT_ID": ACCOUNT, "AWS_ACCESS_KEY_ID": "AKIAOPERATOR00000000", "AWS_SECRET_ACCESS_KEY": "none"}

import boto3  # noqa: E402 - moto reads its account when it is imported
from moto import mock_aws  # noqa: E402

FOLDER = Path(__file__).parents[2] / "infra/aws"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-0a1b2c3d-AbCdEf"
UNKNOWN_TO_MOTO = {
    "!GetAtt Database.MasterUserSecret.SecretArn": SECRET,
    "${Database.MasterUserSecret.SecretArn}": SECRET,
    "${Database.Endpoint.Address}": "teambot.example.eu-west-1.rds.amazonaws.com",
    "${Database.Endpoint.Port}": "5432",
    "      DBParameterGroupName: !Ref DatabaseParameters\n": "",  # AttributeError in moto 5.2.5
    "!GetAtt Database.Endpoint.Address": "teambot.example.eu-west-1.rds.amazonaws.com",
}
ROLES = {
    "InstanceId": "ssoins-7223a1b2c3d4e5f6",
    "IdentityStoreId": "d-90676c1a2b",
    "ManagementAccountId": "123456789012",
    "OrganizationId": "o-exampleorg",
    "AuditBucketName": "example-audit-trail",
    "GrantGroupArns": "*",  # without it moto stumbles over the policy that is left out
}
SERVICE = {
    "Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/teambot@sha256:{'0' * 64}",
    "ImageRepositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/teambot",
    "SlackBotToken": "xoxb-1-2",
    "SlackAppToken": "xapp-1-2",
    "AdminGroup": "team-admins",
    "AlarmEmail": "oncall@example.com",
}
HTTP = {"SlackMode": "http", "SlackSigningSecret": "abc"}
TEAMS = {"TeamsAppId": "00000000-1111-2222-3333-444444444444", "TeamsTenantId": "00000000-1111-2222-3333-555555555555"}
API = {"ApiUrl": "https://team.example.com"}
ACTIVITY = {"ProcessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/TeamBot", "Source": "lookup-events"}
ARCHIVE = {"BucketName": "example-audit-trail", "ArchiveRoleArn": f"arn:aws:iam::{ACCOUNT}:role/TeamBotArchive"}


def deploy(template: str, *way_in: str, **parameters: str) -> str:
    """A line about what became of it. Raises when moto refuses the template, or makes another way in than this one."""
    text = (FOLDER / template).read_text(encoding="utf-8")
    for unknown, literal in UNKNOWN_TO_MOTO.items():
        text = text.replace(unknown, literal)
    text = re.sub(r"!Select \[(\d), !Cidr .*\]\]", lambda found: f"10.42.0.{64 * int(found[1])}/26", text)
    with mock_aws():
        client: Any = boto3.session.Session(region_name=REGION).client("cloudformation")
        needed = parameters | _there_already(text)
        if template not in ("roles.yaml", "archive.yaml", "activity.yaml"):
            _create(client, "teambot-roles", (FOLDER / "roles.yaml").read_text(encoding="utf-8"), ROLES)
        _create(client, "teambot", text, needed)
        found = client.describe_stack_resources(StackName="teambot")["StackResources"]
    made = {each["LogicalResourceId"] for each in found if "LogicalResourceId" in each}
    if set(way_in) != made & {"Balancer", "SlackCalls", "TeamsCalls", "ApiCalls"}:
        raise RuntimeError(f"{template}: the way in is {sorted(made)}, and not {way_in}")
    resources = text.partition("\nResources:\n")[2]
    left_out = set(re.findall(r"^  (\w+):\n    Type: AWS::", resources, re.MULTILINE)) - made
    not_made = ", ".join(sorted(left_out)) or "none"
    return f"{template}: {len(made)} resources made; unknown to moto or not asked for: {not_made}"


def _there_already(text: str) -> dict[str, str]:
    """Parameters that name what an account has before: a certificate, the default network."""
    session = boto3.session.Session(region_name=REGION)
    acm: Any = session.client("acm")
    ec2: Any = session.client("ec2")
    subnets = ec2.describe_subnets()["Subnets"]
    found = {
        "CertificateArn": acm.request_certificate(DomainName="team.example.com")["CertificateArn"],
        "SubnetIds": ",".join(subnet["SubnetId"] for subnet in subnets[:2]),
        "VpcId": subnets[0]["VpcId"],
    }
    asked = ("VpcId", "SubnetIds", "CertificateArn") if "\n  SubnetIds:\n" in text else ("CertificateArn",)
    return {name: found[name] for name in asked if f"\n  {name}:" in text}


def _create(client: Any, name: str, text: str, parameters: dict[str, str]) -> None:
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    client.create_stack(StackName=name, TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"{name}: {stack['StackStatus']}")


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # of each type that moto doesn't know; they are told below
    warnings.simplefilter("ignore")
    for line in (
        deploy("roles.yaml", **ROLES),
        deploy("archive.yaml", **ARCHIVE),
        deploy("activity.yaml", **ACTIVITY),
        deploy("teambot.yaml", **SERVICE),
        deploy("teambot.yaml", "Balancer", "SlackCalls", **SERVICE, **HTTP),
        deploy("teambot.yaml", "Balancer", "TeamsCalls", **SERVICE, **TEAMS),
        deploy("teambot.yaml", "Balancer", "ApiCalls", **SERVICE, **API),
        deploy("small.yaml", **SERVICE),
        deploy("small.yaml", "Balancer", "TeamsCalls", **SERVICE, **TEAMS),
    ):
        sys.stdout.write(f"{line}\n")
