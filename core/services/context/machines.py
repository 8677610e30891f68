"""Machines: whom a token or a terminal acts for, and whether it may (``core.domain.machines``)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from core.domain.audit import AuditEvent
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.ids import PrincipalId
from core.domain.machines import USE_NOTED_EVERY, ApiToken, Scope, digest_of, token_id
from core.domain.people import ChatUser, Person
from core.domain.request import Actor
from core.ports import Clock, OpenUnit, PrincipalDirectory


class Machines:
    """Everything is read anew at each call: what is revoked, and whoever has left, acts no more from then on."""

    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._clock = clock

    async def with_secret(self, secret: str) -> ApiToken:
        """The token of this secret. Refused for one that is unknown, revoked or over.

        It is found by the digest of 256 random bits: the time that takes tells nothing of another secret.
        """
        digest = digest_of(secret)
        if digest is None:
            raise Refused(Refusal(Reason.TOKEN_UNKNOWN))
        async with self._open_unit() as unit:
            token = await unit.api_tokens.with_digest(digest)
        if token is None:
            raise Refused(Refusal(Reason.TOKEN_UNKNOWN))
        now = self._clock.now()
        if objection := token.objection(now):
            facts = {**_facts(token), "reason": objection.reason.value}
            await self._note(AuditEvent("token.refused", now, actor_of(token), facts=facts))
            raise Refused(objection)
        return token

    async def admit(self, token: ApiToken, scope: Scope) -> None:
        """Note its use. Refused, and on record, for an act outside its scopes."""
        if scope not in token.scopes:
            facts = {**_facts(token), "scope": scope.value}
            await self._note(AuditEvent("token.out_of_scope", self._clock.now(), actor_of(token), facts=facts))
            raise Refused(Refusal(Reason.TOKEN_OUT_OF_SCOPE, detail=scope.value))
        now = self._clock.now()
        if token.used_at is not None and now - token.used_at < USE_NOTED_EVERY:
            return
        async with self._open_unit() as unit:
            await unit.api_tokens.use(token.id, now)
            if token.used_at is None:
                await unit.audit.append(AuditEvent("token.first_used", now, actor_of(token), facts=_facts(token)))
            await unit.commit()

    async def person(
        self,
        machine: ChatUser,
        identify: Callable[[ChatUser], Awaitable[Person]],
        *,
        fresh: bool,
        since: datetime | None,
    ) -> Person:
        """The person that a machine acts for, as they are now.

        A token acts for its maker, found by the chat account that made it: suspended, deactivated or disabled, and the
        token is refused as its maker is. A terminal is the principal that its signature has proved.
        """
        number = token_id(machine)
        if number is None:
            return await self._at_terminal(machine, fresh=fresh, since=since)
        token = await self.token(number)
        if objection := token.objection(self._clock.now()):
            raise Refused(objection)
        maker = await identify(token.account)
        if maker.id != token.maker:
            raise Refused(Refusal(Reason.IDENTITY_SUSPENDED))
        return replace(maker, chat_user=machine, token=token.name)

    async def _at_terminal(self, machine: ChatUser, *, fresh: bool, since: datetime | None) -> Person:
        principal = await self._directory.principal(PrincipalId(machine.user), fresh=fresh, since=since)
        if principal is None or not principal.enabled:
            raise Refused(Refusal(Reason.PRINCIPAL_DISABLED if principal else Reason.SIGNER_NO_PERSON))
        groups = await self._directory.groups_of(principal.id, fresh=fresh, since=since)
        return Person(principal, groups, machine, Reason.AT_TERMINAL)

    async def token(self, number: int) -> ApiToken:
        """Raises NotFound."""
        async with self._open_unit() as unit:
            token = await unit.api_tokens.get(number)
        if token is None:
            raise NotFound
        return token

    async def behind(self, machine: ChatUser) -> tuple[ChatUser | None, Refusal | None]:
        """The chat account behind a machine, and the objection to what it has filed: its token was revoked.

        One that is over was good when it was used. Behind a terminal there is no chat account.
        """
        number = token_id(machine)
        if number is None:
            return None, None
        token = await self.token(number)
        revoked = Refusal(Reason.TOKEN_REVOKED, detail=token.name) if token.revoked_at is not None else None
        return token.account, revoked

    async def _note(self, event: AuditEvent) -> None:
        async with self._open_unit() as unit:
            await unit.refusals.note(event, str(event.facts.get("scope") or event.facts.get("reason")))
            await unit.commit()


def _facts(token: ApiToken) -> dict[str, object]:
    return {"token": token.id, "name": token.name}


def actor_of(token: ApiToken) -> Actor:
    """The token in the audit trail: its maker, and the token as what acted."""
    return Actor(token.maker_name, token.maker, token.machine)
