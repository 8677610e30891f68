"""The STS operation GetWebIdentityToken: a token that says to other companies who the caller is."""

import time
from datetime import UTC, datetime
from functools import cached_property

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .operation import Answer, Operation
from .wire import Call
from .world import World

ISSUER = "https://11111111-2222-3333-4444-555555555555.tokens.sts.global.api.aws"


class WebIdentity:
    """Signs with a key of its own, which is made when it is first asked for."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    @property
    def public_key(self) -> str:
        """PEM, for whoever is to believe its tokens."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def operations(self) -> dict[str, Operation]:
        return {"GetWebIdentityToken": self._answer}

    def _answer(self, call: Call) -> Answer:
        caller, now = self._world.callers.of(call), int(time.time())
        until = now + int(call.arguments.get("DurationSeconds", 300))
        claims = {
            "iss": ISSUER,
            "sub": f"arn:aws:iam::{caller.account}:role/{caller.role or 'Operator'}",
            "aud": audience_of(call),
            "iat": now,
            "exp": until,
        }
        ends = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"WebIdentityToken": jwt.encode(claims, self._key, "RS256"), "Expiration": ends}


def audience_of(call: Call) -> str:
    """The first that a token is asked for; the bot names one."""
    found = call.arguments["Audience"]
    return str(found if isinstance(found, str) else next(iter(found)))
