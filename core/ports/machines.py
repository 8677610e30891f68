"""Tokens of the HTTP API, as storage keeps them, and the proof that somebody at a terminal brings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.ids import PrincipalId
from core.domain.machines import ApiToken
from core.domain.signed_calls import CallerIdentity, SignedCall


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

    async def forget(self, older: timedelta) -> int:
        """Forget those that are by so much older than the newest; returns how many."""
        ...


class CallerProof(Protocol):
    """STS, of the region and partition that this bot works in."""

    region: str
    """The region whose STS is asked; a signature for another one is refused."""
    partition: str

    async def caller(self, call: SignedCall) -> CallerIdentity | None:
        """Ask who signed this; None when STS does not accept the signature. Raises UpstreamBusy."""
        ...
