"""Calls that are accepted: a token that is right in every respect, and an activity that is the sender's to send."""

import contextlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWK
from jwt.utils import base64url_encode

from handlers.bot_connector.authentication import ActivityAuthenticator, Ground, RejectedCallError
from handlers.bot_connector.clouds import CLOUDS
from handlers.bot_connector.keys import PublishedKey, SigningKeys
from tests.fakes.background import FakeBackground
from tests.handlers.teams.signing import APP, ISSUER, SERVICE, TENANT, activity, claims, public_jwk, rsa_key, token

LOCAL = "http://127.0.0.1:4000"


def published(kid: str, *endorsements: str) -> PublishedKey:
    return PublishedKey(PyJWK(public_jwk(kid), "RS256"), frozenset(endorsements))


def authenticator(keys: dict[str, PublishedKey] | None = None) -> ActivityAuthenticator:
    signing = SigningKeys("http://127.0.0.1:9/openid", FakeBackground(), lambda: 0.0)
    signing._known = {"k1": published("k1", "msteams"), "web": published("web", "webchat")} if keys is None else keys
    signing._sought_at = 0.0
    return ActivityAuthenticator(APP, TENANT, ISSUER, CLOUDS["public"].is_service, signing)


def let_in(token: str, body: object | None = None) -> bool:
    authenticator().authenticate([f"Bearer {token}"], json.dumps(activity() if body is None else body).encode())
    return True


def turned_away(authorizations: list[str], body: object) -> Ground:
    with pytest.raises(RejectedCallError) as refused:
        authenticator().authenticate(authorizations, body if isinstance(body, bytes) else json.dumps(body).encode())
    return refused.value.ground


def test_a_rightful_call_is_let_in_and_read() -> None:
    found = authenticator().authenticate([f"Bearer {token()}"], json.dumps(activity()).encode())

    assert (found.kind, found.text, found.sender.mri, found.zone) == ("message", "help", "29:ada", "Europe/Berlin")


@pytest.mark.parametrize("skew", [-299, 299])
def test_clocks_may_differ_by_five_minutes(skew: int) -> None:
    now = int(time.time())

    assert let_in(token(exp=now + skew) if skew < 0 else token(nbf=now + skew, iat=now + skew))


def unsigned() -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": "k1"}, claims())]
    return b".".join([*map(base64url_encode, parts), b""]).decode()


def by_public_key() -> str:
    """Signed with what everybody knows, as if it were a password."""
    known = rsa_key("k1").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "k1"}, claims())]
    signed = b".".join(map(base64url_encode, parts))
    return (signed + b"." + base64url_encode(hmac.digest(known, signed, "sha256"))).decode()


def torn(part: int) -> Callable[[], str]:
    def change() -> str:
        parts = token().split(".")
        parts[part] = parts[part][:-3] + ("AAA" if not parts[part].endswith("AAA") else "BBB")
        return ".".join(parts)

    return change


def with_key_inside() -> str:
    """Brings the key that it was signed with."""
    return jwt.encode(claims(), rsa_key("own"), "RS256", headers={"kid": "own", "jwk": public_jwk("own")})


FORGED: dict[str, Callable[[], str]] = {
    "of an unknown key": lambda: token("k9"),
    "of another key under a known name": lambda: token("k1", signed_by="k9"),
    "without a key's name": lambda: token(""),
    "with its own key": with_key_inside,
    "unsigned": unsigned,
    "signed with the public key as a password": by_public_key,
    "by another algorithm": lambda: token(algorithm="RS512"),
    "by yet another algorithm": lambda: token(algorithm="PS256"),
    "with another head": torn(0),
    "with other claims": torn(1),
    "with another signature": torn(2),
    "without a signature": lambda: token().rpartition(".")[0] + ".",
    "of another issuer": lambda: token(iss="https://api.botframework.us"),
    "of an issuer that only begins so": lambda: token(iss=ISSUER + ".evil.example"),
    "of a tenant as issuer": lambda: token(iss=f"https://sts.windows.net/{TENANT}/"),
    "of no issuer": lambda: token(iss=None),
    "for another app": lambda: token(aud="00000000-0000-4000-8000-00000000a002"),
    "for several apps": lambda: token(aud=[APP, "another"]),
    "for no app": lambda: token(aud=None),
    "for an empty app": lambda: token(aud=""),
    "that is over": lambda: token(exp=int(time.time()) - 301),
    "that is never over": lambda: token(exp=None),
    "over at a word": lambda: token(exp="tomorrow"),
    "over at nothing": lambda: token(exp=0),
    "of the future": lambda: token(nbf=int(time.time()) + 400),
    "made in the future": lambda: token(iat=int(time.time()) + 400),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_token_that_is_wrong_in_anything_is_turned_away(forged: Callable[[], str]) -> None:
    assert turned_away([f"Bearer {forged()}"], activity()) is Ground.TOKEN


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [""],
        ["Bearer"],
        ["Bearer "],
        ["Basic dXNlcjpwYXNz"],
        ["Bearer a.b.c"],
        ["Bearer é.é.é"],
        ["Bearer " + "a" * 9000],
        ["Bearer " + "." * 8000],
        ["Bearer e30.e30.e30"],
    ],
)
def test_what_is_no_token_is_turned_away(headers: list[str]) -> None:
    assert turned_away(headers, activity()) is Ground.TOKEN


def test_two_tokens_are_none() -> None:
    right = f"Bearer {token()}"

    assert turned_away([right, right], activity()) is Ground.TOKEN


def test_nothing_of_the_body_is_read_before_the_token_is_found_genuine() -> None:
    assert turned_away([f"Bearer {token('k9')}"], b"{" * 100) is Ground.TOKEN


@pytest.mark.parametrize(
    ("claimed", "sent"),
    [
        (None, SERVICE),
        (SERVICE, None),
        (SERVICE, ""),
        ("", ""),
        (SERVICE, "https://smba.trafficmanager.net/amer/"),
        (SERVICE, "https://evil.example/"),
        ("https://evil.example/", "https://evil.example/"),
        ("https://evil.trafficmanager.net/", "https://evil.trafficmanager.net/"),
        ("https://smba.trafficmanager.net@evil.example/", "https://smba.trafficmanager.net@evil.example/"),
        ("https://smba.trafficmanager.net:8443/", "https://smba.trafficmanager.net:8443/"),
        ("http://smba.trafficmanager.net/emea/", "http://smba.trafficmanager.net/emea/"),
        ("https://smba.infra.gov.teams.microsoft.us/", "https://smba.infra.gov.teams.microsoft.us/"),
        (LOCAL, LOCAL),
        ([SERVICE], SERVICE),
        (7, SERVICE),
    ],
)
def test_the_service_that_is_answered_must_be_the_one_of_the_token_and_one_of_teams(claimed: Any, sent: Any) -> None:
    body = activity(serviceUrl=sent)

    assert turned_away([f"Bearer {token(serviceurl=claimed)}"], body) is Ground.SERVICE_URL


def test_a_slash_at_the_end_of_a_service_url_means_nothing() -> None:
    assert let_in(token(serviceurl=SERVICE.rstrip("/")))


@pytest.mark.parametrize(
    ("kid", "channel"), [("web", "msteams"), ("web", "webchat"), ("k1", "webchat"), ("k1", None), ("k1", "MSTEAMS")]
)
def test_a_key_that_may_not_speak_for_teams_does_not(kid: str, channel: str | None) -> None:
    assert turned_away([f"Bearer {token(kid)}"], activity(channelId=channel)) is Ground.ENDORSEMENT


OTHER = "00000000-0000-4000-8000-0000000000bb"


@pytest.mark.parametrize(
    ("conversation", "data"),
    [(OTHER, OTHER), (TENANT, OTHER), (OTHER, TENANT), (None, OTHER), (OTHER, None), (None, None)],
)
def test_another_tenant_is_turned_away_and_so_is_none(conversation: str | None, data: str | None) -> None:
    talk = {"id": "a:ada", "conversationType": "personal", "tenantId": conversation}
    body = activity(conversation=talk, channelData={"tenant": {"id": data}} if data else None)

    assert turned_away([f"Bearer {token()}"], body) is Ground.TENANT


def test_a_tenant_is_the_same_in_capitals() -> None:
    body = activity(channelData={"tenant": {"id": TENANT.upper()}})

    assert let_in(token(), body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe not text",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"message"',
        b"{}",
        b'{"type": null}',
        b'{"type": 7}',
        b'{"type": {"a": 1}}',
        b"[" * 100_000,
        b'{"type":' + b"[" * 100_000,
        b'{"type": "message", "text": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_activity_is_turned_away(body: bytes) -> None:
    assert turned_away([f"Bearer {token()}"], body) is Ground.SHAPE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [*activity(), "name", "value", "entities", "membersAdded", "membersRemoved", "replyToId", "action", "type"]
)


@given(changed=st.dictionaries(FIELDS, JSON, max_size=4))
def test_a_genuine_token_with_any_body_is_let_in_or_turned_away_and_nothing_else(changed: dict[str, Any]) -> None:
    body = json.dumps({**activity(), **changed}).encode()

    with contextlib.suppress(RejectedCallError):
        assert authenticator().authenticate([f"Bearer {_right()}"], body).tenants == {TENANT}


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "b64", "crit", "jwk", "x5c"]), JSON),
    payload=JSON,
    signature=st.binary(max_size=300),
)
def test_nothing_that_anybody_can_make_up_is_let_in(header: dict[str, Any], payload: Any, signature: bytes) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "k1", **header}, payload)]
    made_up = b".".join(base64url_encode(part) for part in (*parts, signature)).decode()

    assert turned_away([f"Bearer {made_up}"], activity()) is Ground.TOKEN


@given(st.text(max_size=60))
def test_no_header_that_anybody_can_write_is_let_in(header: str) -> None:
    assert turned_away([header], activity()) is Ground.TOKEN


@given(changed=st.dictionaries(st.sampled_from(["iss", "aud", "exp"]), JSON, min_size=1))
def test_claims_of_any_other_shape_are_turned_away(changed: dict[str, Any]) -> None:
    right = claims()
    odd = {name: value for name, value in changed.items() if name != "exp" or not _is_later(value)}
    told = {**right, **odd}
    text = json.dumps(told).encode()
    signed = jwt.api_jws.encode(text, rsa_key("k1"), "RS256", headers={"kid": "k1"})
    if all(told[name] == right[name] for name in right):
        assert let_in(signed)
    else:
        assert turned_away([f"Bearer {signed}"], activity()) is Ground.TOKEN


def _is_later(value: object) -> bool:
    """A moment after now, however it is written."""
    try:
        return int(value) > time.time() - 300  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError):
        return False


def _right() -> str:
    """One token for many examples: signing is slow."""
    if not _RIGHT:
        _RIGHT.append(token())
    return _RIGHT[0]


_RIGHT: list[str] = []
