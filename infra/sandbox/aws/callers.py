"""The caller of AWS: the bot's own credentials, or a role that it has assumed."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from .wire import AwsError, Call

OWN_KEY = "AKIALOCALSANDBOX0000"
SECRET_KEY = "secret-key-that-opens-nothing"
#: Begins the token of every session.
SESSION_TOKEN = "session-token-of-"
#: Begins the keys of sessions; whatever else a call is signed with is an operator's.
_SESSION_KEY = "ASIA"
_QUERY = frozenset({"sts", "iam"})


@dataclass(frozen=True, slots=True)
class Caller:
    account: str
    #: Empty: somebody who may do everything.
    role: str = ""
    session: str = "local"

    @property
    def arn(self) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role or 'Operator'}/{self.session}"


class Callers:
    """Sessions of roles by their access keys."""

    def __init__(self, own_account: Callable[[], str]) -> None:
        self._own_account = own_account
        self._sessions: dict[str, Caller] = {}

    def assume(self, account: str, role: str, session: str) -> str:
        """The access key of a new session."""
        key = f"{_SESSION_KEY}{uuid4().hex[:16].upper()}"
        self._sessions[key] = Caller(account, role, session)
        return key

    def end(self, role: str) -> None:
        """Sessions of a role are good for nothing any more, as when it is deleted."""
        self._sessions = {key: caller for key, caller in self._sessions.items() if caller.role != role}

    def of(self, call: Call) -> Caller:
        known = self._sessions.get(call.access_key)
        if known is not None:
            return known
        if call.access_key.startswith(_SESSION_KEY):
            code = "InvalidClientTokenId" if call.service in _QUERY else "UnrecognizedClientException"
            raise AwsError(code, "The security token included in the request is invalid.", 403)
        return Caller(self._own_account(), "TeamBot" if call.access_key == OWN_KEY else "")
