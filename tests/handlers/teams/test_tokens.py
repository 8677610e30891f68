"""Tokens of the app: one request for everybody, ahead of its end, by any of three credentials, and no secret told."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from handlers.bot_connector.clouds import Cloud
from handlers.bot_connector.credentials import AwsIdentity, Certificate, ClientSecret, Credential
from handlers.bot_connector.tokens import AHEAD, PACE, SPARE, AppTokens
from tests.fakes.background import FakeBackground
from tests.handlers.teams.bot_connector import APP, TENANT, BotConnector


class Steady:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def dated(http: aiohttp.ClientSession, cloud: Cloud, background: FakeBackground, steady: Steady) -> AppTokens:
    return AppTokens(http, cloud, TENANT, APP, ClientSecret(lambda: "the secret"), background, steady)


async def test_a_token_is_asked_for_once_for_everybody_who_waits_and_kept(
    dated: AppTokens, teams: BotConnector
) -> None:
    assert await asyncio.gather(*(dated.token() for _ in range(20))) == ["token-1"] * 20
    assert await dated.token() == "token-1"
    assert teams.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": APP,
            "scope": "https://api.botframework.com/.default",
            "client_secret": "the secret",
        }
    ]


async def test_one_is_replaced_ahead_of_its_end_while_it_goes_on_serving(
    dated: AppTokens, teams: BotConnector, steady: Steady, background: FakeBackground
) -> None:
    await dated.token()
    steady.now += 3600 - AHEAD + 1
    teams.sign_in_gate = asyncio.Event()
    assert await dated.token() == "token-1"
    teams.sign_in_gate.set()
    await background.drained()
    assert await dated.token() == "token-2"


async def test_while_the_sign_in_is_away_the_one_at_hand_serves_to_its_end(
    dated: AppTokens, teams: BotConnector, steady: Steady, background: FakeBackground
) -> None:
    await dated.token()
    teams.sign_in = (503, {})
    steady.now += 3600 - SPARE - 1
    assert [await dated.token() for _ in range(5)] == ["token-1"] * 5
    await asyncio.gather(*background.tasks, return_exceptions=True)
    assert len(teams.forms) == 2, "it is tried again after a while, not at each call"
    steady.now += SPARE
    with pytest.raises(UpstreamBusy) as caught:
        await dated.token()
    assert caught.value.side is Side.TEAMS


async def test_one_that_teams_takes_no_more_is_replaced_though_not_again_and_again(
    dated: AppTokens, steady: Steady
) -> None:
    first = await dated.token()
    assert not dated.spoil(first)
    steady.now += PACE
    assert dated.spoil(first)
    assert dated.spoil(first), "somebody else has had it replaced"
    assert await dated.token() == "token-2"


@pytest.mark.parametrize("expires_in", ["3600", None, -5, True, 10**12])
async def test_a_length_that_is_none_is_bounded(
    dated: AppTokens, teams: BotConnector, steady: Steady, expires_in: object
) -> None:
    teams.expires_in = expires_in
    await dated.token()
    steady.now += 86400
    assert await dated.token() == "token-2"


async def test_what_an_operator_has_to_mend_is_told_by_its_number_and_without_a_secret(
    dated: AppTokens, teams: BotConnector
) -> None:
    words = "AADSTS7000215: Invalid client secret 'the secret'. Trace ID: 1"
    teams.sign_in = (401, {"error": "invalid_client", "error_description": words, "error_codes": [7000215]})
    with pytest.raises(UpstreamBusy) as caught:
        await dated.token()
    assert str(caught.value) == (
        "Entra refuses the bot (invalid_client, AADSTS7000215): mend its app registration or its credential."
    )
    assert (caught.value.retry_after, caught.value.side) == (timedelta(minutes=5), Side.TEAMS)


@pytest.mark.parametrize("said", [(200, {}), (200, []), (200, {"access_token": 7}), (302, {}), (400, {"error": "<b>"})])
async def test_an_answer_without_a_token_is_no_token(
    dated: AppTokens, teams: BotConnector, said: tuple[int, object]
) -> None:
    teams.sign_in = said
    with pytest.raises(UpstreamBusy) as caught:
        await dated.token()
    assert "<" not in str(caught.value)


async def test_who_gives_up_waiting_stops_it_for_nobody(dated: AppTokens, teams: BotConnector) -> None:
    teams.sign_in_gate = asyncio.Event()
    impatient, patient = asyncio.ensure_future(dated.token()), asyncio.ensure_future(dated.token())
    while not teams.forms:  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0)
    impatient.cancel()
    teams.sign_in_gate.set()
    assert await patient == "token-1"
    assert len(teams.forms) == 1


async def by(credential: Credential, teams: BotConnector, http: aiohttp.ClientSession, cloud: Cloud) -> dict[str, str]:
    await AppTokens(http, cloud, TENANT, APP, credential, FakeBackground()).token()
    (form,) = teams.forms
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in form
    return form


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEAM Bot")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = made.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (certificate.public_bytes(serialization.Encoding.PEM) + private).decode()


async def test_a_certificate_signs_who_asks_and_its_key_is_sent_nowhere(
    teams: BotConnector, http: aiohttp.ClientSession, cloud: Cloud
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = Certificate.read(pem(key))
    form = await by(certificate, teams, http, cloud)
    address = f"{teams.login}/{TENANT}/oauth2/v2.0/token"
    said = jwt.decode(form["client_assertion"], key.public_key(), ["PS256"], audience=address)
    assert (said["iss"], said["sub"], said["exp"] - said["iat"]) == (APP, APP, 600)
    assert jwt.get_unverified_header(form["client_assertion"])["x5t#S256"] == certificate.thumbprint
    assert "PRIVATE" not in repr(certificate)


@pytest.mark.parametrize("wrong", ["", "-----BEGIN CERTIFICATE-----", "no key", "elliptic"])
def test_a_file_that_is_no_certificate_with_an_rsa_key_says_so_and_shows_nothing(wrong: str) -> None:
    whole = pem(rsa.generate_private_key(65537, 2048))
    held = {
        "no key": whole.partition("-----BEGIN PRIVATE KEY")[0],
        "elliptic": pem(ec.generate_private_key(ec.SECP256R1())),
    }.get(wrong, wrong)
    with pytest.raises(ValueError, match=r"must hold") as caught:
        Certificate.read(held)
    assert "BEGIN" not in str(caught.value)


class Signed:
    """AWS, which signs for any audience."""

    async def token(self, audience: str) -> str:
        return f"signed for {audience}"


async def test_without_a_secret_aws_says_who_asks(
    teams: BotConnector, http: aiohttp.ClientSession, cloud: Cloud
) -> None:
    form = await by(AwsIdentity(Signed(), "api://AzureADTokenExchange"), teams, http, cloud)
    assert form["client_assertion"] == "signed for api://AzureADTokenExchange"


def test_no_credential_shows_its_secret() -> None:
    assert "hidden" not in repr(ClientSecret(lambda: "hidden"))


class Refusing:
    """AWS, where nobody has turned that on."""

    async def token(self, audience: str) -> str:
        raise UpstreamRefused(f"no token for {audience}", code="OutboundWebIdentityFederationDisabled", side=Side.AWS)


async def test_when_aws_refuses_it_is_aws_that_is_named_and_no_message_is_given_up(
    teams: BotConnector, http: aiohttp.ClientSession, cloud: Cloud
) -> None:
    tokens = AppTokens(http, cloud, TENANT, APP, AwsIdentity(Refusing(), "an audience"), FakeBackground())
    with pytest.raises(UpstreamBusy) as caught:
        await tokens.token()
    assert (caught.value.side, caught.value.retry_after) == (Side.AWS, timedelta(minutes=5))
    assert teams.forms == []
