"""A call as Microsoft signs it: with a key that it publishes, and tokens signed with that key."""

import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

APP, TENANT = "00000000-0000-4000-8000-00000000a001", "00000000-0000-4000-8000-0000000000aa"
ISSUER, SERVICE = "https://api.botframework.com", "https://smba.trafficmanager.net/emea/"


def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same for the same name."""
    return _made(name, bits)


@cache
def _made(name: str, bits: int) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(65537, bits)


def public_jwk(kid: str, *, endorsements: object = ("msteams",), bits: int = 2048, **also: object) -> dict[str, Any]:
    """As it is published."""
    told = {"endorsements": list(endorsements)} if isinstance(endorsements, tuple) else {"endorsements": endorsements}
    return {**RSAAlgorithm.to_jwk(rsa_key(kid, bits).public_key(), as_dict=True), "kid": kid, **told, **also}


def claims(**changes: object) -> dict[str, Any]:
    """The claims of a rightful token. A change to None leaves the claim out."""
    now = int(time.time())
    right = {"iss": ISSUER, "aud": APP, "nbf": now - 60, "exp": now + 3600, "serviceurl": SERVICE}
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def token(kid: str = "k1", *, signed_by: str = "", algorithm: str = "RS256", **changes: object) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changes), rsa_key(signed_by or kid or "k1"), algorithm, headers=headers)


def activity(**changes: object) -> dict[str, Any]:
    """A rightful message. A change to None leaves the field out."""
    right = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": "29:ada", "aadObjectId": "00000000-0000-4000-8000-000000000ada", "name": "Ada"},
        "recipient": {"id": f"28:{APP}"},
        "conversation": {"id": "a:ada", "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "text": "help",
        "localTimezone": "Europe/Berlin",
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


@dataclass
class KeyServer:
    """OpenID metadata and keys over HTTP. ``url`` is where it was put."""

    keys: list[Any] = field(default_factory=lambda: [public_jwk("k1")])
    url: str = ""
    asked: int = 0
    metadata: Any = None
    """Instead of what leads to the keys."""
    status: int = 200

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/openid", self._metadata)
        app.router.add_get("/keys", self._keys)
        return app

    async def _metadata(self, _: web.Request) -> web.Response:
        self.asked += 1
        told = self.metadata if self.metadata is not None else {"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"}
        return web.json_response(told, status=self.status)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": self.keys})
