"""The check of every posted activity: its token is verified in full, and the sender learns nothing else.

Sources: Bot Connector authentication ("Connector to Bot"), whose every requirement is here. There is no way to turn
any of it off. The body is not part of what is signed: whoever holds a token may say anything in anybody's name until
it expires, so it is never logged or kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from handlers.bot_connector.activities import Activity, NoActivityError, read_activity
from handlers.bot_connector.keys import PublishedKey, SigningKeys

CHANNEL_ID = "msteams"
SKEW = 300.0
"""Seconds by which the clocks may differ (Bot Connector authentication)."""
LONGEST_TOKEN = 8192
"""Characters."""


class Ground(StrEnum):
    """Grounds on which a call is turned away, as they are counted."""

    TOKEN = "token"  # noqa: S105 - a word
    SERVICE_URL = "service_url"
    TENANT = "tenant"
    ENDORSEMENT = "endorsement"
    SHAPE = "shape"


_STATUS = {
    Ground.TOKEN: 401,
    Ground.SERVICE_URL: 401,
    Ground.TENANT: 403,
    Ground.ENDORSEMENT: 403,
    Ground.SHAPE: 400,
}


class RejectedCallError(Exception):
    """A call that is not let in. Its sender is told the status alone."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.value)
        self.ground = ground

    @property
    def status(self) -> int:
        return _STATUS[self.ground]


@dataclass(frozen=True, slots=True)
class ActivityAuthenticator:
    """For one bot in one tenant. ``issuer`` is who vouches for Teams in the cloud that the tenant is in."""

    app_id: str
    tenant: str
    issuer: str
    is_service: Callable[[str], bool]
    """True for a service URL of Teams in that cloud: answers to it carry a token of ours."""
    keys: SigningKeys

    def authenticate(self, authorizations: Sequence[str], body: bytes) -> Activity:
        """The activity that was posted. Raises RejectedCallError unless its sender was entitled to post it.

        ``authorizations``: every header of that name. Nothing of the body is read before the token is found genuine.
        """
        key, claims = self._genuine(authorizations)
        try:
            activity = read_activity(body)
        except NoActivityError:
            raise RejectedCallError(Ground.SHAPE) from None
        if not self._is_of(claims, activity):
            raise RejectedCallError(Ground.SERVICE_URL)
        if activity.channel_id != CHANNEL_ID or CHANNEL_ID not in key.endorsements:
            raise RejectedCallError(Ground.ENDORSEMENT)
        if activity.tenants != {self.tenant.lower()}:
            raise RejectedCallError(Ground.TENANT)
        return activity

    def _genuine(self, authorizations: Sequence[str]) -> tuple[PublishedKey, dict[str, Any]]:
        """The key that signed the token, and what the token claims."""
        token = _token(authorizations)
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self.keys.find(key_id) if isinstance(key_id, str) else None
            if key is not None:
                return key, self._claims(token, key)
        except (PyJWTError, ValueError, TypeError, RecursionError):
            pass  # whatever stands in a token, it is an answer of no
        raise RejectedCallError(Ground.TOKEN)

    def _claims(self, token: str, key: PublishedKey) -> dict[str, Any]:
        return jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=self.app_id,
            issuer=self.issuer,
            leeway=SKEW,
            options={"require": ["exp", "iss", "aud"], "strict_aud": True, "enforce_minimum_key_length": True},
        )

    def _is_of(self, claims: dict[str, Any], activity: Activity) -> bool:
        """True if the token is for the very service that the activity is to be answered at, which is one of Teams'."""
        claimed = claims.get("serviceurl")
        if not isinstance(claimed, str) or claimed.rstrip("/") != activity.service_url.rstrip("/"):
            return False
        return self.is_service(activity.service_url)


def _token(authorizations: Sequence[str]) -> str:
    if len(authorizations) != 1:
        raise RejectedCallError(Ground.TOKEN)
    scheme, _, token = authorizations[0].partition(" ")
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= LONGEST_TOKEN:
        raise RejectedCallError(Ground.TOKEN)
    return token
