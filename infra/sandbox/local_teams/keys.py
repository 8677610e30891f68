"""The keys that Microsoft signs its calls with, published with what each is good for, and the tokens they sign.

Also every wrong token that a test could want. Source: Microsoft's page "Authenticate requests with the Bot Connector
API".
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.sandbox.local_teams.model import Json

ISSUER = "https://api.botframework.com"
ENDORSEMENTS = ("msteams", "webchat", "directline")
LIFETIME = 3600
"""Seconds that a token is good for; Microsoft's live between five minutes and an hour."""


@dataclass(frozen=True)
class SigningKey:
    id: str
    private: rsa.RSAPrivateKey
    endorsements: tuple[str, ...] = ENDORSEMENTS

    def published(self) -> Json:
        """As it stands in the key set."""
        numbers = self.private.public_key().public_numbers()
        endorsed = {"endorsements": list(self.endorsements)} if self.endorsements else {}
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
            **endorsed,
        }


class SigningKeys:
    """The newest key signs; those before it stay published until they are withdrawn."""

    def __init__(self, app_id: str, clock: Callable[[], float] = time.time) -> None:
        self._app_id = app_id
        self._clock = clock
        self._keys: list[SigningKey] = []
        self.lifetime = LIFETIME

    @property
    def current(self) -> SigningKey:
        """Made when it is first wanted: a key takes a moment."""
        if not self._keys:
            self._keys = [new_key()]
        return self._keys[-1]

    def rotate(self, *, endorsements: tuple[str, ...] = ENDORSEMENTS, withdraw: bool = False) -> SigningKey:
        """From now on a new key signs; ``withdraw`` takes those before it out of the key set."""
        self._keys = [*([] if withdraw else self._all()), new_key(endorsements)]
        return self.current

    def published(self) -> Json:
        return {"keys": [key.published() for key in self._all()]}

    def _all(self) -> list[SigningKey]:
        return [*self._keys[:-1], self.current]

    def token(self, service_url: str, *, key: SigningKey | None = None, **claims: Any) -> str:
        """The token of a call of Teams. Claims replace its own; None leaves one out, as ``exp=None`` does."""
        now = int(self._clock())
        said = {
            "serviceurl": service_url,
            "nbf": now - 60,
            "exp": now + self.lifetime,
            "iss": ISSUER,
            "aud": self._app_id,
            **claims,
        }
        signing = key or self.current
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, signing.private, algorithm="RS256", headers={"kid": signing.id, "x5t": signing.id})

    def unsigned(self, service_url: str) -> str:
        """A token that says of itself that nobody signed it."""
        claims = jwt.decode(self.token(service_url), options={"verify_signature": False})
        return jwt.encode(claims, "", algorithm="none", headers={"kid": self.current.id})

    def signed_with_the_public_key(self, service_url: str) -> str:
        """A token whose secret is what everybody can read: the published key, taken for a shared one."""
        public = self.current.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = {"alg": "HS256", "typ": "JWT", "kid": self.current.id}
        claims = jwt.decode(self.token(service_url), options={"verify_signature": False})
        signed = ".".join(_encoded(json.dumps(each).encode()) for each in (head, claims))
        return f"{signed}.{_encoded(hmac.digest(public, signed.encode(), 'sha256'))}"


def new_key(endorsements: tuple[str, ...] = ENDORSEMENTS) -> SigningKey:
    """A key that nobody has published yet."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key_id = _encoded(hashlib.sha256(public).digest()[:20])
    return SigningKey(key_id, private, endorsements)


def _base64url(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
