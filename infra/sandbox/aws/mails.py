"""SES, as far as the bot asks it: identities that may send, and the mail that was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from .operation import Answer, Operation
from .wire import AwsError, Call


@dataclass(frozen=True, slots=True)
class SentMail:
    sender: str
    to: str
    subject: str
    body: str


@dataclass(slots=True)
class Mails:
    """Verified domains and addresses of one Region, and its outgoing mail."""

    verified: set[str] = field(default_factory=set)
    sent: list[SentMail] = field(default_factory=list)

    def operations(self) -> dict[str, Operation]:
        return {"SendEmail": self._send, "GetEmailIdentity": self._identity}

    def _send(self, call: Call) -> Answer:
        sender, simple = str(call.arguments["FromEmailAddress"]), _simple(call)
        address = parseaddr(sender)[1]
        if not {address, address.rpartition("@")[2]} & self.verified:
            message = f"Email address is not verified. The following identities failed the check: {address}"
            raise AwsError("MessageRejected", message)
        for to in call.arguments["Destination"]["ToAddresses"]:
            self.sent.append(SentMail(sender, str(to), simple["Subject"]["Data"], simple["Body"]["Text"]["Data"]))
        return {"MessageId": call.request_id}

    def _identity(self, call: Call) -> Answer:
        name = str(call.arguments["EmailIdentity"])
        if name not in self.verified:
            raise AwsError("NotFoundException", f"Email identity {name} does not exist.", 404)
        return {"IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN", "VerifiedForSendingStatus": True}


def _simple(call: Call) -> Mapping[str, Any]:
    found: Mapping[str, Any] = call.arguments["Content"]["Simple"]
    return found
