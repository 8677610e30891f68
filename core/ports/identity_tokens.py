"""A token by which AWS says to somebody else who this process is."""

from typing import Protocol


class IdentityTokens(Protocol):
    async def token(self, audience: str) -> str:
        """A signed JSON Web Token for one audience, good for some minutes. Raises Upstream errors of AWS."""
        ...
