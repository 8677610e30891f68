"""Changing policies and settings: drafted, looked at with everything it would do, and then saved as a revision.

A draft is a whole book, made from the revision that its author saw. When others have saved in between, what the
author changed is put on top of what they did, and shown again: nothing is overwritten that nobody has seen.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.audit import AuditEvent
from core.domain.commands import SavePolicies
from core.domain.errors import Conflict, Field, Reason, Refusal, Refused
from core.domain.evaluation import visible
from core.domain.ids import ConversationId, GroupId
from core.domain.machines import token_id
from core.domain.outcome import Outcome, Result
from core.domain.people import ChatUser
from core.domain.policy import PolicyBook
from core.domain.policy_diff import PartChange, differences
from core.domain.policy_impact import PolicyImpact
from core.domain.policy_merge import merge
from core.domain.policy_validation import LONGEST_WHY, Obstacle, not_served
from core.domain.widening import Widening
from core.ports import (
    ChatPlatforms,
    Clock,
    Conversation,
    Draft,
    OpenUnit,
    PrincipalDirectory,
    UnitOfWork,
)
from core.services.policies.admin_gate import AdminContext, AdminGate
from core.services.policies.impact_preview import ImpactPreview
from core.services.policies.live_validation import LiveValidation
from core.services.policies.store import PolicyStore, RevisionEntry
from core.services.requests.transition import CloseCommand, about_reasons

KEEP = timedelta(days=1)
"""The time for which a draft may wait to be saved."""


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """A draft with everything there is to know before it is saved."""

    admin: AdminContext
    draft: Draft
    changes: tuple[PartChange, ...]
    effects: PolicyImpact
    faults: tuple[Refusal, ...] = ()
    joins: tuple[Conversation, ...] = ()
    """Public channels that the bot joins when this is saved."""
    posts: tuple[Conversation, ...] = ()
    """Channels that come into a policy, and in which the bot can post already."""
    meanwhile: tuple[RevisionEntry, ...] = ()
    """Revisions that others have saved since the author began."""
    empty_groups: tuple[tuple[str, tuple[GroupId, ...]], ...] = ()
    """Approver groups without anybody enabled in them, by policies that are made or changed."""
    not_served: tuple[tuple[str, tuple[ConversationId, ...]], ...] = ()
    """Channels of a platform that is not configured, by policies."""
    waits: tuple[Widening, ...] = ()
    """The reasons why it has to wait for a second admin; empty when it does not."""

    @property
    def may_be_saved(self) -> bool:
        return bool(self.changes) and not self.faults


class PolicyDrafts:
    def __init__(
        self,
        open_unit: OpenUnit,
        admins: AdminGate,
        policies: PolicyStore,
        directory: PrincipalDirectory,
        platforms: ChatPlatforms,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._admins = admins
        self._policies = policies
        self._foreseeing = ImpactPreview(open_unit, directory)
        self._platforms = platforms.names
        self._scrutiny = LiveValidation(directory, platforms)
        self._clock = clock

    async def keep(self, admin: AdminContext, book: PolicyBook, based_on: int) -> Draft:
        """Keep a changed book, so that nothing that was typed is lost, whatever is wrong with it."""
        async with self._open_unit() as unit:
            draft = await unit.drafts.add(self.draft(admin, book, based_on))
            await unit.commit()
        return draft

    def draft(self, admin: AdminContext, book: PolicyBook, based_on: int) -> Draft:
        """A draft that is not kept: to be looked at, and never saved."""
        labelled = replace(book, labels=admin.names.labels(book))
        return Draft(admin.person.id, labelled, based_on, self._clock.now())

    async def restore(self, admin: AdminContext, revision: int) -> Draft:
        """A draft with everything as it was at a revision. What is impossible by now shows in its preview."""
        found = await self._policies.revision(revision)
        if found is None:
            raise Refused(Refusal(Reason.REVISION_UNKNOWN))
        return await self.keep(admin, found.book, admin.book.revision)

    async def book_at(self, revision: int) -> PolicyBook:
        """The book that a form was opened with."""
        if revision == 0:
            return PolicyBook()
        found = await self._policies.revision(revision)
        if found is None:
            raise Refused(Refusal(Reason.REVISION_UNKNOWN))
        return found.book

    async def own(self, admin: AdminContext, draft_id: int) -> Draft:
        """A draft of this admin. Refused for anybody else's as for one that is forgotten."""
        async with self._open_unit() as unit:
            draft = await unit.drafts.get(draft_id)
        if draft is None or draft.author != admin.person.id:
            raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
        return draft

    async def preview(self, chat_user: ChatUser, draft_id: int) -> DraftPreview:
        """Look at a draft again."""
        admin = await self._admins.require(chat_user)
        return await self.look(admin, await self.own(admin, draft_id))

    async def look(self, admin: AdminContext, draft: Draft) -> DraftPreview:
        """Say what saving would do. Others' changes in between are taken in, and a new draft is made of both."""
        meanwhile: tuple[RevisionEntry, ...] = ()
        if draft.based_on != admin.book.revision:
            draft, meanwhile = await self._caught_up(admin, draft)
        wrong, channels, done = await self._policy_context(admin, draft.book)
        waits = await self._policies.waits(admin.book, draft.book, admin.names.organization)
        alone = await self._scrutiny.nobody_else(admin) if waits else ()
        return DraftPreview(
            admin=admin,
            draft=draft,
            changes=differences(admin.book, draft.book),
            effects=done,
            faults=(*wrong, *alone),
            joins=tuple(channel for channel in channels if channel.obstacle is Obstacle.BOT_IS_OUTSIDE),
            posts=tuple(channel for channel in channels if channel.obstacle is None),
            empty_groups=await self._scrutiny.empty_groups(admin, admin.book, draft.book),
            not_served=not_served(draft.book, self._platforms),
            meanwhile=meanwhile,
            waits=waits,
        )

    async def save(self, command: SavePolicies, close: CloseCommand) -> Outcome:
        """Save a draft. Outdated, and nothing saved, when others have changed the policies since it was shown."""
        admin = await self._admins.require(command.actor, acts=True)
        why = command.why.strip()[:LONGEST_WHY]
        if not visible(why):
            raise Refused(Refusal(Reason.WHY_MISSING, Field.WHY))
        draft = await self.own(admin, command.draft)
        if draft.based_on != admin.book.revision:
            return await self._outdated(close)
        wrong = await self._scrutiny.faults(admin, admin.book, draft.book, fresh=True)
        if wrong:
            await self._note(admin, wrong)
            raise Refused(*wrong)
        waits = await self._policies.waits(admin.book, draft.book, admin.names.organization)
        if waits and differences(admin.book, draft.book):
            await self._refuse_alone(admin)
            return await self._propose(admin, draft, why, waits, close, command.actor)
        await self._scrutiny.join(await self._scrutiny.channels(admin.book, draft.book))

        async def finish(unit: UnitOfWork, stored: PolicyBook) -> None:
            await self._refuse_revoked(unit, command.actor)
            await close(unit, Outcome(Result.SAVED, revision=stored.revision))

        try:
            saved = await self._policies.apply(
                draft.book, based_on=draft.based_on, author=admin.actor, why=why, also=finish
            )
        except Conflict:
            if (await self._policies.current()).revision == draft.based_on:
                raise  # not about policies: this command was done by another
            return await self._outdated(close)
        return Outcome(Result.SAVED, revision=saved.revision)

    async def _refuse_alone(self, admin: AdminContext) -> None:
        alone = await self._scrutiny.nobody_else(admin)
        if alone:
            await self._note(admin, alone)
            raise Refused(*alone)

    async def _propose(
        self,
        admin: AdminContext,
        draft: Draft,
        why: str,
        because: Sequence[Widening],
        close: CloseCommand,
        by: ChatUser,
    ) -> Outcome:
        """It widens: another admin has to approve it (rule 25)."""
        outcome = Outcome(Result.PROPOSED)

        async def finish(unit: UnitOfWork) -> None:
            await self._refuse_revoked(unit, by)
            await close(unit, outcome)

        try:
            await self._policies.propose(
                draft.book, based_on=draft.based_on, author=admin.actor, why=why, because=because, also=finish
            )
        except Conflict:
            if (await self._policies.current()).revision == draft.based_on:
                raise
            return await self._outdated(close)
        return outcome

    async def _refuse_revoked(self, unit: UnitOfWork, by: ChatUser) -> None:
        """Judging a change takes seconds: whoever has revoked its token meanwhile sees nothing of it come after."""
        number = token_id(by)
        token = None if number is None else await unit.api_tokens.get(number)
        objection = None if token is None else token.objection(self._clock.now())
        if objection is not None:
            raise Refused(objection)

    async def forget(self) -> None:
        """Forget what nobody has saved."""
        async with self._open_unit() as unit:
            await unit.drafts.prune(self._clock.now() - KEEP)
            await unit.commit()

    # --- drafts ------------------------------------------------------------------------------------

    async def _caught_up(self, admin: AdminContext, draft: Draft) -> tuple[Draft, tuple[RevisionEntry, ...]]:
        base = await self.book_at(draft.based_on)
        merged = merge(base, draft.book, admin.book)
        return await self.keep(admin, merged, admin.book.revision), await self._policies.since(draft.based_on)

    async def _outdated(self, close: CloseCommand) -> Outcome:
        outcome = Outcome(Result.OUTDATED)
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome

    async def _note(self, admin: AdminContext, wrong: tuple[Refusal, ...]) -> None:
        """Record a refusal in the audit trail (rule 23)."""
        facts = {"reasons": [refusal.reason.value for refusal in wrong]}
        async with self._open_unit() as unit:
            event = AuditEvent("policies.refused", self._clock.now(), admin.actor, None, admin.book.revision, facts)
            await unit.refusals.note(event, about_reasons(wrong))
            await unit.commit()

    # --- judging -----------------------------------------------------------------------------------

    async def _policy_context(
        self, admin: AdminContext, after: PolicyBook
    ) -> tuple[tuple[Refusal, ...], tuple[Conversation, ...], PolicyImpact]:
        return await asyncio.gather(
            self._scrutiny.faults(admin, admin.book, after),
            self._scrutiny.channels(admin.book, after),
            self._foreseeing.effects(admin.book, after, admin.names),
        )
