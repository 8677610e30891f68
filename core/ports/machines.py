"""Tokens of the HTTP API, as storage keeps them, and the proof that somebody at a terminal brings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.ids import PrincipalId
from core.domain.machines import ApiToken


class ApiTokens(Protocol):
    async def add(self, token: ApiToken) -> ApiToken:
        """Store; returns it with its id."""
        ...

    async def get(self, token_id: int) -> ApiToken | None: ...

    async def with_digest(self, digest: str) -> ApiToken | None: ...

    async def alive(self, now: datetime, maker: PrincipalId | None = None) -> Sequence[ApiToken]:
        """Neither revoked nor over, by name, of all or of one maker.

        Nobody else who asks this of one maker adds one until this unit is over.
        """
        ...

    async def lately(self, limit: int) -> Sequence[ApiToken]:
        """The newest, whatever has become of them."""
        ...

    async def use(self, token_id: int, at: datetime) -> None: ...

    async def revoke(self, token_id: int, by: str, at: datetime) -> bool:
        """False when it was revoked before."""
        ...


class SignedCalls(Protocol):
    """Signatures that were used: each proves one call."""

    async def use(self, signature: str, at: datetime) -> bool:
        """Remember it; False when it is remembered already."""
        ...

    async def forget(self, before: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A GetCallerIdentity that somebody signed and did not send, as a call to this bot carried it.

    Only what is signed and secret to the signer is kept: address, body and the other headers are ours to write.
    """

    authorization: str
    amz_date: str
    security_token: str
    audience: str
    bound_to: str
    """The call to this bot that it was signed for (``core.domain.signed_calls.bound_to``)."""


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """AWS's answer to GetCallerIdentity."""

    account: str
    arn: str


class CallerProof(Protocol):
    region: str
    """The region whose STS is asked: signatures for another one are refused."""

    async def caller(self, call: SignedCall) -> CallerIdentity | None:
        """Ask STS who signed this; None when it says that nobody may have. Raises UpstreamBusy."""
        ...
