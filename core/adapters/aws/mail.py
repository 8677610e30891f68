"""E-mail through Amazon SES, in plain text, from one address that is verified there, or whose domain is."""

from email.utils import parseaddr
from typing import Any

from core.adapters.aws.budget import Priority
from core.adapters.aws.roles import PROCESS, Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamRefused
from core.ports import Mail

_UTF_8 = "UTF-8"


class SesMail:
    """The ``MailSender``, in the Region of Identity Center. ``sender`` may have a name before its address."""

    def __init__(self, session: AwsSession, sender: str, role: Role = PROCESS) -> None:
        self._ses = session.service("sesv2", session.budgets.events, role=role)
        self._sender = sender

    async def send(self, to: str, mail: Mail) -> str:
        answer: Any = await self._ses.call(
            Priority.BACKGROUND,
            self._ses.client.send_email,
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": [to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": _UTF_8},
                    "Body": {"Text": {"Data": mail.body, "Charset": _UTF_8}},
                }
            },
        )
        return str(answer.get("MessageId", ""))

    async def check(self) -> str:
        """Look whether the domain, or else the address, may send, and send nothing."""
        address = parseaddr(self._sender)[1]
        try:
            name = address.rpartition("@")[2]
            found = await self._identity(name)
        except UpstreamRefused as refused:
            name = address
            try:
                found = await self._identity(name)
            except UpstreamRefused:
                raise refused from None
        if not found.get("VerifiedForSendingStatus"):
            raise UpstreamRefused(f"{name} is not verified for sending in SES", code="NotVerified", side=Side.AWS)
        return f"{name} is verified in SES, mail is sent as {address}"

    async def _identity(self, name: str) -> dict[str, Any]:
        found: Any = await self._ses.call(Priority.READ, self._ses.client.get_email_identity, EmailIdentity=name)
        return dict(found)
