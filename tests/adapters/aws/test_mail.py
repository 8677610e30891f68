"""E-mail through SES, over HTTP: what arrives there, and what SES does not send."""

from collections.abc import AsyncIterator

import pytest

from core.adapters.aws.mail import SesMail
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamRefused
from core.ports import Mail
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.mails import SentMail
from infra.sandbox.company import Company

SENDER = "TEAM Bot <teambot@events.example.com>"
MAIL = Mail("R-1042: “prod” is active", "Zeile 1\nZeile 2 – €\n")


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    async with LocalAws(company) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.up()


@pytest.fixture
async def session(aws: LocalAws) -> AsyncIterator[AwsSession]:
    async with AwsSession(patience=Patience(attempts=1)) as session:
        yield session
        aws.up()


@pytest.mark.parametrize("verified", ["events.example.com", "teambot@events.example.com"])
async def test_a_mail_is_sent_whole_to_one_address_by_a_verified_sender(
    aws: LocalAws, session: AwsSession, verified: str
) -> None:
    aws.world.mails.verified.add(verified)
    assert verified in await SesMail(session, SENDER).check()
    assert await SesMail(session, SENDER).send("grace@example.com", MAIL)
    assert aws.world.mails.sent == [SentMail(SENDER, "grace@example.com", MAIL.subject, MAIL.body)]


async def test_a_sender_that_nobody_verified_is_refused_and_the_doctor_says_so(
    aws: LocalAws, session: AwsSession
) -> None:
    for asked in (SesMail(session, SENDER).send("grace@example.com", MAIL), SesMail(session, SENDER).check()):
        with pytest.raises(UpstreamRefused) as raised:
            await asked
        assert raised.value.side is Side.AWS
    assert aws.world.mails.sent == []
