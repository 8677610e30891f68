"""A local AWS that speaks real HTTP: an organization with IAM Identity Center, as an SDK sees it.

async with LocalAws(example_company()) as aws:
    environment = aws.environment()  # AWS_ENDPOINT_URL and credentials for any SDK
"""

from .conduct import Conduct
from .faults import Fault, FaultKind
from .outcome import ROLE_QUOTA
from .server import LocalAws

__all__ = ["ROLE_QUOTA", "Conduct", "Fault", "FaultKind", "LocalAws"]
