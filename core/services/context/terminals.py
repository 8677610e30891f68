"""People at a terminal: who somebody is whose AWS credentials signed a call to this bot."""

from collections.abc import Mapping

from core.domain.audit import AuditEvent
from core.domain.errors import Reason, Refusal, Refused
from core.domain.ids import AccountId
from core.domain.machines import at_terminal
from core.domain.people import ChatUser, Principal, address_key
from core.domain.request import Actor
from core.domain.signed_calls import (
    REMEMBERED,
    CallerIdentity,
    SignedCall,
    SsoSession,
    read_session,
    read_signed_call,
)
from core.ports import CallerProof, Clock, OpenUnit, PrincipalDirectory
from core.services.context.organization_cache import OrganizationCache


class TerminalIdentity:
    """Doubt refuses. A signature proves one call to one bot, within a minute, and once."""

    def __init__(
        self,
        open_unit: OpenUnit,
        proof: CallerProof,
        organizations: OrganizationCache,
        directory: PrincipalDirectory,
        clock: Clock,
        audience: str,
    ) -> None:
        """``audience``: the address of this bot, which must have been signed."""
        self._open_unit = open_unit
        self._proof = proof
        self._organizations = organizations
        self._directory = directory
        self._clock = clock
        self.audience = audience

    @property
    def region(self) -> str:
        """The region to sign for."""
        return self._proof.region

    async def prove(self, shown: Mapping[str, str], method: str, path: str, body: bytes) -> ChatUser:
        """The person behind a signed call. Raises Refused, each case with its own reason, and UpstreamBusy."""
        call = read_signed_call(
            dict(shown),
            audience=self.audience,
            region=self._proof.region,
            method=method,
            path=path,
            body=body,
            now=self._clock.now(),
        )
        identity = await self._proof.caller(call)
        if identity is None:
            raise Refused(Refusal(Reason.SIGNATURE_REFUSED))
        await self._use(call)
        try:
            principal = await self._person(read_session(identity, self._proof.partition))
        except Refused as refused:
            await self._note(identity, refused)
            raise
        return at_terminal(principal.id)

    async def forget(self) -> None:
        """Forget signatures that have long been of no use. This replica's own clock has no say in it."""
        async with self._open_unit() as unit:
            await unit.signed_calls.forget(REMEMBERED)
            await unit.commit()

    async def _use(self, call: SignedCall) -> None:
        """Of two calls with one signature, at whichever replicas, one goes through."""
        async with self._open_unit() as unit:
            if not await unit.signed_calls.use(call.signature, self._clock.now()):
                raise Refused(Refusal(Reason.SIGNATURE_USED))
            await unit.commit()

    async def _person(self, session: SsoSession) -> Principal:
        """The one enabled user whose name the session bears, of a permission set and an account that are there."""
        organization = await self._organizations.to_decide_by()
        account = organization.accounts.get(AccountId(session.account))
        is_known = any(each.name == session.permission_set for each in organization.permission_sets.values())
        if account is None or not account.active or not is_known:
            raise Refused(Refusal(Reason.SIGNER_OUTSIDE))
        named = address_key(session.user_name)
        found = await self._directory.principals_of_email(session.user_name, fresh=True)
        people = [each for each in found if address_key(each.user_name) == named]
        if len(people) != 1 or not people[0].enabled:
            raise Refused(Refusal(Reason.SIGNER_NO_PERSON))
        return people[0]

    async def _note(self, identity: CallerIdentity, refused: Refused) -> None:
        """One event a minute for an account (rule 26): whoever has one may choose the names of sessions."""
        actor, facts = Actor(identity.account), {"arn": identity.arn, "reason": refused.refusal.reason.value}
        async with self._open_unit() as unit:
            event = AuditEvent("terminal.refused", self._clock.now(), actor, facts=facts)
            await unit.refusals.note(event, refused.refusal.reason.value)
            await unit.commit()
