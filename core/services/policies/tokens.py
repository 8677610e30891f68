"""Tokens of the HTTP API: made and revoked by admins, in chat. A machine makes none."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.audit import AuditEvent
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.machines import LIFETIMES, MOST_TOKENS, PREFIX, ApiToken, Scope, digest_of, may_be_named
from core.domain.people import ChatUser
from core.ports import Clock, OpenUnit
from core.services.policies.admin_gate import AdminContext, AdminGate

SECRET_BYTES = 32
SHOWN = 50
"""Tokens that a list shows at most, the newest first."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token and its secret, which is shown once and kept nowhere."""

    token: ApiToken
    secret: str


class TokenAdministration:
    def __init__(self, open_unit: OpenUnit, admins: AdminGate, clock: Clock, address: str) -> None:
        """``address`` of the HTTP API; empty where it is off."""
        self.address = address
        self._open_unit = open_unit
        self._admins = admins
        self._clock = clock

    async def make(self, chat_user: ChatUser, name: str, scopes: Collection[Scope], life: timedelta | None) -> NewToken:
        """Make a token that acts for this admin. Refused with every reason, and for anybody else."""
        admin, now, name = await self._human(chat_user), self._clock.now(), name.strip()
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        async with self._open_unit() as unit:
            theirs = await unit.api_tokens.alive(now, admin.person.id)
            if refusals := _refusals(name, scopes, life, theirs):
                raise Refused(*refusals)
            made = ApiToken(
                name=name,
                maker=admin.person.id,
                maker_name=admin.person.principal.name,
                account=admin.person.chat_user or chat_user,
                scopes=frozenset(scopes),
                made_at=now,
                expires_at=now + (life or timedelta()),
                digest=digest_of(secret) or "",
            )
            token = await unit.api_tokens.add(made)
            facts = {
                "token": token.id,
                "name": name,
                "scopes": sorted(token.scopes),
                "expires_at": token.expires_at.isoformat(),
            }
            await unit.audit.append(AuditEvent("token.made", now, admin.actor, facts=facts))
            await unit.commit()
        return NewToken(token, secret)

    async def known(self, chat_user: ChatUser) -> Sequence[ApiToken]:
        """The tokens of all admins, the newest first; what is revoked or over stays for a while to be seen."""
        await self._human(chat_user)
        async with self._open_unit() as unit:
            return await unit.api_tokens.lately(SHOWN)

    async def revoke(self, chat_user: ChatUser, token_id: int) -> ApiToken:
        """Revoke a token, whoever made it; one that was revoked stays so. Raises NotFound."""
        admin, now = await self._human(chat_user), self._clock.now()
        async with self._open_unit() as unit:
            token = await unit.api_tokens.get(token_id)
            if token is None:
                raise NotFound
            if await unit.api_tokens.revoke(token_id, admin.person.principal.name, now):
                facts = {"token": token.id, "name": token.name, "maker": token.maker}
                await unit.audit.append(AuditEvent("token.revoked", now, admin.actor, facts=facts))
                await unit.commit()
        return token

    async def _human(self, chat_user: ChatUser) -> AdminContext:
        admin = await self._admins.require(chat_user)
        if admin.person.token:
            raise Refused(Refusal(Reason.TOKEN_DECIDES_NOTHING))
        return admin


def _refusals(
    name: str, scopes: Collection[Scope], life: timedelta | None, theirs: Sequence[ApiToken]
) -> list[Refusal]:
    named = may_be_named(name, theirs)
    return [
        *([named] if named else []),
        *([] if scopes else [Refusal(Reason.TOKEN_WITHOUT_SCOPE)]),
        *([] if life in LIFETIMES else [Refusal(Reason.TOKEN_WITHOUT_END)]),
        *([Refusal(Reason.TOO_MANY_TOKENS, detail=str(len(theirs)))] if len(theirs) >= MOST_TOKENS else []),
    ]
