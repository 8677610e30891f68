"""Machines: what acts through the HTTP API in the name of a person, with a token or from a terminal.

A token acts for the admin who made it, within its scopes, and never for more than its maker may do at the moment of
the call. It decides nothing, and whatever it files waits for a person. A terminal acts for the Identity Center user
whose AWS credentials signed the call, and only asks.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.errors import Reason, Refusal
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, Person
from core.domain.platforms import MACHINE

TOKEN, TERMINAL = "token", "terminal"
"""The two kinds of machines, as ``ChatUser.team`` has them."""
PREFIX = "tb_"
"""The beginning of every token: what scanners for lost secrets look for."""
LIFETIMES = (timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=90))
"""The lengths of life to choose from. Every token ends."""
LONGEST_NAME = 60
MOST_TOKENS = 20
"""Tokens of one maker that are alive at a time."""
USE_NOTED_EVERY = timedelta(minutes=1)

_SECRET = re.compile(r"tb_[A-Za-z0-9_-]{43}", re.ASCII)


class Scope(StrEnum):
    """The acts that a token may be allowed. None of them decides on a request or approves a change of policies."""

    READ_REQUESTS = "requests:read"
    FILE_REQUESTS = "requests:file"
    END_ACCESS = "requests:end"
    """Withdraw and end early, as far as the maker may."""
    READ_POLICIES = "policies:read"
    WRITE_POLICIES = "policies:write"
    READ_AUDIT = "audit:read"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept: never its secret. ``account`` is the chat account that its maker made it with."""

    name: str
    maker: PrincipalId
    maker_name: str
    account: ChatUser
    scopes: frozenset[Scope]
    made_at: datetime
    expires_at: datetime
    digest: str
    """SHA-256 of the secret, which is 256 random bits: nothing slower is needed to keep it from being guessed."""
    id: int = 0
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

    @property
    def machine(self) -> ChatUser:
        """The name under which it acts."""
        return ChatUser(MACHINE, TOKEN, str(self.id))

    def objection(self, now: datetime) -> Refusal | None:
        """The reason why it is of no use; None while it is."""
        if self.revoked_at is not None:
            return Refusal(Reason.TOKEN_REVOKED, detail=self.name)
        return Refusal(Reason.TOKEN_EXPIRED, detail=self.name) if now >= self.expires_at else None


def is_machine(user: ChatUser | None) -> bool:
    return user is not None and user.platform == MACHINE


def is_at_terminal(user: ChatUser | None) -> bool:
    return is_machine(user) and user is not None and user.team == TERMINAL


def named_in_full(person: Person) -> str:
    """The name to keep of whoever acts, with the machine that acts for them: ``Frank Rosen (by token nightly job)``."""
    if person.token:
        return f"{person.principal.name} (by token {person.token})"
    return f"{person.principal.name} (at a terminal)" if is_at_terminal(person.chat_user) else person.principal.name


def token_id(user: ChatUser) -> int | None:
    """The number of the token that acts under this name; None for a terminal."""
    return int(user.user) if user.team == TOKEN and user.user.isascii() and user.user.isdigit() else None


def at_terminal(principal: PrincipalId) -> ChatUser:
    """The name under which a person at a terminal acts."""
    return ChatUser(MACHINE, TERMINAL, principal)


def digest_of(secret: str) -> str | None:
    """The digest that a secret is found by; None for a text that is no token, so that nothing is looked up."""
    return hashlib.sha256(secret.encode()).hexdigest() if _SECRET.fullmatch(secret) else None


def may_be_named(name: str, alive: Iterable[ApiToken]) -> Refusal | None:
    """Refuse a name that says nothing, is too long, or is that of another token that is alive."""
    if not name.isprintable() or not any(each.isalnum() for each in name) or len(name) > LONGEST_NAME:
        return Refusal(Reason.TOKEN_NAME_UNUSABLE, detail=str(LONGEST_NAME))
    taken = {each.name.casefold() for each in alive}
    return Refusal(Reason.TOKEN_NAME_TAKEN, detail=name) if name.casefold() in taken else None
