"""Roles that are assumed, so that what reads, grants and takes away has each its own rights and no others.

Without a role a part works with the credentials of the process. Each role is assumed by itself: that one of them
cannot be is no obstacle to what works with another.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import structlog
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials

from core.adapters.aws.errors import SDK_ERRORS, RoleNotAssumed, code_of_answer, upstream_error
from core.adapters.aws.service import ObserveAws

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

log = structlog.get_logger()

LASTS = timedelta(hours=1)
"""The longest that AWS allows where one role assumes another (IAM user guide, role chaining)."""
PAUSE = 5.0
"""Seconds for which a role that could not be assumed is not asked for again: calls that wait for it fail at once."""
STALE = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
"""AWS's answers to credentials of a role that has been deleted, or created again, since they were issued."""

_METHOD = "teambot-role"


@dataclass(frozen=True, slots=True)
class Role:
    """A role, and the name that its sessions bear in CloudTrail. An empty ARN: the credentials of the process."""

    arn: str = ""
    session_name: str = "teambot"

    @classmethod
    def of(cls, arn: str, part: str) -> "Role":
        """The role that a part of the work has, by its ARN; without one, the process itself."""
        return cls(arn, f"teambot-{part}") if arn else PROCESS

    @property
    def account(self) -> str:
        """Empty for the credentials of the process."""
        return self.arn.split(":")[4] if self.arn else ""


PROCESS = Role()
"""No role: the credentials that the process has by itself."""


@dataclass(frozen=True, slots=True)
class Roles:
    """One for each part of the work on Identity Center."""

    read: Role = PROCESS
    grant: Role = PROCESS
    revoke: Role = PROCESS


NO_ROLES = Roles()


def session_as(role: Role, base: boto3.session.Session, sts: "STSClient", observe: ObserveAws) -> boto3.session.Session:
    """A session whose clients have the credentials of a role, assumed at their first call and renewed in time.

    It shares with ``base`` what the SDK has read of its models.
    """
    own = botocore.session.Session()
    shared = base._session.get_component("data_loader")  # noqa: SLF001 - boto3 has no other way to its botocore session
    own.register_component("data_loader", shared)
    credentials = RoleCredentials(_Assuming(role, sts, observe))
    own.register_component("credential_provider", CredentialResolver([_Given(credentials)]))
    own.register("after-call", credentials.look)
    return boto3.session.Session(botocore_session=own, region_name=base.region_name)


class RoleCredentials(DeferredRefreshableCredentials):
    """Those of an assumed role. The SDK renews them in time, and earlier when AWS no longer takes them."""

    def __init__(self, assume: Callable[[], dict[str, str]]) -> None:
        super().__init__(self._renew, _METHOD)
        self._assume = assume
        self._is_refused = False

    def look(self, **told: Any) -> None:
        """Told of each answer by the SDK."""
        self._is_refused = self._is_refused or code_of_answer(told["parsed"]) in STALE

    def refresh_needed(self, refresh_in: int | None = None) -> bool:
        return self._is_refused or bool(super().refresh_needed(refresh_in))

    def _renew(self) -> dict[str, str]:
        found = self._assume()
        self._is_refused = False
        return found


class _Given(CredentialProvider):
    """Finds these credentials and looks for no others: a role that cannot be assumed is never worked around."""

    METHOD = _METHOD

    def __init__(self, credentials: RoleCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> RoleCredentials:
        return self._credentials


class _Assuming:
    """Asks STS for the credentials of one role. Called by the SDK in the threads of the calls that need them."""

    def __init__(self, role: Role, sts: "STSClient", observe: ObserveAws) -> None:
        self._role = role
        self._sts = sts
        self._observe = observe
        self._failed: tuple[float, Exception] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> dict[str, str]:
        with self._lock:
            if self._failed is not None and time.monotonic() < self._failed[0]:
                raise RoleNotAssumed(self._role.arn, self._failed[1])
            try:
                found = self._ask()
            except SDK_ERRORS as error:
                self._failed = (time.monotonic() + PAUSE, error)
                refused = RoleNotAssumed(self._role.arn, error)
                meaning = upstream_error(refused, "AssumeRole", changing=False)
                self._observe("AssumeRole", type(meaning).__name__, 1)
                log.warning("a role cannot be assumed", role=self._role.arn, because=str(meaning))
                raise refused from error
            self._failed = None
        self._observe("AssumeRole", "ok", 1)
        return found

    def _ask(self) -> dict[str, str]:
        answer = self._sts.assume_role(
            RoleArn=self._role.arn,
            RoleSessionName=self._role.session_name,
            DurationSeconds=round(LASTS.total_seconds()),
        )
        keys, asked_at = answer["Credentials"], answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": _by_our_clock(keys["Expiration"], asked_at).isoformat(),
        }


def _by_our_clock(expires_at: datetime, answered_at: str) -> datetime:
    """An expiry by AWS's clock is as far from now as it was from AWS's answer: the two clocks need not agree."""
    now = datetime.now(UTC)  # noqa: TID251 - the SDK holds it against the time of the machine
    try:
        return now + (expires_at - parsedate_to_datetime(answered_at))
    except (TypeError, ValueError):
        return expires_at
