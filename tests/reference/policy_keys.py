"""Every key of a policy file: the settings, and what a policy says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from core.adapters.policy_file.schema import ApprovalPart, BundlePart, EligibilityPart, EverySetting, FilePart
from core.adapters.policy_file.writing import write
from core.domain.ids import AccountId
from core.domain.organization import Organization
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from tests.reference.markdown import code, table

_NOWHERE = Organization({}, {}, {}, AccountId(""), datetime.min.replace(tzinfo=UTC))
_NEW = PolicyBook(eligibility=(EligibilityPolicy(""),), approval=(ApprovalPolicy(""),))


def settings() -> str:
    return _keys(EverySetting, written()["settings"])


def eligibility() -> str:
    return _keys(EligibilityPart, written()["eligibility"][0])


def approval() -> str:
    return _keys(ApprovalPart, written()["approval"][0])


def bundles() -> str:
    return _keys(BundlePart, {})


def written() -> Any:
    """The export of a new installation; every value as it is written."""
    return yaml.load(write(_NEW, _NOWHERE), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text


def _keys(part: type[FilePart], defaults: Mapping[str, object]) -> str:
    keys = part.model_fields.items()
    rows = ((code(name), code(_shown(defaults.get(name))), key.description or "") for name, key in keys)
    return table(("Key", "Default", "Meaning"), rows)


def _shown(default: object) -> str:
    return "" if default is None else "[]" if default == [] else str(default)
