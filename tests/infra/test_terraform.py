"""The Terraform module: the same installation as the templates make, with the policies that everything else has."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.settings import SECRETS
from infra.aws import EXAMPLE, OF_ROLE, PARTITIONS, names, policy
from tests.infra.stacks import HTTP, usual
from tests.repo.tree import ROOT

FOLDER = ROOT / "infra/terraform"
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.tf")))
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
KEY = f"arn:aws:kms:{EXAMPLE['region']}:{EXAMPLE['management-account']}:key/{EXAMPLE['key']}"
IDS = {
    "account_id": EXAMPLE["account"],
    "region": EXAMPLE["region"],
    "instance_id": EXAMPLE["instance"],
    "identity_store_id": EXAMPLE["identity-store"],
    "management_account_id": EXAMPLE["management-account"],
    "organization_id": EXAMPLE["organization"],
}
OPTIONS = {
    "key_arn": KEY,
    "audit_bucket": "example-audit-trail",
    "events_topic_arn": "arn:aws:sns:eu-west-1:222233334444:example-events",
    "email_identity_arn": "arn:aws:ses:eu-west-1:222233334444:identity/events.example.com",
    "events_bus_arn": "arn:aws:events:eu-west-1:222233334444:event-bus/example-events",
    "activity_role_arn": "arn:aws:iam::*:role/TeamBotActivity",
    "teams_audience": "api://AzureADTokenExchange",
}


class Module:
    """The part of the module that makes policies, as Terraform works it out. It needs no provider."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "infra/terraform/policies"
        shutil.copytree(FOLDER / "policies", self._folder)
        shutil.copytree(ROOT / "infra/aws/policies", folder / "infra/aws/policies")
        self._run("init", "-input=false")

    def policies(self, **variables: Any) -> dict[str, Any]:
        (self._folder / "terraform.tfvars.json").write_text(json.dumps(IDS | variables))
        self._run("apply", "-auto-approve", "-input=false")
        found = json.loads(self._run("output", "-json"))["policies"]["value"]
        return {name: json.loads(text)["Statement"] for name, text in found.items()}

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            ["terraform", f"-chdir={self._folder}", *words], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def module(tmp_path: Path) -> Module:
    if shutil.which("terraform") is None:
        pytest.skip("there is no terraform here")
    return Module(tmp_path)


def test_terraform_makes_of_the_documents_what_they_say(module: Module) -> None:
    made = module.policies(**OPTIONS)

    assert made == {name: policy(name)["Statement"] for name in names()}


def test_without_options_nothing_is_left_of_them_and_other_ids_take_their_place(module: Module) -> None:
    for partition in PARTITIONS:
        made = module.policies(account_id="999988887777", instance_id="ssoins-0000000000000000", partition=partition)
        text = json.dumps([made[name] for name in ("process", "read", "grant", "revoke")])
        assert "kms:" not in text
        assert "Archive" not in text
        assert "sts:GetWebIdentityToken" not in text
        assert set(re.findall(r"arn:(aws[\w-]*):", text)) == {partition}
        assert not [example for example in (EXAMPLE["account"], EXAMPLE["instance"]) if example in text]


def test_what_may_be_granted_can_be_narrowed(module: Module) -> None:
    account, allowed = "arn:aws:sso:::account/111122223333", f"arn:aws:sso:::permissionSet/{EXAMPLE['instance']}/ps-1"
    made = module.policies(**OPTIONS, grant_account_arns=[account], grant_permission_set_arns=[allowed])

    (grant,) = [each for each in made["grant"] if each["Sid"] == "Grant"]
    assert grant["Resource"] == [f"arn:aws:sso:::instance/{EXAMPLE['instance']}", allowed, account]
    assert made["revoke"] == policy("revoke")["Statement"]


def test_groups_can_be_named_one_by_one(module: Module) -> None:
    group = "arn:aws:identitystore:::group/90676c1a2b-1"
    made = module.policies(**OPTIONS, grant_group_arns=[group])

    assert made["grant-groups"][0]["Resource"][-1] == group
    assert made["revoke-groups"] == policy("revoke-groups")["Statement"]


def test_the_bot_is_told_by_terraform_what_the_template_tells_it() -> None:
    given = set(re.findall(r"^ +((?:TEAMBOT|SLACK|AWS)_[A-Z0-9_]+) += ", TEXT, re.MULTILINE))

    assert given == set(usual().environment())


def test_it_alarms_when_the_template_does() -> None:
    stack = usual(**HTTP)
    filters = stack.of_type("AWS::Logs::MetricFilter").values()
    events = {str(each["FilterPattern"]).split('"')[1] for each in filters}
    alarms = {each["AlarmName"].removeprefix("teambot ") for each in stack.of_type("AWS::CloudWatch::Alarm").values()}

    assert set(re.findall(r'^ +event += "(.+)"$', TEXT, re.MULTILINE)) == events
    assert set(re.findall(r'^ +alarm +  ?= "(.+)"$', TEXT, re.MULTILINE)) == alarms


def test_what_is_started_is_what_the_template_starts() -> None:
    bot: dict[str, Any] = usual().container("bot")

    for told in (
        f'user                   = "{bot["User"]}"',
        'mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp" }]',
        "readonlyRootFilesystem = true",
        f"stopTimeout      = {bot['StopTimeout']}",
        f"command     = {json.dumps(bot['HealthCheck']['Command'])}",
        f'[{{ containerPort = {bot["PortMappings"][0]["ContainerPort"]}, protocol = "tcp" }}]',
    ):
        assert told in TEXT
    assert TEXT.count('capabilities = { drop = ["ALL"] }') == 2


def test_no_token_passes_through_its_state() -> None:
    declared = dict(VARIABLE.findall(TEXT))

    assert not [name for name in declared if re.search(r"token|password|signing", name)]
    assert "aws_secretsmanager_secret_version" not in TEXT
    handed_on = [found for name in SECRETS for found in re.findall(rf"^ +{name} += (.+)$", TEXT, re.MULTILINE)]
    assert len(handed_on) == len(SECRETS)
    references = re.compile(r"secret_arn\}#|@\$\{aws_db_instance\.this\.endpoint\}|var\.(teams|events)\.\w*secret_arn")
    assert all(references.search(value) for value in handed_on)


def test_the_load_balancer_passes_on_what_the_template_passes_on() -> None:
    rules = re.findall(r'^resource "aws_lb_listener_rule" "(\w+)" \{\n(.*?)^\}', TEXT, re.MULTILINE | re.DOTALL)

    told = {
        name: (re.search(r"count = local\.(\w+)", body)[1], re.search(r"priority +  ?= (\d)", body)[1], paths)  # type: ignore[index]
        for name, body in rules
        for paths in re.findall(r'values = \["(/.+)"\]', body)
    }
    assert told == {
        "slack": ("is_http", "1", "/slack/events"),
        "teams": ("has_teams", "2", "/teams/messages"),
        "api": ("has_api", "3", "/api/v1/*"),
    }
    assert "source_ip {\n      values = var.api_sources\n" in TEXT


@pytest.mark.parametrize("file", ["variables.tf", "policies/variables.tf"])
def test_every_variable_says_what_it_is_and_what_it_costs(file: str) -> None:
    declared = VARIABLE.findall((FOLDER / file).read_text(encoding="utf-8"))

    assert len(declared) > 10
    for name, body in declared:
        said = re.search(r'description = "(.+)"', body)
        assert said is not None, name
        assert re.search(r"No cost|\$[0-9]|[Ff]ree|costs", said[1]), f"{name} does not say what it costs"
        assert "type " in body


def test_the_defaults_are_those_of_the_template() -> None:
    template = usual()
    declared = dict(VARIABLE.findall((FOLDER / "variables.tf").read_text(encoding="utf-8")))
    same = {
        "replicas": template.properties("Service")["DesiredCount"],
        "task_cpu": template.properties("Task")["Cpu"],
        "task_memory": template.properties("Task")["Memory"],
        "database_class": template.properties("Database")["DBInstanceClass"],
        "database_version": template.properties("Database")["EngineVersion"],
        "database_storage": template.properties("Database")["AllocatedStorage"],
        "database_tls": "require",
        "multi_az": template.properties("Database")["MultiAZ"],
        "backup_days": template.properties("Database")["BackupRetentionPeriod"],
        "log_retention_days": template.properties("Log")["RetentionInDays"],
        "vpc_cidr": template.properties("Vpc")["CidrBlock"],
    }

    told = {name: re.search(r"^ +default +  ?= (.+)$", declared[name], re.MULTILINE) for name in same}
    assert {name: found[1].strip('"') for name, found in told.items() if found} == {
        name: str(value) for name, value in same.items()
    }


def test_every_role_of_the_example_is_made() -> None:
    made = {"TeamBot", *(f"TeamBot{part}" for part in ("Read", "Grant", "Revoke", "Archive", "Events"))}

    assert made | {"TeamBotActivity"} == set(OF_ROLE)
    assert re.search(r'parts = merge\(\s+\{ read = "Read", grant = "Grant", revoke = "Revoke" \},', TEXT)
    assert '{ archive = "Archive" }' in TEXT
    assert '{ events = "Events" }' in TEXT
