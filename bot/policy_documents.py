"""Policies as documents: read with every name looked up, written with the names of now, and warned of."""

import asyncio
from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.compose import Infrastructure
from bot.progress import shown
from core.adapters.policy_file.names import FileNames, wanted
from core.adapters.policy_file.reading import Document, read
from core.adapters.policy_file.resolving import resolve
from core.adapters.policy_file.writing import write
from core.domain.conversations import on_platforms
from core.domain.errors import InvalidPolicies, Problem
from core.domain.group_targets import not_joined
from core.domain.ids import AccountId
from core.domain.organization import Organization
from core.domain.policy import PolicyBook
from core.domain.policy_validation import (
    capped,
    empty_groups,
    gone_from_bundles,
    lacking,
    not_served,
    out_of_reach,
)
from core.ports import ChatPlatforms, Conversation
from core.services.policies.names import place_names
from handlers.words import policy_words

JUST_READ = timedelta(seconds=30)
MOST_CHANNELS = 500
"""Channels that a running bot looks at for one document: the chat platform is asked for each, and others wait."""
NO_ORGANIZATION = Organization({}, {}, {}, AccountId(""), datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class LivePolicyDocuments:
    """The documents of a running bot, which knows its chat platforms.

    A large one takes seconds, so it is read and written in a thread, and one at a time: threads are few, and others
    need them too.
    """

    base: Infrastructure
    chats: ChatPlatforms
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self, text: str) -> PolicyBook:
        """Raises InvalidPolicies with all problems."""
        async with self._turn:
            document = await asyncio.to_thread(read, text)
        named = len(wanted(document).channels)
        if named > MOST_CHANNELS:
            said = (
                f"{named} channels are named, and {MOST_CHANNELS} can be looked at here: use `teambot policy` instead"
            )
            raise InvalidPolicies([Problem(1, said)])
        return await read_policies(self.base, self.chats, document, self.chats.names)

    async def write(self, book: PolicyBook) -> str:
        organization = await self.base.rules.organizations.current()
        async with self._turn:
            return await asyncio.to_thread(write, book, organization)

    async def warnings(self, book: PolicyBook) -> Sequence[str]:
        return await warnings_of(self.base, book, self.chats.names)


async def read_policies(
    base: Infrastructure, chats: ChatPlatforms, document: Document, platforms: AbstractSet[str]
) -> PolicyBook:
    """Look up every name that a policy file mentions, and resolve; InvalidPolicies with all problems at once.

    Names are looked for in the snapshot that the bot keeps; what is missing there, in the organization as it is now.
    """
    async with shown("Reading the organization"):
        await base.rules.organizations.refresh()
    known = await base.rules.organizations.current()
    try:
        book = await _resolved(base, chats, document, platforms)
    except InvalidPolicies:
        if base.clock.now() - known.taken_at < JUST_READ:
            raise
        async with shown("Reading the organization once more"):
            await base.rules.organizations.refresh(force=True)
        book = await _resolved(base, chats, document, platforms)
    return replace(book, labels={**place_names(await base.rules.organizations.current(), book), **book.labels})


async def _resolved(
    base: Infrastructure, chats: ChatPlatforms, document: Document, platforms: AbstractSet[str]
) -> PolicyBook:
    return await asyncio.to_thread(resolve, document, await _look_up(base, chats, document, platforms))


async def _look_up(
    base: Infrastructure, chats: ChatPlatforms, document: Document, platforms: AbstractSet[str]
) -> FileNames:
    mentioned = wanted(document)
    async with shown("Reading users and groups"):
        await base.directory.refresh()
        groups = await base.directory.groups()
        deciding = [group.id for group in groups if mentioned.decides(group)]
        members = {group: await base.directory.members_of(group) for group in deciding}
        principals = [*await base.directory.everybody()]
        for member in sorted(frozenset().union(*members.values()) - {principal.id for principal in principals}):
            principals += filter(None, [await base.directory.principal(member)])
    conversations = list[Conversation]()
    async with shown("Looking at channels") as at:
        channels = on_platforms(sorted(mentioned.channels), platforms)
        for number, channel in enumerate(channels, start=1):
            conversations.append(await chats.at(channel).directory.conversation(channel))
            at(number, len(channels))
    return FileNames.of(
        await base.rules.organizations.current(),
        principals,
        groups,
        members=members,
        conversations=conversations,
        platforms=platforms,
    )


async def warnings_of(base: Infrastructure, book: PolicyBook, platforms: Container[str]) -> list[str]:
    """Warnings of things that are no mistakes and yet may surprise. ``platforms``: those that are configured."""
    organization = await base.rules.organizations.current()
    said = [policy_words.lacking(section) for section in lacking(book)]
    said += [policy_words.capped(name, promised, book.settings.max_duration) for name, promised in capped(book)]
    for policy, sets in out_of_reach(book, organization):
        said.append(policy_words.out_of_reach(policy, [organization.permission_sets[arn].name for arn in sets]))
    for lost in gone_from_bundles(book, organization):
        called = f"{book.label(lost.target.permission_set)} in {lost.target.account}"
        said.append(policy_words.gone_from_bundle(lost.bundle, lost.place, called))
    synchronized = frozenset(group.id for group in await base.directory.groups() if group.is_synchronized)
    for joined, reason, of in not_joined(book, synchronized):
        said.append(policy_words.not_joined(joined.name, [book.label(group) for group in of], reason))
    said += [policy_words.not_served(policy, channels) for policy, channels in not_served(book, platforms)]
    groups = {group for policy in book.approval for group in policy.approver_groups}
    members = {group: await base.directory.members_of(group) for group in sorted(groups)}
    disabled = {principal.id for principal in await base.directory.everybody() if not principal.enabled}
    for policy, without in empty_groups(book, members, disabled):
        said.append(policy_words.empty_groups(policy, [book.label(group) for group in without]))
    return said
