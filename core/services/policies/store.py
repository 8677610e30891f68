"""The store of policies and settings: one revision after another, each with author, reason, before and after."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Conflict
from core.domain.ids import GroupId
from core.domain.notice_content import PoliciesChanged, PoliciesWaiting
from core.domain.organization import Organization
from core.domain.people import Group
from core.domain.policy import PolicyBook
from core.domain.policy_diff import PartChange, differences, recorded
from core.domain.policy_notices import change_of, notices_of_change
from core.domain.request import Actor
from core.domain.settings import PolicyChanges, Settings
from core.domain.widening import Widening, widens
from core.ports import Clock, OpenUnit, PrincipalDirectory, Proposal, Revision, UnitOfWork

INSTALLATION = Actor(name="installation")
PAGE = 10
PROPOSAL_KEPT = timedelta(days=7)
"""The time for which a change waits for a second admin."""

log = structlog.get_logger()

Also = Callable[[UnitOfWork, PolicyBook], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two books, by name of policy or setting."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """One revision, and what it changed."""

    revision: Revision
    changes: tuple[PartChange, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``more``: there are older ones."""

    entries: tuple[RevisionEntry, ...]
    more: bool


class PolicyStore:
    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._clock = clock

    async def current(self) -> PolicyBook:
        async with self._open_unit() as unit:
            return await unit.policies.current()

    async def revision(self, number: int) -> Revision | None:
        """One revision; the empty book is revision 0."""
        async with self._open_unit() as unit:
            return await unit.policies.get(number)

    async def history(self, before: int | None = None) -> HistoryPage:
        """Ten revisions, newest first, each with what it changed in the one before it."""
        async with self._open_unit() as unit:
            found = await unit.policies.history(PAGE + 1, before)
        books = [revision.book for revision in found] + [PolicyBook()]
        entries = [
            RevisionEntry(each, differences(books[index + 1], each.book)) for index, each in enumerate(found[:PAGE])
        ]
        return HistoryPage(tuple(entries), more=len(found) > PAGE)

    async def since(self, revision: int) -> tuple[RevisionEntry, ...]:
        """The revisions after one, newest first; the last ten of it."""
        page = await self.history()
        return tuple(entry for entry in page.entries if entry.revision.book.revision > revision)

    async def unseen(self, known: int | None) -> tuple[RevisionEntry, ...]:
        """Revisions that the author of a file has not seen, newest first, ten at most.

        ``known``: the newest revision that the file knows of. Without it, what people changed in chat since the
        last revision that came from a file.
        """
        if known is not None:
            return await self.since(known)
        newest = (await self.history()).entries
        return tuple(takewhile(lambda entry: entry.revision.author.chat_user is not None, newest))

    async def apply(
        self,
        book: PolicyBook,
        *,
        based_on: int,
        author: Actor,
        why: str = "",
        also: Also | None = None,
        approved_by: Actor | None = None,
    ) -> PolicyBook:
        """Store a book as the next revision. Conflict when another was stored since ``based_on`` was read.

        ``also`` is done in the same transaction, whether or not anything is changed. Whether a second admin has to
        approve is the caller's to ask: ``waits``.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            before = await unit.policies.current()
            if before.revision != based_on:
                raise Conflict(f"The policies were changed in between: revision {before.revision}, not {based_on}.")
            after = replace(book, revision=before.revision + 1)
            difference = compare(before, after)
            if difference.is_empty:
                if also is not None:
                    await also(unit, before)
                    await unit.commit()
                return before
            await unit.policies.add(Revision(after, now, author, why))
            facts = {
                "why": why,
                "added": list(difference.added),
                "removed": list(difference.removed),
                "changed": list(difference.changed),
                "fields": recorded(differences(before, after)),
                **({"approved_by": recorded_actor(approved_by)} if approved_by else {}),
            }
            await unit.outbox.put(notices_of_change(_changed(before, after, author, why, approved_by)), now)
            if also is not None:
                await also(unit, after)
            await unit.audit.append(AuditEvent("policies.changed", now, author, None, after.revision, facts))
            await unit.commit()
        return after

    async def waits(self, before: PolicyBook, after: PolicyBook, organization: Organization) -> tuple[Widening, ...]:
        """The reasons why a change has to wait for a second admin; empty when it does not (rule 25)."""
        if before.settings.policy_changes is not PolicyChanges.SECOND_ADMIN:
            return ()
        return await asyncio.to_thread(widens, before, after, organization)

    async def propose(
        self,
        book: PolicyBook,
        *,
        based_on: int,
        author: Actor,
        why: str,
        because: Sequence[Widening],
        also: Callable[[UnitOfWork], Awaitable[None]] | None = None,
    ) -> Proposal:
        """File a change that waits for a second admin, and tell them. Conflict as in ``apply``."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            before = await unit.policies.current()
            if before.revision != based_on:
                raise Conflict(f"The policies were changed in between: revision {before.revision}, not {based_on}.")
            filed = await unit.proposals.add(Proposal(book, based_on, author, why, now, now + PROPOSAL_KEPT))
            change = change_of(before, book, author, why)
            waiting = PoliciesWaiting(change, filed.id, tuple(because), filed.expires_at)
            await unit.outbox.put(notices_of_change(waiting), now)
            if also is not None:
                await also(unit)
            recorded_facts = {
                "why": why,
                "proposal": filed.id,
                "because": [str(reason) for reason in because],
                "fields": recorded(differences(before, book)),
            }
            await unit.audit.append(AuditEvent("policies.proposed", now, author, None, based_on, recorded_facts))
            await unit.commit()
        return filed

    async def install(self, admin_group: str, auditor_group: str) -> PolicyBook:
        """On the first start: settings with the groups that the environment names, by display name or id.

        Later starts change nothing.

        A group has to exist by then. A name that was looked for in vain is not looked for again: whoever may make a
        group could make one of that name, and be an admin. Another name is, so that a misspelt one can be mended.
        """
        async with self._open_unit() as unit:
            newest = next(iter(await unit.policies.history(1)), None)
        book = newest.book if newest else PolicyBook()
        old, named = book.settings, (admin_group, auditor_group)
        missing = [
            name for name, held in zip(named, (old.admin_group, old.auditor_group), strict=True) if name and not held
        ]
        if not missing or (newest and (newest.author != INSTALLATION or newest.why == _first_start(missing))):
            return book
        every = await self._directory.groups()
        groups = {group.name: group for group in every} | {str(group.id): group for group in every}
        found = [groups[name] for name in missing if name in groups]
        absent = [name for name in missing if name not in groups]
        if absent:
            log.error("group does not exist: make it, then name it with teambot policy apply", groups=absent)
        settings = replace(
            old,
            admin_group=old.admin_group or _id(groups.get(admin_group)),
            auditor_group=old.auditor_group or _id(groups.get(auditor_group)),
        )
        labels: dict[str, str] = {**book.labels, **{group.id: group.name for group in found}}
        after = replace(book, settings=settings, labels=labels)
        if not found:
            return await self._note_first_start(after, _first_start(absent))
        return await self.apply(after, based_on=book.revision, author=INSTALLATION, why=_first_start(absent))

    async def _note_first_start(self, book: PolicyBook, why: str) -> PolicyBook:
        """Store that the groups were looked for, though nothing comes of it."""
        now = self._clock.now()
        after = replace(book, revision=book.revision + 1)
        async with self._open_unit() as unit:
            await unit.policies.add(Revision(after, now, INSTALLATION, why))
            facts = {"why": why}
            await unit.outbox.put(notices_of_change(_changed(book, after, INSTALLATION, why)), now)
            await unit.audit.append(AuditEvent("policies.changed", now, INSTALLATION, None, after.revision, facts))
            await unit.commit()
        return after


def _first_start(absent: Sequence[str]) -> str:
    """The reason of a revision that the first start makes: by it the next one knows what was looked for."""
    return f"first start, without {', '.join(sorted(absent))}: no such group" if absent else "first start"


def recorded_actor(actor: Actor) -> dict[str, object]:
    return {"name": actor.name, "principal_id": actor.principal_id}


def _changed(
    before: PolicyBook, after: PolicyBook, author: Actor, why: str, approved_by: Actor | None = None
) -> PoliciesChanged:
    """The notice of a revision. When another admin approved it, its author is told, and that admin is not."""
    change = change_of(before, after, author, why)
    if approved_by is None:
        return PoliciesChanged(change)
    return PoliciesChanged(replace(change, not_told=approved_by.principal_id), approved_by.name)


def _id(group: Group | None) -> GroupId | None:
    return group.id if group else None


def keep_personas(before: PolicyBook, after: PolicyBook) -> PolicyBook:
    """Keep the admin and auditor groups that a document does not name: leaving them out must lock nobody out."""
    admin = after.settings.admin_group or before.settings.admin_group
    auditor = after.settings.auditor_group or before.settings.auditor_group
    kept: dict[str, str] = {
        group: before.label(group) for group in (admin, auditor) if group and group not in after.labels
    }
    settings = replace(after.settings, admin_group=admin, auditor_group=auditor)
    return replace(after, settings=settings, labels={**after.labels, **kept})


def compare(before: PolicyBook, after: PolicyBook) -> Difference:
    """Name what differs: ``settings.max_duration``, ``eligibility.payments-engineers``."""
    old, new = _parts(before), _parts(after)
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
    )


def _parts(book: PolicyBook) -> dict[str, object]:
    settings = {f"settings.{name}": getattr(book.settings, name) for name in Settings.__dataclass_fields__}
    eligibility = {f"eligibility.{policy.name}": policy for policy in book.eligibility}
    approval = {f"approval.{policy.name}": policy for policy in book.approval}
    bundles = {f"bundles.{bundle.name}": bundle for bundle in book.bundles}
    return {**settings, **eligibility, **approval, **bundles}
