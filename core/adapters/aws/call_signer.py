"""Signs calls to a bot with the AWS credentials of whoever is at the terminal (AWS, Signature Version 4).

A GetCallerIdentity is signed and not sent. The bot sends it to STS, and learns whose credentials these are.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError

from core.domain.errors import Side, UpstreamRefused
from core.domain.signed_calls import AUDIENCE_HEADER, BODY, CALL_HEADER, CONTENT_TYPE, bound_to

SIGN_IN = "Sign in with `aws sso login`, and choose the profile with AWS_PROFILE."


@dataclass(frozen=True, slots=True)
class CallSigner:
    """Signs for one bot: ``audience`` is its address, as the person at the terminal wrote it and not as it says."""

    audience: str
    region: str
    host: str
    credentials: Credentials

    @classmethod
    def of_environment(cls, audience: str, region: str) -> "CallSigner":
        """With the credentials that the SDK finds. Raises UpstreamRefused, which says what to do."""
        try:
            session = boto3.session.Session(region_name=region)
            found: Any = session.get_credentials()
            frozen = found.get_frozen_credentials() if found is not None else None
            client: Any = session.client("sts", region_name=region)
        except (BotoCoreError, ValueError) as error:
            raise UpstreamRefused(f"No AWS credentials: {error}. {SIGN_IN}", side=Side.AWS) from error
        if frozen is None or not frozen.token:
            raise UpstreamRefused(f"No AWS credentials of a session were found. {SIGN_IN}", side=Side.AWS)
        credentials = Credentials(frozen.access_key, frozen.secret_key, frozen.token)
        return cls(audience, region, urlsplit(client.meta.endpoint_url).netloc, credentials)

    def sign(self, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
        """The proof of one call, to be shown once and within a minute."""
        nonce, amz_date = secrets.token_urlsafe(24), f"{now:%Y%m%dT%H%M%SZ}"
        request = AWSRequest("POST", f"https://{self.host}/", data=BODY)
        request.context["timestamp"] = amz_date
        headers = {
            "content-type": CONTENT_TYPE,
            "host": self.host,
            "x-amz-date": amz_date,
            "x-amz-security-token": self.credentials.token or "",
            AUDIENCE_HEADER: self.audience,
            CALL_HEADER: bound_to(method, path, body, nonce),
        }
        for name, value in headers.items():
            request.headers[name] = value
        auth = SigV4Auth(self.credentials, "sts", self.region)
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        signed = auth.signed_headers(auth.headers_to_sign(request))
        return {
            "authorization": f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, "
            f"Signature={signature}",
            "amz_date": amz_date,
            "security_token": self.credentials.token or "",
            "audience": self.audience,
            "nonce": nonce,
        }
