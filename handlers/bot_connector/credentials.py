"""The bot's credentials for Entra: a secret, a certificate, or a token from AWS and no secret at all.

Source: learn.microsoft.com, "OAuth 2.0 client credentials flow", "Certificate credentials" and "Workload identity
federation".
"""

import base64
import hashlib
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.ports import IdentityTokens
from handlers.web_api.failures import OPERATORS_TURN

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_GOOD_FOR = 600
"""Seconds for which an assertion of our own is good."""


class Credential(Protocol):
    async def proof(self, login: str, app_id: str) -> Mapping[str, str]:
        """Fields of the form that asks for a token at this address. Made anew each time, and kept nowhere."""
        ...


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """``secret`` is asked each time, because it may be changed while the process runs."""

    secret: Callable[[], str] = field(repr=False)

    async def proof(self, login: str, app_id: str) -> Mapping[str, str]:  # noqa: ARG002 - as the protocol has it
        return {"client_secret": self.secret()}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its RSA key. Entra knows the certificate; the key never leaves this process."""

    key: RSAPrivateKey = field(repr=False)
    thumbprint: str
    """SHA-256 of the certificate, as JSON Web Tokens write it (RFC 7515, 4.1.8)."""

    @classmethod
    def read(cls, pem: str) -> "Certificate":
        """Read one file that holds both. Raises ValueError, which shows nothing of it."""
        try:
            key = load_pem_private_key(pem.encode(), None)
            begin = pem.index("-----BEGIN CERTIFICATE-----")
            end = pem.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
            der = ssl.PEM_cert_to_DER_cert(pem[begin:end])
        except (ValueError, TypeError):
            raise ValueError("must hold a certificate and its private key without a passphrase, as PEM") from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("must hold an RSA key")  # noqa: TRY004 - the value is wrong, not its type
        return cls(key, base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode())

    async def proof(self, login: str, app_id: str) -> Mapping[str, str]:
        now = int(time.time())
        claims = {"aud": login, "iss": app_id, "sub": app_id, "jti": uuid.uuid4().hex, "nbf": now, "iat": now}
        headers = {"x5t#S256": self.thumbprint}
        signed = jwt.encode({**claims, "exp": now + _GOOD_FOR}, self.key, "PS256", headers=headers)
        return {"client_assertion_type": _ASSERTION, "client_assertion": signed}


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    """A token that AWS signs for this process, for a federated credential of the app in Entra."""

    tokens: IdentityTokens
    audience: str

    async def proof(self, login: str, app_id: str) -> Mapping[str, str]:  # noqa: ARG002 - as the protocol has it
        try:
            token = await self.tokens.token(self.audience)
        except UpstreamRefused as refused:  # no message is given up for it
            why = f"AWS does not say to Entra who the bot is: {refused}"
            raise UpstreamBusy(why, retry_after=OPERATORS_TURN, side=Side.AWS) from refused
        return {"client_assertion_type": _ASSERTION, "client_assertion": token}
