"""The token endpoint of Microsoft Entra: an app proves who it is, by a secret or an assertion, and gets a token.

Source: Microsoft's page "OAuth 2.0 client credentials flow".
"""

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.sandbox.local_teams.model import Json, TeamsApp

SCOPE = "https://api.botframework.com/.default"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 3599


class LoginError(Exception):
    """A refusal with Entra's code (AADSTS…)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body: Json = {"error": error, "error_description": description}


class Login:
    """Gives tokens for the connector, and knows which it gave."""

    def __init__(self, app: TeamsApp, tenant_id: str, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._tenant_id = tenant_id
        self._clock = clock
        self._ends: dict[str, float] = {}
        self._used: set[str] = set()
        #: Seconds that a token is good for.
        self.lifetime = LIFETIME

    def give(self, tenant: str, form: Mapping[str, str], audience: str) -> Json:
        """A token for this form. ``audience``: the address it was posted to, which an assertion names."""
        if tenant != self._tenant_id:
            raise LoginError("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise LoginError("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if form.get("scope") != SCOPE:
            raise LoginError("invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        if form.get("client_id") != self._app.app_id:
            raise LoginError("unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        self._prove(form, audience)
        token = secrets.token_urlsafe(48)
        self._ends[token] = self._clock() + self.lifetime
        return {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": token,
        }

    def knows(self, token: str) -> bool:
        """It was given here, and is not over."""
        return self._ends.get(token, 0.0) > self._clock()

    def forget(self) -> None:
        """Every token given so far opens nothing any more."""
        self._ends.clear()

    def _prove(self, form: Mapping[str, str], audience: str) -> None:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise LoginError("invalid_request", "AADSTS900144: The client_assertion_type is not supported.")
            self._check_assertion(form["client_assertion"], audience)
        elif not secrets.compare_digest(form.get("client_secret", "").encode(), self._app.client_secret.encode()):
            raise LoginError("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)

    def _check_assertion(self, assertion: str, audience: str) -> None:
        try:
            header = jwt.get_unverified_header(assertion)
            by_certificate = "x5t" in header or "x5t#S256" in header
            claims = self._by_certificate(assertion, header, audience) if by_certificate else self._federated(assertion)
        except (jwt.PyJWTError, ValueError) as error:
            raise LoginError("invalid_client", f"AADSTS700027: The assertion is not valid: {error}", 401) from error
        if claims["jti"] in self._used:
            raise LoginError("invalid_client", "AADSTS700027: The assertion was used before.", 401)
        self._used.add(claims["jti"])

    def _by_certificate(self, assertion: str, header: Json, audience: str) -> dict[str, Any]:
        """Signed with the key of the registered certificate, which the header names by its thumbprint."""
        certificate = x509.load_pem_x509_certificate(self._app.certificate.encode())
        if header.get("x5t#S256", header.get("x5t")) not in _thumbprints(certificate):
            raise ValueError("no certificate with this thumbprint is registered")
        public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        claims: dict[str, Any] = jwt.decode(
            assertion,
            public,
            algorithms=["RS256", "PS256"],
            audience=audience,
            options={"require": ["exp", "nbf", "iss", "sub", "aud", "jti"]},
            leeway=300,
        )
        if claims["iss"] != self._app.app_id or claims["sub"] != self._app.app_id:
            raise ValueError("issuer and subject are not the app")
        return claims

    def _federated(self, assertion: str) -> dict[str, Any]:
        """A token of another issuer that the app's registration trusts."""
        if not self._app.federated_key:
            raise ValueError("the app has no federated credential")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            self._app.federated_key,
            algorithms=["RS256", "ES384"],
            audience=self._app.federated_audience,
            issuer=self._app.federated_issuer,
            options={"require": ["exp", "iss", "sub", "aud"]},
        )
        if claims["sub"] != self._app.federated_subject:
            raise ValueError("no federated credential has this subject")
        return {"jti": assertion, **claims}


def _thumbprints(certificate: x509.Certificate) -> set[str]:
    """Of the header's ``x5t`` and ``x5t#S256``: a certificate is named by its digest, which secures nothing here."""
    prints = (certificate.fingerprint(hashes.SHA1()), certificate.fingerprint(hashes.SHA256()))  # noqa: S303
    return {base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in prints}
