"""Secrets Manager: a secret with its current version and the one before it. Read by ARN, changed by hand."""

from dataclasses import dataclass, field
from uuid import uuid4

from .operation import Answer, Operation
from .refusals import not_found
from .wire import Call

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


@dataclass(frozen=True, slots=True)
class Version:
    text: str
    made_at: float
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(slots=True)
class Secret:
    arn: str
    #: By their stages.
    versions: dict[str, Version] = field(default_factory=dict)


class Secrets:
    """All secrets of one account and Region."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Secret] = {}

    def put(self, arn: str, text: str, at: float) -> None:
        """A new version: what was current is the previous one then."""
        secret = self._by_arn.setdefault(arn, Secret(arn))
        if CURRENT in secret.versions:
            secret.versions[PREVIOUS] = secret.versions[CURRENT]
        secret.versions[CURRENT] = Version(text, at)

    def delete(self, arn: str) -> None:
        del self._by_arn[arn]

    def operations(self) -> dict[str, Operation]:
        return {"GetSecretValue": self._value}

    def _value(self, call: Call) -> Answer:
        secret = self._by_arn.get(str(call.arguments["SecretId"]))
        if secret is None:
            raise not_found("Secrets Manager can't find the specified secret.")
        stage = str(call.arguments.get("VersionStage", CURRENT))
        version = secret.versions.get(stage)
        if version is None:
            raise not_found(f"Secrets Manager can't find the specified secret value for staging label: {stage}")
        return {
            "ARN": secret.arn,
            "Name": secret.arn.rpartition(":")[2][:-7],
            "SecretString": version.text,
            "VersionId": version.id,
            "VersionStages": [stage],
            "CreatedDate": version.made_at,
        }
