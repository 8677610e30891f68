"""The templates of the service: what they start agrees with what the bot is, and nothing faces the internet."""

import ast
import json
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from bot.settings import SECRETS, ProcessSettings, Purpose, load_settings
from tests.infra.image import DOCKERFILE, stages
from tests.infra.stacks import (
    API,
    FOLDER,
    HTTP,
    NEEDED,
    TEAMS,
    TEAMS_SECRET,
    Stack,
    read,
    small,
    teams_alone,
    templates,
    usual,
)
from tests.reference.variables import all_variables
from tests.repo.tree import ROOT

SERVICES = ("teambot.yaml", "small.yaml")
OPTIONS = {"AuditBucketName": "example-audit-trail", "ActivitySource": "lookup-events", "ActivityRegions": "eu-west-1"}


STACKS: dict[str, Callable[[], Stack]] = {
    "usual": usual,
    "with options": partial(usual, **OPTIONS),
    "HTTP": partial(usual, **HTTP),
    "Teams beside Slack": partial(usual, **TEAMS),
    "Teams and Slack over HTTP": partial(usual, **{**HTTP, **TEAMS_SECRET}),
    "API beside Slack": partial(usual, **API),
    "API beside Teams": partial(usual, **{**API, **TEAMS, "ApiSources": "10.0.0.0/8,192.0.2.0/24"}),
    "small with the API": partial(small, **API),
    "Teams alone": partial(teams_alone, TeamsIdentity="external-id"),
    "its network": partial(usual, VpcId="vpc-1", PrivateSubnetIds="subnet-1,subnet-2"),
    "small": small,
    "small with Teams": partial(small, **{**TEAMS_SECRET, "TeamsCredential": "certificate"}),
}
"""Made when a test asks: every worker collects this file, and reading a template takes longer than most tests."""


@cache
def stack_of(name: str) -> Stack:
    return STACKS[name]()


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Stack:
    return stack_of(request.param)


every_stack = pytest.mark.parametrize("stack", STACKS, indirect=True)


# --- the process ---


@every_stack
def test_every_variable_is_one_that_the_bot_reads_and_its_value_will_do(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    known = {variable.name for variable in all_variables()}
    environment = stack.environment()
    assert set(environment) <= known

    for name, value in environment.items():
        monkeypatch.setenv(name, value.replace("<Database.Endpoint.Port>", "5432").replace("<", "").replace(">", ""))
    for name in SECRETS:
        if environment.get(name, "").startswith("<"):
            monkeypatch.setenv(name, ARN + environment[name].rpartition("#")[1] + environment[name].rpartition("#")[2])
    load_settings(Purpose.SERVE)
    settings = ProcessSettings(_env_file=None)  # type: ignore[call-arg]
    assert settings.serves_slack == ("SlackSecret" in stack.resources)
    assert settings.serves_teams == ("TeamsCalls" in stack.resources)
    assert (settings.mode == "socket") == (settings.serves_slack and "SlackCalls" not in stack.resources)
    assert settings.host == ("0.0.0.0" if "Balancer" in stack.resources else "127.0.0.1")  # noqa: S104
    held = {name for name, value in environment.items() if name in SECRETS and ("#" in value or "arn:" in value)}
    assert set(settings.arns) == held


ARN = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:teambot/teambot/slack-AbCdEf"


@every_stack
def test_every_secret_is_passed_as_a_reference(stack: Stack) -> None:
    for container in ("migrate", "bot"):
        secrets = {name: value for name, value in stack.environment(container).items() if name in SECRETS and value}
        url = secrets.pop("TEAMBOT_DATABASE_URL")
        assert re.fullmatch(r"postgresql\+asyncpg://teambot@<[\w.]+>:<[\w.]+>/teambot\?ssl=require", url)
        assert secrets
        assert all(re.fullmatch(r"<[\w.]+>#\w+|arn:\S+:secret:teambot/\S+", value) for value in secrets.values())
    assert not any(value in str(stack.properties("Task")) for value in NEEDED.values() if value.startswith("x"))


@every_stack
def test_the_schema_is_brought_up_before_the_bot_and_with_nothing_but_the_database(stack: Stack) -> None:
    migrate, bot = stack.container("migrate"), stack.container("bot")

    assert (migrate["Command"], migrate["Essential"]) == (["migrate"], False)
    assert bot["DependsOn"] == [{"ContainerName": "migrate", "Condition": "SUCCESS"}]
    assert bot["Command"] == ["serve"]
    given = stack.environment()
    assert stack.environment("migrate") == {name: given[name] for name in given if name.startswith("TEAMBOT_DATABASE_")}


@every_stack
def test_containers_are_not_root_and_write_nowhere_but_in_tmp(stack: Stack) -> None:
    for name in ("migrate", "bot"):
        container = stack.container(name)
        assert container["User"] == "10001:10001"
        assert container["ReadonlyRootFilesystem"] is True
        assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert container["MountPoints"] == [{"SourceVolume": "tmp", "ContainerPath": "/tmp"}]  # noqa: S108


@every_stack
def test_the_bot_has_time_to_leave_and_is_asked_where_it_answers(stack: Stack) -> None:
    bot, environment = stack.container("bot"), stack.environment()

    assert bot["StopTimeout"] >= int(environment["TEAMBOT_STOP_WITHIN"]) + 5
    assert [each["ContainerPort"] for each in bot["PortMappings"]] == [int(environment["TEAMBOT_PORT"])]


def test_what_is_started_is_what_the_image_is() -> None:
    image, bot = stages(DOCKERFILE.read_text(encoding="utf-8"))[-1], stack_of("usual").container("bot")

    assert image.last("USER") == bot["User"]
    assert json.loads(image.last("VOLUME")) == [mount["ContainerPath"] for mount in bot["MountPoints"]]
    assert json.loads(image.last("HEALTHCHECK").partition("CMD ")[2]) == bot["HealthCheck"]["Command"][1:]
    assert json.loads(image.last("ENTRYPOINT")) == ["teambot"]
    assert json.loads(image.last("CMD")) == bot["Command"]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_without_a_version_or_called_latest_is_refused(name: str) -> None:
    pattern = read(name)["Parameters"]["Image"]["AllowedPattern"]

    for image in ("teambot", "example.com/teambot", "example.com/teambot:latest"):
        assert not re.fullmatch(pattern, image)
    for image in ("example.com:5000/teambot:1.2.3", f"teambot@sha256:{'a' * 64}"):
        assert re.fullmatch(pattern, image)


@pytest.mark.parametrize("name", SERVICES)
def test_tokens_that_are_typed_are_shown_nowhere(name: str) -> None:
    template = read(name)
    tokens = [
        each for each in template["Parameters"] if each.startswith("Slack") and each.endswith(("Token", "Secret"))
    ]

    assert len(tokens) > 1
    for token in tokens:
        assert template["Parameters"][token]["NoEcho"] is True
        used = [name for name, resource in template["Resources"].items() if token in str(resource)]
        assert used == ["SlackSecret"]
        assert token not in str(template["Outputs"])


def test_a_boundary_is_on_the_role_that_starts_tasks_too() -> None:
    boundary = "arn:aws:iam::222233334444:policy/boundary"

    for stack in (usual(PermissionsBoundaryArn=boundary), small(PermissionsBoundaryArn=boundary)):
        assert {role["PermissionsBoundary"] for role in stack.of_type("AWS::IAM::Role").values()} == {boundary}


# --- who reaches whom ---


@pytest.mark.parametrize("stack", ["usual", "its network", "small"], indirect=True)
def test_in_socket_mode_nothing_can_connect_to_the_bot(stack: Stack) -> None:
    assert stack.of_type("AWS::ElasticLoadBalancingV2") == {}
    let_in = [
        *(
            rule
            for group in stack.of_type("AWS::EC2::SecurityGroup").values()
            for rule in group.get("SecurityGroupIngress", [])
        ),
        *(rule for rule in stack.of_type("AWS::EC2::SecurityGroupIngress").values() if "Process" in rule["GroupId"]),
    ]
    assert let_in == []
    assert stack.environment()["TEAMBOT_TRUSTED_PROXIES"] == "0"


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("HTTP", ["/slack/events"]),
        ("Teams beside Slack", ["/teams/messages"]),
        ("Teams and Slack over HTTP", ["/slack/events", "/teams/messages"]),
        ("Teams alone", ["/teams/messages"]),
        ("small with Teams", ["/teams/messages"]),
        ("API beside Slack", ["/api/v1/*"]),
        ("API beside Teams", ["/teams/messages", "/api/v1/*"]),
        ("small with the API", ["/api/v1/*"]),
    ],
)
def test_the_load_balancer_passes_on_nothing_but_what_the_chats_post_and_the_api_where_it_is_on(
    name: str, paths: list[str]
) -> None:
    stack = stack_of(name)
    rules = stack.of_type("AWS::ElasticLoadBalancingV2::ListenerRule")
    posted = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}
    sources = ["10.0.0.0/8", "192.0.2.0/24"] if name == "API beside Teams" else ["0.0.0.0/0"]
    of_the_api = {"Field": "source-ip", "SourceIpConfig": {"Values": sources}}

    assert [rule["Conditions"] for rule in rules.values()] == [
        [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}, of_the_api if "api" in path else posted]
        for path in paths
    ]
    assert bool(stack.environment()["TEAMBOT_API_URL"]) == ("/api/v1/*" in paths)
    assert len({rule["Priority"] for rule in rules.values()}) == len(paths)
    assert stack.environment()["TEAMBOT_TRUSTED_PROXIES"] == "1"
    assert stack.properties("Service")["LoadBalancers"][0]["TargetGroupArn"] == "<TargetGroup>"
    assert stack.properties("Listener")["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    assert stack.properties("TargetGroup")["HealthCheckPath"] == "/readyz"
    assert stack.properties("FirewallBeforeBalancer")["ResourceArn"] == "<Balancer>"


@every_stack
def test_the_process_reaches_the_database_and_https_and_the_database_nobody(stack: Stack) -> None:
    groups = stack.of_type("AWS::EC2::SecurityGroup")
    out = [(rule["FromPort"], rule["CidrIp"]) for rule in groups["ProcessSecurityGroup"]["SecurityGroupEgress"]]
    further = stack.of_type("AWS::EC2::SecurityGroupEgress")

    assert out == [(443, "0.0.0.0/0")]
    assert [(rule["ToPort"], rule["DestinationSecurityGroupId"]) for rule in further.values()] == [
        (5432, "<DatabaseSecurityGroup.GroupId>")
    ]
    assert [rule["CidrIp"] for rule in groups["DatabaseSecurityGroup"]["SecurityGroupEgress"]] == ["127.0.0.1/32"]
    assert stack.properties("Database")["PubliclyAccessible"] is False


def test_a_network_that_is_made_has_its_tasks_and_database_in_private_subnets() -> None:
    stack = stack_of("usual")
    service = stack.properties("Service")["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert service["AssignPublicIp"] == "DISABLED"
    assert (
        service["Subnets"]
        == stack.properties("DatabaseSubnets")["SubnetIds"]
        == ["<PrivateSubnetA>", "<PrivateSubnetB>"]
    )
    routes = stack.of_type("AWS::EC2::Route")
    assert [name for name, route in routes.items() if "GatewayId" in route] == ["PublicWayOut"]
    blocks = [subnet["CidrBlock"] for subnet in stack.of_type("AWS::EC2::Subnet").values()]
    assert len(set(blocks)) == 4


def test_the_small_load_balancer_is_in_public_subnets() -> None:
    subnets = {"TeamsCredential": "federated", "PublicSubnetIds": "subnet-8,subnet-9", "PublicIp": "DISABLED"}

    assert stack_of("small with Teams").properties("Balancer")["Subnets"] == ["subnet-1", "subnet-2"]
    assert small(**TEAMS, **subnets).properties("Balancer")["Subnets"] == ["subnet-8", "subnet-9"]


@pytest.mark.parametrize(
    "name", ["usual", "HTTP", "Teams and Slack over HTTP", "its network", "small with Teams", "API beside Teams"]
)
def test_the_service_waits_for_its_way_out_and_for_what_calls_it(name: str) -> None:
    """An image that cannot be pulled ends the deployment, and ECS takes no target group without a load balancer."""
    stack = stack_of(name)
    ways = [*stack.of_type("AWS::EC2::Route"), *stack.of_type("AWS::EC2::SubnetRouteTableAssociation")]
    calls = list(stack.of_type("AWS::ElasticLoadBalancingV2::ListenerRule"))

    waited_for = re.findall(r"<\w+>", str(stack.resources["Service"]["Metadata"].get("After", [])))
    assert sorted(waited_for) == sorted(f"<{each}>" for each in [*ways, *calls])
    if calls and ways:
        assert stack.resources["Balancer"]["Metadata"]["After"] == "<PublicWayOut>"


# --- what is kept, and what alarms ---


@every_stack
def test_what_is_kept_is_encrypted_with_the_key_and_outlives_the_stack(stack: Stack) -> None:
    key = "<Key.Arn>"
    database = stack.resources["Database"]

    assert database["DeletionPolicy"] == database["UpdateReplacePolicy"] == "Snapshot"
    assert database["Properties"]["DeletionProtection"] is True
    assert database["Properties"]["StorageEncrypted"] is True
    assert database["Properties"]["KmsKeyId"] == database["Properties"]["MasterUserSecret"]["KmsKeyId"] == key
    assert {log["KmsKeyId"] for log in stack.of_type("AWS::Logs::LogGroup").values()} == {key}
    assert all(log["RetentionInDays"] for log in stack.of_type("AWS::Logs::LogGroup").values())
    assert stack.properties("Alarms")["KmsMasterKeyId"] == key
    assert {secret["KmsKeyId"] for secret in stack.of_type("AWS::SecretsManager::Secret").values()} <= {key}
    assert stack.resources["Key"]["DeletionPolicy"] == "Retain"


def test_a_database_is_made_from_a_snapshot_beside_the_one_that_was() -> None:
    restored = usual(DatabaseSnapshot="rds:teambot-2026-11-29", DatabaseIdentifier="teambot-2").properties("Database")

    assert (restored["DBSnapshotIdentifier"], restored["DBInstanceIdentifier"]) == (
        "rds:teambot-2026-11-29",
        "teambot-2",
    )
    assert set(restored) & {"DBName", "MasterUsername", "KmsKeyId"} == set(), "these come from the snapshot"


@cache
def logged() -> set[str]:
    """The events that the program may log, as they are written: the first argument of a call of ``log.…``."""
    found = set()
    for package in ("bot", "core", "handlers"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                    found |= {each.value for each in node.args[:1] if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


@every_stack
def test_every_alarm_looks_at_something_that_is_there(stack: Stack) -> None:
    filters = stack.of_type("AWS::Logs::MetricFilter").values()
    events = {re.fullmatch(r'\{ \$\.event = "(.+)" \}', each["FilterPattern"])[1] for each in filters}  # type: ignore[index]
    assert events - logged() == set()
    assert {"revocation overdue", "alarm raised", "audit trail is broken"} <= events

    made = {(one["MetricNamespace"], one["MetricName"]) for each in filters for one in each["MetricTransformations"]}
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    looked_at = {(each["Namespace"], each["MetricName"]) for each in alarms.values()}
    assert {each for each in looked_at if each[0].startswith("TeamBot/")} == made
    assert all(each["AlarmActions"] == ["<Alarms>"] for each in alarms.values())
    assert {"NoTaskRuns", "DatabaseFull"} <= set(alarms)
    assert ("TargetsUnhealthy" in alarms) == ("Balancer" in stack.resources)


def test_the_bot_may_read_the_password_of_its_database_and_no_other() -> None:
    for stack in map(stack_of, STACKS):
        (policy,) = stack.of_type("AWS::IAM::RolePolicy").values()
        assert policy["PolicyDocument"]["Statement"] == [
            {
                "Sid": "ReadDatabasePassword",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": "<Database.MasterUserSecret.SecretArn>",
            }
        ]
        assert stack.properties("Task")["TaskRoleArn"].endswith(":role/TeamBot")


# --- the templates themselves ---


@pytest.mark.parametrize("name", templates())
def test_every_parameter_says_what_it_is_and_what_it_costs_and_stands_once_on_the_page(name: str) -> None:
    template: dict[str, Any] = read(name)
    parameters = template["Parameters"]

    for parameter, declared in parameters.items():
        said = declared.get("Description", "")
        assert len(said) > 20, parameter
        assert re.search(r"No cost|\$[0-9]|[Ff]ree|costs|cents", said), f"{parameter} does not say what it costs"
    groups = template.get("Metadata", {}).get("AWS::CloudFormation::Interface", {}).get("ParameterGroups", [])
    listed = [parameter for group in groups for parameter in group["Parameters"]]
    assert not groups or sorted(listed) == sorted(parameters)


@pytest.mark.parametrize("name", templates())
def test_a_template_is_short_enough_to_be_deployed_without_a_bucket(name: str) -> None:
    """51,200 bytes (CloudFormation User Guide, quotas)."""
    assert (FOLDER / name).stat().st_size <= 51_200


@pytest.mark.parametrize("name", templates())
def test_every_parameter_and_condition_is_used(name: str) -> None:
    text = {key: value for key, value in read(name).items() if key not in ("Parameters", "Metadata", "Description")}
    used = str(text)

    assert [each for each in read(name)["Parameters"] if not re.search(rf"'{each}'|\$\{{{each}\}}", used)] == []
    assert [each for each in read(name).get("Conditions", {}) if used.count(f"'{each}'") < 2] == []
