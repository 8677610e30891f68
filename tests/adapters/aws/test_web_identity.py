"""AWS says to somebody else who the process is, by a token that is good for minutes and for one audience."""

import jwt
import pytest

from core.adapters.aws.session import AwsSession
from core.adapters.aws.web_identity import StsIdentityTokens
from core.domain.errors import Side, UpstreamRefused
from infra.sandbox.aws import LocalAws

AUDIENCE = "api://AzureADTokenExchange"


async def test_a_token_is_for_one_audience_and_for_minutes(session: AwsSession) -> None:
    token = await StsIdentityTokens(session).token(AUDIENCE)
    said = jwt.decode(token, options={"verify_signature": False}, audience=AUDIENCE)
    assert (said["aud"], said["exp"] - said["iat"]) == (AUDIENCE, 300)
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


async def test_a_refusal_is_awss(aws: LocalAws, session: AwsSession) -> None:
    aws.faults.add("access_denied", operation="GetWebIdentityToken")
    with pytest.raises(UpstreamRefused) as caught:
        await StsIdentityTokens(session).token(AUDIENCE)
    assert caught.value.side is Side.AWS
