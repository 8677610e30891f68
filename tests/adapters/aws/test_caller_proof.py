"""Signed calls from the terminal's signer through STS over HTTP: what is sent is what was signed, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from core.adapters.aws.call_signer import CallSigner
from core.adapters.aws.caller_proof import StsCallerProof
from core.adapters.aws.session import AwsSession
from core.domain.errors import Upstream, UpstreamRefused
from core.domain.signed_calls import BODY, SIGNED_HEADERS, CallerIdentity, SignedCall, read_signed_call
from infra.sandbox.aws import LocalAws

BOT, REGION = "https://bot.example.com", "eu-central-1"
ARN = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/ada@example.com"
SESSION = Credentials("ASIA0123456789ABCDEF", "a secret of Ada's", "a-token-of-Adas-session+/=" * 20)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANSWER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>{ARN}</Arn><UserId>AROA:ada</UserId><Account>111122223333</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>"
)
REFUSAL = "<ErrorResponse><Error><Code>{}</Code><Message>no</Message></Error></ErrorResponse>"


class Sts:
    """Checks signatures as AWS does: over the headers that it was sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], str]] = []
        self.answers: tuple[int, str] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.text()
        self.seen.append((request.method, request.path_qs, headers, body))
        if self.answers is not None:
            return web.Response(status=self.answers[0], text=self.answers[1], content_type="text/xml")
        expected = _authorization(headers, body)
        if headers.get("authorization") != expected:
            return web.Response(status=403, text=REFUSAL.format("SignatureDoesNotMatch"), content_type="text/xml")
        return web.Response(text=ANSWER, content_type="text/xml")


def _authorization(headers: dict[str, str], body: str) -> str:
    request = AWSRequest("POST", f"https://{headers['host']}/", data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    for name in SIGNED_HEADERS.split(";"):
        request.headers[name] = headers[name]
    auth = SigV4Auth(SESSION, "sts", REGION)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}"


@asynccontextmanager
async def witnessed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Sts, StsCallerProof, CallSigner]]:
    sts, app = Sts(), web.Application()
    app.router.add_route("*", "/{rest:.*}", sts.handle)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")).rstrip("/"))
        async with AwsSession(region=REGION) as session:
            yield sts, StsCallerProof(session), CallSigner(BOT, REGION, f"{server.host}:{server.port}", SESSION)


def shown(signer: CallSigner, path: str = "/api/v1/requests") -> SignedCall:
    signed = signer.sign("GET", path, b"", NOW)
    return read_signed_call(
        signed, audience=BOT, region=REGION, method="GET", path="/api/v1/requests", body=b"", now=NOW
    )


@pytest.mark.usefixtures("aws")
async def test_aws_names_whoever_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with witnessed(monkeypatch) as (sts, proof, signer):
        assert await proof.caller(shown(signer)) == CallerIdentity("111122223333", ARN)
        assert (proof.region, proof.partition) == (REGION, "aws")
        ((method, path, headers, body),) = sts.seen
        assert (method, path, body) == ("POST", "/", BODY)
        assert headers.keys() - {"accept-encoding", "user-agent"} == {
            "authorization",
            "content-length",
            *SIGNED_HEADERS.split(";"),
        }


@pytest.mark.usefixtures("aws")
async def test_a_signature_for_another_call_is_refused_by_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    async with witnessed(monkeypatch) as (_, proof, signer):
        assert await proof.caller(shown(signer, "/api/v1/whoami")) is None
        assert (
            await proof.caller(shown(replace(signer, credentials=Credentials(SESSION.access_key, "x", "y" * 20))))
            is None
        )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("answer", "is_refused"),
    [
        ((403, REFUSAL.format("ExpiredToken")), True),
        ((400, REFUSAL.format("Throttling")), False),
        ((500, REFUSAL.format("InternalFailure")), False),
        ((200, "<GetCallerIdentityResponse/>"), False),
        ((200, ANSWER.replace("<Arn>", "<Other>").replace("</Arn>", "</Other>")), False),
        ((307, ""), False),
    ],
)
async def test_only_a_clear_no_is_one(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], is_refused: bool
) -> None:
    async with witnessed(monkeypatch) as (sts, proof, signer):
        sts.answers = answer
        if is_refused:
            assert await proof.caller(shown(signer)) is None
        else:
            with pytest.raises(Upstream):
                await proof.caller(shown(signer))


async def test_without_credentials_of_a_session_the_terminal_says_to_sign_in(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with pytest.raises(UpstreamRefused, match="aws sso login"):
        CallSigner.of_environment(BOT, REGION)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-of-a-session")
    signer = CallSigner.of_environment(BOT, REGION)
    assert signer.host in aws.environment()["AWS_ENDPOINT_URL"]
