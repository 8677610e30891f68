"""Everything that is impossible about a change of policies, judged with what Identity Center and the chat say now."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.domain.conversations import on_platforms
from core.domain.errors import Reason, Refusal
from core.domain.ids import ConversationId, GroupId, PrincipalId
from core.domain.policy import PolicyBook
from core.domain.policy_validation import (
    Members,
    Obstacle,
    channel_fault,
    empty_groups,
    faults,
    lockout,
    no_second_admin,
)
from core.domain.policy_warnings import named_by, settings_names
from core.ports import ChatPlatforms, Conversation, PrincipalDirectory
from core.services.policies.admin_gate import AdminContext
from core.services.policies.impact_preview import members_of


class LiveValidation:
    def __init__(self, directory: PrincipalDirectory, platforms: ChatPlatforms) -> None:
        self._directory = directory
        self._platforms = platforms

    async def faults(
        self, admin: AdminContext, before: PolicyBook, after: PolicyBook, *, fresh: bool = False
    ) -> tuple[Refusal, ...]:
        """Everything that is impossible about a change, what nobody bears the name of included.

        ``fresh`` asks AWS who is in the groups: when it is saved.
        """
        changed = [policy for policy in after.approval if policy not in before.approval]
        groups = {group for policy in changed for group in policy.approver_groups}
        moved = ("admin_group", "policy_changes")
        if any(getattr(after.settings, name) != getattr(before.settings, name) for name in moved):
            groups |= {after.settings.admin_group} if after.settings.admin_group else set()
        members, channels = await asyncio.gather(
            members_of(self._directory, groups, fresh=fresh), self.channels(before, after)
        )
        disabled = admin.names.unable(after)
        admins = _about_admins(admin, before, after, members)
        group = after.settings.admin_group
        if any(admins) and group and not fresh:  # who has just joined is no reason to refuse
            members = {**members, **await members_of(self._directory, {group}, fresh=True)}
            admins = _about_admins(admin, before, after, members)
        found = (
            *faults(before, after, members, disabled),
            *_gone(admin, before, after),
            *admins,
            *_barred(channels, before, after),
        )
        return tuple(fault for fault in found if fault is not None)

    async def empty_groups(
        self, admin: AdminContext, before: PolicyBook, after: PolicyBook
    ) -> tuple[tuple[str, tuple[GroupId, ...]], ...]:
        """Approver groups without anybody, of policies that a change makes or changes: a warning."""
        changed = replace(after, approval=tuple(each for each in after.approval if each not in before.approval))
        groups = {group for policy in changed.approval for group in policy.approver_groups}
        return empty_groups(changed, await members_of(self._directory, groups), admin.names.unable(after))

    async def nobody_else(self, admin: AdminContext) -> tuple[Refusal, ...]:
        """Refuse a change that waits for another admin while there is none (rule 25). Who has just joined counts."""
        group = admin.book.settings.admin_group
        for fresh in (False, True):
            if await able_admins(self._directory, group, fresh=fresh) - {admin.person.id}:
                return ()
        return (Refusal(Reason.SECOND_ADMIN_MISSING),)

    async def channels(self, before: PolicyBook, after: PolicyBook) -> tuple[Conversation, ...]:
        """The channels that a change brings into a policy, as they are now."""
        new = on_platforms(sorted(_channels_of(after) - _channels_of(before)), self._platforms.names)
        return tuple(await asyncio.gather(*(self._look_at(channel) for channel in new)))

    async def _look_at(self, channel: ConversationId) -> Conversation:
        return await self._platforms.at(channel).directory.conversation(channel)

    async def join(self, channels: Iterable[Conversation]) -> None:
        """Before the policies are saved, because a card must find its way; joining twice does no harm."""
        for channel in channels:
            if channel.obstacle is Obstacle.BOT_IS_OUTSIDE:
                await self._platforms.at(channel.id).directory.join(channel.id)


async def able_admins(
    directory: PrincipalDirectory, group: GroupId | None, *, fresh: bool = True
) -> frozenset[PrincipalId]:
    """Everybody in the admin group who is enabled."""
    if group is None:
        return frozenset()
    ids = sorted(await directory.members_of(group, fresh=fresh))
    found = await asyncio.gather(*(directory.principal(each, fresh=fresh) for each in ids))
    return frozenset(principal.id for principal in found if principal is not None and principal.enabled)


def _about_admins(
    admin: AdminContext, before: PolicyBook, after: PolicyBook, members: Members
) -> tuple[Refusal | None, Refusal | None]:
    """Refusals if the author would lose the role, or changes would wait for somebody who isn't there."""
    disabled, (old, new) = admin.names.unable(after), (before.settings, after.settings)
    return lockout(old, new, members, disabled, admin.person), no_second_admin(old, new, members, disabled)


def _channels_of(book: PolicyBook) -> set[ConversationId]:
    return {channel for policy in book.approval for channel in policy.channels}


def _barred(channels: Iterable[Conversation], before: PolicyBook, after: PolicyBook) -> Iterator[Refusal | None]:
    """Channels in which no card can stand, each on the policies that bring it in."""
    changed = [policy for policy in after.approval if policy not in before.approval]
    for channel in channels:
        for policy in changed:
            if channel.id in policy.channels:
                yield channel_fault(channel.obstacle, channel.called, (policy.name,))


def _gone(admin: AdminContext, before: PolicyBook, after: PolicyBook) -> Iterator[Refusal]:
    """Ids that a change names and that do not exist. Ids named before are a warning."""
    old = {(type(policy), policy.name): policy for policy in before.policies}
    for policy in after.policies:
        was = old.get((type(policy), policy.name))
        known = named_by(was) if was else {}
        for field, ids in named_by(policy).items():
            new = set(ids) - set(known.get(field, ()))
            for missing in admin.names.gone(field, new):
                yield Refusal(Reason.IS_GONE, field, (policy.name,), detail=after.label(missing))
    yield from _gone_from_settings(admin, before, after)


def _gone_from_settings(admin: AdminContext, before: PolicyBook, after: PolicyBook) -> Iterator[Refusal]:
    old, new = settings_names(before), settings_names(after)
    for field, ids in new.items():
        for missing in admin.names.gone(field, set(ids) - set(old[field])):
            yield Refusal(Reason.IS_GONE, field, detail=after.label(missing))
