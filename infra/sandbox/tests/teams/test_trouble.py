"""Teams on a bad day: faults on demand, invokes sent again, keys that change, a login that wants proof."""

import asyncio
import base64
import datetime as dt
from collections.abc import Callable
from uuid import uuid4

import aiohttp
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.sandbox.local_teams import LocalTeams, new_key
from infra.sandbox.local_teams.keys import ISSUER
from infra.sandbox.local_teams.login import ASSERTION_TYPE
from infra.sandbox.tests.teams.connector_client import ConnectorClient, Json
from infra.sandbox.tests.teams.sample_bot import SampleBot


def chat(teams: LocalTeams) -> str:
    return teams.tenant.chat(teams.tenant.person("ada")).id


async def test_a_fault_hits_one_operation_in_one_place_until_it_is_removed(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    fault = teams.faults.add("sendActivity", status=502, conversation=chat(teams))
    for _ in range(2):
        assert (await client.send(chat(teams), text="x"))[0] == 502
    assert (await client.send(teams.tenant.channel("approvals").id, text="x"))[0] == 201
    fault.remove()
    assert (await client.send(chat(teams), text="x"))[0] == 201
    assert fault.hits == 2


async def test_a_429_carries_how_long_to_wait(teams: LocalTeams, client: ConnectorClient) -> None:
    teams.faults.add("sendActivity", times=1, status=429, retry_after=3)
    await client.log_in()
    path = f"conversations/{chat(teams)}/activities"
    status, said, headers = await client.whole_call("POST", path, {"type": "message", "text": "x"})
    assert (status, said["error"]["code"], headers["Retry-After"]) == (429, "Throttled", "3")


@pytest.mark.parametrize(("drop", "left_behind"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection_may_have_done_its_work(
    teams: LocalTeams, client: ConnectorClient, drop: str, left_behind: int
) -> None:
    await client.log_in()
    teams.faults.add("connector", times=1, drop=drop)
    with pytest.raises(aiohttp.ClientError):
        await client.send(chat(teams), text="hello")
    assert len(teams.person("ada").reads()) == left_behind


@pytest.mark.parametrize("operation", ["token", "metadata", "keys"])
async def test_login_and_keys_can_be_away_or_hang(teams: LocalTeams, client: ConnectorClient, operation: str) -> None:
    async def ask() -> object:
        if operation == "token":
            return await client.log_in()
        if operation == "metadata":
            return await client.get(teams.keys_url)
        return await client.get(f"{teams.url}/v1/.well-known/keys")

    away = teams.faults.add(operation, drop="before")
    with pytest.raises(aiohttp.ClientError):
        await ask()
    away.remove()
    hanging = teams.faults.add(operation, hang=True)
    asked = asyncio.ensure_future(ask())
    await teams.tenant.changes.until(lambda: hanging.hits or None, within=60, otherwise=lambda: "never asked")
    assert not asked.done()
    hanging.remove()
    await asyncio.gather(asked, return_exceptions=True)  # its connection broke, or its client asked once more
    assert await ask()


@pytest.mark.parametrize("keeps_id", [True, False])
async def test_an_invoke_that_is_not_answered_in_time_is_sent_again(
    teams: LocalTeams, bot: SampleBot, *, keeps_id: bool
) -> None:
    ada = teams.person("ada")
    await ada.types("card", channel="approvals")
    card = await ada.sees("is requesting")
    bot.may_answer.clear()
    teams.activity_sender.answer_within = 0.05
    teams.activity_sender.keeps_id = keeps_id
    failed = await card.press("Approve")
    assert failed.trouble == "Unable to reach app. Please try again."
    sent = [each.activity for each in teams.deliveries if each.name == "adaptiveCard/action"]
    assert len(sent) == 2
    assert sent[0]["value"] == sent[1]["value"]
    assert (sent[0]["id"] == sent[1]["id"]) == keeps_id


async def test_the_same_invoke_can_be_sent_once_more(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    await ada.types("card", channel="approvals")
    answer = await (await ada.sees("is requesting")).press("Approve")
    assert answer.delivery is not None
    assert (await teams.activity_sender.repeat(answer.delivery)).ok
    assert bot.heard[-1] == bot.heard[-2]


async def test_a_bot_that_is_not_there_is_told_to_the_person(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    assert (await ada.types("hello")).trouble == "the bot was not reached"
    assert (await ada.compose("Request access")).trouble == "Unable to reach app. Please try again."


async def test_keys_change_and_say_what_they_are_good_for(teams: LocalTeams, client: ConnectorClient) -> None:
    old, new = teams.keys.current, teams.keys.rotate()
    metadata = await client.get(teams.keys_url)
    published = await client.get(metadata["jwks_uri"])
    assert (metadata["issuer"], [each["kid"] for each in published["keys"]]) == (ISSUER, [old.id, new.id])
    assert all("msteams" in each["endorsements"] for each in published["keys"])
    unendorsed = teams.keys.rotate(endorsements=(), withdraw=True)
    assert [each["kid"] for each in teams.keys.published()["keys"]] == [unendorsed.id]
    assert "endorsements" not in teams.keys.published()["keys"][0]


FORGED: dict[str, tuple[Callable[[LocalTeams], str], type[Exception]]] = {
    "another key": (lambda teams: teams.keys.token("x", key=new_key()), jwt.InvalidSignatureError),
    "another audience": (lambda teams: teams.keys.token("x", aud="else"), jwt.InvalidAudienceError),
    "another issuer": (lambda teams: teams.keys.token("x", iss="else"), jwt.InvalidIssuerError),
    "over": (lambda teams: teams.keys.token("x", exp=1), jwt.ExpiredSignatureError),
    "endless": (lambda teams: teams.keys.token("x", exp=None), jwt.MissingRequiredClaimError),
    "unsigned": (lambda teams: teams.keys.unsigned("x"), jwt.InvalidAlgorithmError),
    "public key": (lambda teams: teams.keys.signed_with_the_public_key("x"), jwt.InvalidAlgorithmError),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_tokens_are_forged_as_they_say(teams: LocalTeams, name: str) -> None:
    forge, refusal = FORGED[name]
    public = jwt.PyJWK(teams.keys.published()["keys"][0])

    def read(token: str) -> Json:
        claims: Json = jwt.decode(
            token,
            public,
            algorithms=["RS256"],
            audience=teams.tenant.app.app_id,
            issuer=ISSUER,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    assert read(teams.keys.token("x"))["serviceurl"] == "x"
    with pytest.raises(refusal):
        read(forge(teams))


async def test_the_login_wants_the_right_app_secret_scope_and_tenant(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    assert teams.tenant.app.client_secret
    assert (await client.log_in())[0] == 200
    for wrong in (
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "wrong"},
        {"scope": "https://graph.microsoft.com/.default"},
        {"grant_type": "password"},
        {"tenant": "wrong"},
    ):
        status, said = await client.log_in(**wrong)
        assert status in (400, 401), wrong
        assert "AADSTS" in said["error_description"]
        assert client.token == ""


async def test_the_login_takes_an_assertion_of_the_registered_certificate_once(
    teams: LocalTeams, client: ConnectorClient
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _certificate(key)
    app = teams.tenant.app
    app.certificate = certificate.public_bytes(Encoding.PEM).decode()
    url = f"{teams.login_url}/{teams.tenant.tenant_id}/oauth2/v2.0/token"
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()

    def assertion(signing: rsa.RSAPrivateKey = key, **changed: object) -> str:
        now = int(dt.datetime.now(dt.UTC).timestamp())
        claims = {"iss": app.app_id, "sub": app.app_id, "aud": url, "nbf": now, "exp": now + 300, "jti": uuid4().hex}
        return jwt.encode(claims | changed, signing, algorithm="PS256", headers={"x5t#S256": thumbprint})

    async def log_in(given: str) -> int:
        return (await client.log_in(client_assertion_type=ASSERTION_TYPE, client_assertion=given))[0]

    once = assertion()
    assert await log_in(once) == 200
    assert await log_in(once) == 401
    assert await log_in(assertion(aud="else")) == 401
    assert await log_in(assertion(sub="else")) == 401
    assert await log_in(assertion(exp=1)) == 401
    assert await log_in(assertion(rsa.generate_private_key(public_exponent=65537, key_size=2048))) == 401


async def test_the_login_takes_the_token_of_a_trusted_issuer(teams: LocalTeams, client: ConnectorClient) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    app = teams.tenant.app
    app.federated_key = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    app.federated_issuer, app.federated_subject = "https://issuer.test", "arn:aws:iam::1:role/bot"

    async def log_in(**changed: object) -> int:
        now = int(dt.datetime.now(dt.UTC).timestamp())
        claims = {"iss": app.federated_issuer, "sub": app.federated_subject, "aud": app.federated_audience}
        given = jwt.encode({**claims, "exp": now + 300, **changed}, key, algorithm="RS256")
        return (await client.log_in(client_assertion_type=ASSERTION_TYPE, client_assertion=given))[0]

    assert await log_in() == 200
    for wrong in ({"sub": "else"}, {"iss": "else"}, {"aud": "else"}, {"exp": 1}):
        assert await log_in(**wrong) == 401


async def test_a_file_is_uploaded_once_and_whole(teams: LocalTeams, bot: SampleBot, client: ConnectorClient) -> None:
    ada = teams.person("ada")
    await ada.types("file")
    await (await ada.sees("audit.csv")).allow_file()
    url = bot.heard[-1]["value"]["uploadInfo"]["uploadUrl"]
    assert await client.upload(url, b"again") == 404
    assert await client.upload(f"{teams.url}/upload/guessed", b"x") == 404


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "teambot")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2099)
    )
    return made.sign(key, hashes.SHA256())
