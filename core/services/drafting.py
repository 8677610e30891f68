"""Changing policies and settings: drafted, looked at with everything it would do, and then saved as a revision.

A draft is a whole book, made from the revision that its author saw. When others have saved in between, what the
author changed is put on top of what they did, and shown again: nothing is overwritten that nobody has seen.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from core.domain.audit import AuditEvent
from core.domain.effects import Effects
from core.domain.errors import Conflict, Field, Reason, Refusal, Refused
from core.domain.ids import ConversationId
from core.domain.outcome import Outcome, Result
from core.domain.people import ChatUser
from core.domain.policy import PolicyBook
from core.domain.policy_diff import PartChange, differences
from core.domain.policy_faults import LONGEST_WHY, Obstacle, channel_fault, faults, lockout
from core.domain.policy_merge import merge
from core.domain.standing import named_by, settings_names
from core.ports import Act, ChatDirectory, Clock, Conversation, Draft, OpenUnit, PrincipalDirectory, UnitOfWork
from core.services.admins import Admins, Seat
from core.services.foreseeing import Foreseeing
from core.services.policies import Entry, Policies
from core.services.recording import Close, about_reasons

KEEP = timedelta(days=1)
"""How long a draft may wait to be saved."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft with everything there is to know before it is saved."""

    seat: Seat
    draft: Draft
    changes: tuple[PartChange, ...]
    effects: Effects
    faults: tuple[Refusal, ...] = ()
    joins: tuple[Conversation, ...] = ()
    """Public channels that the bot joins when this is saved."""
    posts: tuple[Conversation, ...] = ()
    """Channels that come into a policy, and in which the bot can post already."""
    meanwhile: tuple[Entry, ...] = ()
    """What others have saved since the author began."""

    @property
    def may_be_saved(self) -> bool:
        return bool(self.changes) and not self.faults


class Drafting:
    def __init__(
        self,
        open_unit: OpenUnit,
        admins: Admins,
        policies: Policies,
        directory: PrincipalDirectory,
        chat: ChatDirectory,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._admins = admins
        self._policies = policies
        self._foreseeing = Foreseeing(open_unit, directory)
        self._chat = chat
        self._clock = clock

    async def keep(self, seat: Seat, book: PolicyBook, based_on: int) -> Draft:
        """Keep a changed book, so that nothing that was typed is lost, whatever is wrong with it."""
        labelled = replace(book, labels=seat.names.labels(book))
        async with self._open_unit() as unit:
            draft = await unit.drafts.add(Draft(seat.person.id, labelled, based_on, self._clock.now()))
            await unit.commit()
        return draft

    async def restore(self, seat: Seat, revision: int) -> Draft:
        """A draft with everything as it was at a revision. What is impossible by now shows in its preview."""
        found = await self._policies.revision(revision)
        if found is None:
            raise Refused(Refusal(Reason.REVISION_UNKNOWN))
        return await self.keep(seat, found.book, seat.book.revision)

    async def book_at(self, revision: int) -> PolicyBook:
        """The book that a form was opened with."""
        if revision == 0:
            return PolicyBook()
        found = await self._policies.revision(revision)
        if found is None:
            raise Refused(Refusal(Reason.REVISION_UNKNOWN))
        return found.book

    async def own(self, seat: Seat, draft_id: int) -> Draft:
        """A draft of this admin. Refused for anybody else's as for one that is forgotten."""
        async with self._open_unit() as unit:
            draft = await unit.drafts.get(draft_id)
        if draft is None or draft.author != seat.person.id:
            raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
        return draft

    async def preview(self, chat_user: ChatUser, draft_id: int) -> Preview:
        """Look at a draft again."""
        seat = await self._admins.enter(chat_user)
        return await self.look(seat, await self.own(seat, draft_id))

    async def look(self, seat: Seat, draft: Draft) -> Preview:
        """Say what saving would do. Others' changes in between are taken in, and a new draft is made of both."""
        meanwhile: tuple[Entry, ...] = ()
        if draft.based_on != seat.book.revision:
            draft, meanwhile = await self._caught_up(seat, draft)
        wrong, channels, done = await self._judge(seat, draft.book)
        return Preview(
            seat=seat,
            draft=draft,
            changes=differences(seat.book, draft.book),
            effects=done,
            faults=wrong,
            joins=tuple(channel for channel in channels if channel.obstacle is Obstacle.BOT_IS_OUTSIDE),
            posts=tuple(channel for channel in channels if channel.obstacle is None),
            meanwhile=meanwhile,
        )

    async def save(self, act: Act, close: Close) -> Outcome:
        """Save a draft. Outdated, and nothing saved, when others have changed the policies since it was shown."""
        seat = await self._admins.enter(act.actor)
        why = str(act.payload.get("why") or "").strip()[:LONGEST_WHY]
        if not why:
            raise Refused(Refusal(Reason.WHY_MISSING, Field.WHY))
        draft = await self.own(seat, _draft_id(act))
        if draft.based_on != seat.book.revision:
            return await self._outdated(close)
        wrong = await self._faults(seat, seat.book, draft.book, fresh=True)
        if wrong:
            await self._note(seat, wrong)
            raise Refused(*wrong)
        await self._join(await self._channels(seat.book, draft.book))

        async def finish(unit: UnitOfWork, stored: PolicyBook) -> None:
            await close(unit, Outcome(Result.SAVED, revision=stored.revision))

        try:
            saved = await self._policies.apply(
                draft.book, based_on=draft.based_on, author=seat.actor, why=why, also=finish
            )
        except Conflict:
            if (await self._policies.current()).revision == draft.based_on:
                raise  # not about policies: this act was done by another
            return await self._outdated(close)
        return Outcome(Result.SAVED, revision=saved.revision)

    async def forget(self) -> None:
        """Forget what nobody has saved."""
        async with self._open_unit() as unit:
            await unit.drafts.prune(self._clock.now() - KEEP)
            await unit.commit()

    # --- drafts ------------------------------------------------------------------------------------

    async def _caught_up(self, seat: Seat, draft: Draft) -> tuple[Draft, tuple[Entry, ...]]:
        base = await self.book_at(draft.based_on)
        merged = merge(base, draft.book, seat.book)
        return await self.keep(seat, merged, seat.book.revision), await self._policies.since(draft.based_on)

    async def _outdated(self, close: Close) -> Outcome:
        outcome = Outcome(Result.OUTDATED)
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome

    async def _note(self, seat: Seat, wrong: tuple[Refusal, ...]) -> None:
        """What was refused is on record too (rule 23)."""
        facts = {"reasons": [refusal.reason.value for refusal in wrong]}
        async with self._open_unit() as unit:
            event = AuditEvent("policies.refused", self._clock.now(), seat.actor, None, seat.book.revision, facts)
            await unit.refusals.note(event, about_reasons(wrong))
            await unit.commit()

    # --- judging -----------------------------------------------------------------------------------

    async def _judge(
        self, seat: Seat, after: PolicyBook
    ) -> tuple[tuple[Refusal, ...], tuple[Conversation, ...], Effects]:
        return await asyncio.gather(
            self._faults(seat, seat.book, after),
            self._channels(seat.book, after),
            self._foreseeing.effects(seat.book, after, seat.names),
        )

    async def _faults(
        self, seat: Seat, before: PolicyBook, after: PolicyBook, *, fresh: bool = False
    ) -> tuple[Refusal, ...]:
        """Everything that is impossible about a change, what nobody bears the name of included.

        ``fresh`` asks AWS who is in the groups: when it is saved.
        """
        changed = [policy for policy in after.approval if policy not in before.approval]
        groups = {group for policy in changed for group in policy.approver_groups}
        if after.settings.admin_group != before.settings.admin_group and after.settings.admin_group:
            groups.add(after.settings.admin_group)
        members, channels = await asyncio.gather(
            self._foreseeing.members(groups, fresh=fresh), self._channels(before, after)
        )
        disabled = seat.names.unable(after)
        locked_out = lockout(before.settings, after.settings, members, disabled, seat.person)
        found = (
            *faults(before, after, members, disabled),
            *_gone(seat, before, after),
            locked_out,
            *_barred(channels, before, after),
        )
        return tuple(fault for fault in found if fault is not None)

    async def _channels(self, before: PolicyBook, after: PolicyBook) -> tuple[Conversation, ...]:
        """The channels that a change brings into a policy, as they are now."""
        new = sorted(_channels_of(after) - _channels_of(before))
        return tuple(await asyncio.gather(*(self._chat.conversation(channel) for channel in new)))

    async def _join(self, channels: Iterable[Conversation]) -> None:
        """Before the policies are saved, because a card must find its way; joining twice does no harm."""
        for channel in channels:
            if channel.obstacle is Obstacle.BOT_IS_OUTSIDE:
                await self._chat.join(channel.id)


def _channels_of(book: PolicyBook) -> set[ConversationId]:
    return {channel for policy in book.approval for channel in policy.channels}


def _barred(channels: Iterable[Conversation], before: PolicyBook, after: PolicyBook) -> Iterator[Refusal | None]:
    """Channels in which no card can stand, each on the policies that bring it in."""
    changed = [policy for policy in after.approval if policy not in before.approval]
    for channel in channels:
        for policy in changed:
            if channel.id in policy.channels:
                yield channel_fault(channel.obstacle, channel.name or channel.id, (policy.name,))


def _gone(seat: Seat, before: PolicyBook, after: PolicyBook) -> Iterator[Refusal]:
    """What a change names anew and is not there. What was named already is a standing warning."""
    old = {(type(policy), policy.name): policy for policy in before.policies}
    for policy in after.policies:
        was = old.get((type(policy), policy.name))
        known = named_by(was) if was else {}
        for field, ids in named_by(policy).items():
            new = set(ids) - set(known.get(field, ()))
            for missing in seat.names.gone(field, new):
                yield Refusal(Reason.IS_GONE, field, (policy.name,), detail=after.label(missing))
    yield from _gone_from_settings(seat, before, after)


def _gone_from_settings(seat: Seat, before: PolicyBook, after: PolicyBook) -> Iterator[Refusal]:
    old, new = settings_names(before), settings_names(after)
    for field, ids in new.items():
        for missing in seat.names.gone(field, set(ids) - set(old[field])):
            yield Refusal(Reason.IS_GONE, field, detail=after.label(missing))


def _draft_id(act: Act) -> int:
    found = act.payload.get("draft")
    return found if isinstance(found, int) else 0
