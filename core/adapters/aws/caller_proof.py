"""STS as the witness of who signed a call: the only thing that is ever sent for somebody else.

The SDK makes the call as always, to the endpoint of the bot's own region, without credentials. Only the headers that
the caller has signed take the place of the SDK's, right before it is sent.
"""

import threading
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import is_throttling
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamBusy
from core.domain.signed_calls import AUDIENCE_HEADER, BODY, CALL_HEADER, CONTENT_TYPE, CallerIdentity, SignedCall

READ_WITHIN, CONNECT_WITHIN = 4, 2
"""Seconds: somebody waits at a terminal."""
_SENDING = "before-send.sts.GetCallerIdentity"


class StsCallerProof:
    def __init__(self, aws: AwsSession) -> None:
        self._aws = aws
        self._client: Any = aws.unsigned("sts", _config())
        self._sent = threading.local()
        self._client.meta.events.register(_SENDING, self._as_signed)
        self.region: str = self._client.meta.region_name
        self.partition: str = self._client.meta.partition

    async def caller(self, call: SignedCall) -> CallerIdentity | None:
        """As the port says."""
        return await self._aws.sts.call(Priority.READ, self.get_caller_identity, call)

    def get_caller_identity(self, call: SignedCall) -> CallerIdentity | None:
        """In a thread of its own from the first header to the answer."""
        self._sent.call = call
        try:
            answer = self._client.get_caller_identity()
        except ClientError as error:
            if is_throttling(error):
                raise
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if 400 <= status < 500:  # it says no: the signature, the credentials or the moment
                return None
            raise
        except (KeyError, TypeError, ValueError) as error:  # the SDK reads what should be there
            raise UpstreamBusy("STS's answer cannot be read.", side=Side.AWS) from error
        finally:
            self._sent.call = None
        account, arn = answer.get("Account"), answer.get("Arn")
        if not isinstance(account, str) or not isinstance(arn, str):
            raise UpstreamBusy("STS did not say who it is.", side=Side.AWS)
        return CallerIdentity(account, arn)

    def _as_signed(self, request: Any, **_: object) -> None:
        """Send what was signed, and nothing besides. Anything else than this one call is not sent at all."""
        call: SignedCall | None = getattr(self._sent, "call", None)
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        if call is None or request.method != "POST" or body != BODY:
            raise UpstreamBusy("This is not what was signed.", side=Side.BOT)
        for name in list(request.headers):
            del request.headers[name]
        request.headers.update(
            {
                "Content-Type": CONTENT_TYPE,
                "X-Amz-Date": call.amz_date,
                "X-Amz-Security-Token": call.security_token,
                AUDIENCE_HEADER: call.audience,
                CALL_HEADER: call.call,
                "Authorization": call.authorization,
                "Content-Length": str(len(BODY)),
            }
        )


def _config() -> Config:
    return Config(
        signature_version=UNSIGNED,
        connect_timeout=CONNECT_WITHIN,
        read_timeout=READ_WITHIN,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
