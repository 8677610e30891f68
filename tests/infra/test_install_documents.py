"""Commands and files that the documents about installing tell people to type exist."""

import re

import pytest

from tests.infra.stacks import read, templates
from tests.repo.tree import ROOT

AWS = (ROOT / "docs/install-aws.md").read_text(encoding="utf-8")
KUBERNETES = (ROOT / "docs/install-kubernetes.md").read_text(encoding="utf-8")
TERRAFORM = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "infra/terraform").glob("*.tf")))
DECLARED = dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', TERRAFORM, re.MULTILINE | re.DOTALL))
MODULE = re.search(r'^module "teambot" \{\n(.*?)^\}', AWS, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", [AWS, KUBERNETES])
def test_every_parameter_that_is_given_is_one_of_a_template(document: str) -> None:
    known = {parameter for name in templates() for parameter in read(name)["Parameters"]}
    given = set(re.findall(r"(?<![\w$.-])([A-Z][a-z]\w+)=(?=[\w$…./])", document))

    assert len(given) > 0
    assert given - known == set()


def test_every_output_that_is_named_is_one_of_a_template() -> None:
    known = {output for name in templates() for output in read(name)["Outputs"]}
    named = set(re.findall(r"outputs? `(\w+)`|OutputKey=='(\w+)'", AWS))

    assert len(named) > 2
    assert {first or second for first, second in named} <= known


def test_the_module_is_called_with_variables_that_it_has_and_all_that_it_needs() -> None:
    assert MODULE is not None
    given = set(re.findall(r"^  (\w+) +=|^  (\w+) = ", MODULE[1], re.MULTILINE))
    names = {first or second for first, second in given} - {"source"}

    assert names <= set(DECLARED)
    assert {name for name, body in DECLARED.items() if "default" not in body} <= names
    small = set(re.findall(r"`(\w+) = ", AWS))
    assert {"replicas", "multi_az", "database_class", "task_cpu"} == small
    assert small <= set(DECLARED)


def test_every_file_and_task_that_is_named_is_there() -> None:
    files = set(re.findall(r"infra/(?:aws|docker|kubernetes|terraform)[\w./-]*\w", AWS + KUBERNETES))
    files -= set(re.findall(r"^cp -r infra/kubernetes/example (\S+)$", KUBERNETES, re.MULTILINE))

    assert len(files) > 8
    assert [file for file in sorted(files) if not (ROOT / file).exists()] == []
    assert read("teambot.yaml")["Resources"]["Task"]["Properties"]["Family"] == {"Ref": "AWS::StackName"}
    assert "--task-definition teambot " in AWS
