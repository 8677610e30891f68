"""The manifests for Kubernetes: what they start agrees with what the bot is. `make infra` builds them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import SECRETS, Purpose, load_settings
from tests.infra.stacks import small
from tests.reference.variables import all_variables
from tests.repo.tree import ROOT

FOLDER = ROOT / "infra/kubernetes"
LABEL = {"app.kubernetes.io/name": "teambot"}


def manifest(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def variables(name: str) -> dict[str, str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


SETTINGS = variables("base/teambot.env") | variables("example/teambot.env")
POD = manifest("base/deployment.yaml")["spec"]["template"]["spec"]
MIGRATE, BOT = POD["initContainers"][0], POD["containers"][0]


def offered(name: str) -> dict[str, str]:
    """The variables that stand there commented out."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return dict(line[1:].split("=", 1) for line in lines if line.startswith("#TEAMBOT_"))


def ports(of: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in of["ports"]}


def test_every_file_is_named_by_its_kustomization() -> None:
    for folder in ("base", "http"):
        files = {path.name for path in (FOLDER / folder).glob("*.yaml")} - {"kustomization.yaml"}
        assert set(manifest(f"{folder}/kustomization.yaml")["resources"]) == files
    assert manifest("example/kustomization.yaml")["resources"] == ["../base"]


def test_every_variable_is_one_that_the_bot_reads_and_its_value_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(SETTINGS) <= {variable.name for variable in all_variables()}
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert (settings.host, settings.port, settings.metrics_port) == ("0.0.0.0", *ports(BOT).values())  # noqa: S104
    assert set(settings.arns) == {name for name in SECRETS if name in SETTINGS and name != "TEAMBOT_DATABASE_URL"}


def test_what_the_example_offers_for_teams_will_do_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (SETTINGS | offered("example/teambot.env")).items():
        monkeypatch.setenv(name, value)

    settings = load_settings(Purpose.SERVE)

    assert settings.platforms == {"slack", "teams"}
    assert settings.teams_aws_audience == "api://AzureADTokenExchange", "as roles.yaml and the documents say"


def test_the_example_names_the_roles_that_the_template_makes() -> None:
    of_stack = small().environment()

    names = ("TEAMBOT_AWS_READ_ROLE", "TEAMBOT_AWS_GRANT_ROLE", "TEAMBOT_AWS_REVOKE_ROLE", "TEAMBOT_PORT")
    assert [SETTINGS[name] for name in names] == [of_stack[name] for name in names]


def test_containers_are_not_root_and_write_nowhere_but_in_tmp() -> None:
    assert POD["securityContext"] | {"runAsNonRoot": True, "runAsUser": 10001} == POD["securityContext"]
    assert POD["automountServiceAccountToken"] is False
    for container in (MIGRATE, BOT):
        confined = container["securityContext"]
        assert confined["readOnlyRootFilesystem"] is True
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108


def test_the_schema_is_brought_up_before_the_bot() -> None:
    assert (MIGRATE["args"], BOT["args"]) == (["migrate"], ["serve"])
    assert MIGRATE["image"] == BOT["image"] == manifest("example/kustomization.yaml")["images"][0]["name"]
    assert MIGRATE["envFrom"] == BOT["envFrom"]


def test_no_image_is_called_latest() -> None:
    (image,) = manifest("example/kustomization.yaml")["images"]

    assert image["digest"].startswith("sha256:")
    assert "newTag" not in image


def test_the_bot_has_time_to_leave_and_is_asked_where_it_answers() -> None:
    assert POD["terminationGracePeriodSeconds"] >= int(SETTINGS["TEAMBOT_STOP_WITHIN"]) + 5
    assert POD["enableServiceLinks"] is False, "a service named teambot would set TEAMBOT_PORT"
    probes = {name: BOT[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {probe["port"] for probe in probes.values()} == {"http"}


def test_services_policies_and_the_budget_mean_these_pods() -> None:
    template = manifest("base/deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        manifest("base/service.yaml")["spec"]["selector"],
        manifest("base/deployment.yaml")["spec"]["selector"]["matchLabels"],
        manifest("base/poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"],
        manifest("base/networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"],
        manifest("http/networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"],
    ]

    assert [template, *selectors] == [LABEL] * 6
    assert (
        manifest("base/deployment.yaml")["spec"]["replicas"]
        > manifest("base/poddisruptionbudget.yaml")["spec"]["minAvailable"]
    )


def test_without_the_component_for_http_nothing_but_metrics_can_be_reached() -> None:
    rules = manifest("base/networkpolicy.yaml")["spec"]

    assert [port["port"] for rule in rules["ingress"] for port in rule["ports"]] == ["metrics"]
    assert set(rules["policyTypes"]) == {"Ingress", "Egress"}
    metadata = next(each for rule in rules["egress"] for each in rule["to"] if "ipBlock" in each)["ipBlock"]
    assert metadata["except"] == ["169.254.169.254/32"], "the role of the node is not the bot's"


def test_with_the_component_for_http_its_controller_is_the_proxy_that_is_trusted() -> None:
    (added,) = manifest("http/kustomization.yaml")["configMapGenerator"]

    assert added == {"name": "teambot", "behavior": "merge", "literals": ["TEAMBOT_TRUSTED_PROXIES=1"]}


def test_over_http_nothing_but_what_the_chats_post_is_passed_on_unless_somebody_opens_the_api() -> None:
    (rule,) = manifest("http/ingress.yaml")["spec"]["rules"]

    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [
        ("/slack/events", "Exact"),
        ("/teams/messages", "Exact"),
    ]
