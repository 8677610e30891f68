"""The instance of IAM Identity Center in an ARN: the database belongs to one instance only (rule 20)."""

import re

_ID = re.compile(r"ssoins-[0-9A-Za-z]+")


def instance_id(arn: str) -> str:
    """The id of the instance (``ssoins-…``) that an ARN of it, or of one of its permission sets, names; or ``""``."""
    found = _ID.search(arn)
    return found.group() if found else ""


def is_of(arn: str, instance_arn: str) -> bool:
    """True if the ARN names that very instance."""
    return bool(instance_id(arn)) and instance_id(arn) == instance_id(instance_arn)
