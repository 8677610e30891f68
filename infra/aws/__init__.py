"""The rights that TEAM Bot needs in AWS: a policy for each role, limited to the calls that are made with it.

The documents in ``policies/`` are complete, with the ids of an example: those of the local AWS, which holds the bot to
them. The bot's account there is a delegated administrator of Identity Center; the instance belongs to the management
account. ``python -m infra.aws grant --account … --instance …`` prints one with the ids of an organization.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Policy = Mapping[str, Any]

FOLDER = Path(__file__).with_name("policies")
PARTITIONS = ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
EXAMPLE = {
    "account": "222233334444",
    "management-account": "123456789012",
    "organization": "o-exampleorg",
    "instance": "ssoins-7223a1b2c3d4e5f6",
    "identity-store": "d-90676c1a2b",
    "region": "eu-west-1",
    "key": "1234abcd-12ab-34cd-56ef-1234567890ab",
}
"""The ids in the documents, by what they are of."""
OF_ROLE = {
    "TeamBot": ("process",),
    "TeamBotRead": ("read",),
    "TeamBotGrant": ("grant", "grant-groups"),
    "TeamBotRevoke": ("revoke", "revoke-groups"),
    "TeamBotArchive": ("archive",),
    "TeamBotEvents": ("events",),
    "TeamBotActivity": (
        *("activity-athena", "activity-cloudwatch"),
        *("activity-cloudtrail-lake", "activity-lookup-events"),
    ),
}
"""The documents of each role of the example. One source of session activity needs one of those four.

Those about groups are needed only where membership of groups may be asked for.
"""


def names() -> list[str]:
    """Every document."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def policy(name: str, partition: str = "aws", ids: Mapping[str, str] | None = None) -> Policy:
    """A document, in a partition, with other ids than those of the example where they are given."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8").replace("arn:aws:", f"arn:{partition}:")
    for what, value in (ids or {}).items():
        text = text.replace(EXAMPLE[what], value)
    document: Policy = json.loads(text)
    return document


def of_roles() -> dict[str, list[Policy]]:
    """The documents of the example by the names of its roles."""
    return {role: [policy(name) for name in documents] for role, documents in OF_ROLE.items()}
