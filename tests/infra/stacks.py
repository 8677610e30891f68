"""A CloudFormation template with its parameters filled in: what would be made of it.

Knows the functions that these templates use (CloudFormation User Guide, intrinsic function reference), and fails on
any other. What AWS alone knows (an address, an ARN that it gives) reads like ``<Database.Endpoint.Address>``.
"""

import ipaddress
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.repo.tree import ROOT

FOLDER = ROOT / "infra/aws"
NO_VALUE = object()
PSEUDO: dict[str, Any] = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "222233334444",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "teambot",
    "AWS::NoValue": NO_VALUE,
}


class _Loader(yaml.SafeLoader):
    """YAML with the short forms of functions."""


def _function(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)


@cache
def read(name: str) -> dict[str, Any]:
    """A template as it is written."""
    template: dict[str, Any] = yaml.load((FOLDER / name).read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return template


def templates() -> list[str]:
    """Every template of infra/aws."""
    return sorted(path.name for path in FOLDER.glob("*.yaml"))


class Stack:
    """A template with these parameters; the others have their defaults."""

    def __init__(self, template: str | Path, **parameters: str) -> None:
        self._template = read(str(template))
        declared: Mapping[str, Any] = self._template["Parameters"]
        assert set(parameters) <= set(declared), set(parameters) - set(declared)
        self._parameters = {name: _given(it, parameters.get(name)) for name, it in declared.items()}
        self._conditions: Mapping[str, Any] = self._template.get("Conditions", {})
        self.resources: dict[str, Any] = {
            name: self._value(resource)
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, Any]:
        """The properties of the resources of a type, by their names."""
        return {
            name: it.get("Properties", {})
            for name, it in self.resources.items()
            if it["Type"] == kind or it["Type"].startswith(f"{kind}::")
        }

    def properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def container(self, name: str) -> dict[str, Any]:
        """A container of the task."""
        containers = self.properties("Task")["ContainerDefinitions"]
        found: dict[str, Any] = next(each for each in containers if each["Name"] == name)
        return found

    def environment(self, container: str = "bot") -> dict[str, str]:
        return {each["Name"]: each["Value"] for each in self.container(container)["Environment"]}

    def _holds(self, condition: str) -> bool:
        return bool(self._value(self._conditions[condition]))

    def _value(self, it: Any) -> Any:
        if isinstance(it, list):
            return [value for value in map(self._value, it) if value is not NO_VALUE]
        if not isinstance(it, dict):
            return it
        if len(it) == 1 and (called := next(iter(it))) in _FUNCTIONS:
            return _FUNCTIONS[called](self, it[called])
        values = {key: self._value(value) for key, value in it.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        assert name in self._template["Resources"], name
        return f"<{name}>"

    def _get_att(self, place: list[str]) -> str:
        assert place[0] in self._template["Resources"], place
        return f"<{'.'.join(place)}>"

    def _sub(self, it: Any) -> str:
        text, names = it if isinstance(it, list) else (it, {})
        known = {name: self._value(value) for name, value in names.items()}

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name in known:
                return str(known[name])
            return str(self._get_att(name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", replaced, text)

    def _if(self, it: list[Any]) -> Any:
        return self._value(it[1] if self._holds(it[0]) else it[2])

    def _cidr(self, it: list[Any]) -> list[str]:
        network, count, bits = (self._value(each) for each in it)
        subnets = ipaddress.ip_network(network).subnets(new_prefix=32 - int(bits))
        return [str(next(subnets)) for _ in range(int(count))]


_FUNCTIONS: dict[str, Any] = {
    "Ref": Stack._ref,
    "Condition": Stack._holds,
    "Fn::GetAtt": Stack._get_att,
    "Fn::Sub": Stack._sub,
    "Fn::If": Stack._if,
    "Fn::Cidr": Stack._cidr,
    "Fn::Equals": lambda stack, it: str(stack._value(it[0])) == str(stack._value(it[1])),
    "Fn::Not": lambda stack, it: not stack._value(it[0]),
    "Fn::And": lambda stack, it: all(stack._value(each) for each in it),
    "Fn::Or": lambda stack, it: any(stack._value(each) for each in it),
    "Fn::Select": lambda stack, it: stack._value(it[1])[int(it[0])],
    "Fn::Split": lambda stack, it: stack._value(it[1]).split(it[0]),
    "Fn::Join": lambda stack, it: it[0].join(stack._value(it[1])),
    "Fn::GetAZs": lambda _, __: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
}


def _given(parameter: Mapping[str, Any], value: str | None) -> Any:
    assert value is not None or "Default" in parameter, "a parameter without a default has to be given"
    found = parameter["Default"] if value is None else value
    if "AllowedPattern" in parameter:
        assert re.fullmatch(parameter["AllowedPattern"], str(found)), (found, parameter["AllowedPattern"])
    if "AllowedValues" in parameter:
        assert found in parameter["AllowedValues"], (found, parameter["AllowedValues"])
    is_list = "List" in parameter["Type"]
    return [each for each in str(found).split(",") if each] if is_list else found


NEEDED_OF_ALL = {
    "Image": f"222233334444.dkr.ecr.eu-west-1.amazonaws.com/teambot@sha256:{'0' * 64}",
    "ImageRepositoryArn": "arn:aws:ecr:eu-west-1:222233334444:repository/teambot",
    "AdminGroup": "team-admins",
}
NEEDED = {**NEEDED_OF_ALL, "SlackBotToken": "xoxb-1-2", "SlackAppToken": "xapp-1-2"}
HTTP = {
    "SlackMode": "http",
    "SlackSigningSecret": "abc",
    "CertificateArn": "arn:aws:acm:eu-west-1:222233334444:certificate/1",
}
TEAMS = {
    "TeamsAppId": "00000000-1111-2222-3333-444444444444",
    "TeamsTenantId": "00000000-1111-2222-3333-555555555555",
    "CertificateArn": HTTP["CertificateArn"],
}
TEAMS_SECRET = {
    **TEAMS,
    "TeamsCredential": "secret",
    "TeamsSecretArn": "arn:aws:secretsmanager:eu-west-1:222233334444:secret:teambot/teams-AbCdEf",
}
API = {"ApiUrl": "https://team.example.com", "CertificateArn": HTTP["CertificateArn"]}
NETWORK = {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"}


def usual(**options: str) -> Stack:
    return Stack("teambot.yaml", **NEEDED, **options)


def teams_alone(**options: str) -> Stack:
    return Stack("teambot.yaml", **NEEDED_OF_ALL, **TEAMS, **options)


def small(**options: str) -> Stack:
    return Stack("small.yaml", **NEEDED, **NETWORK, **options)
