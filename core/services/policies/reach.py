"""Approvers and admins whom no message reaches: a bot may write to those alone whom its platform shows it."""

from collections.abc import Iterable

from core.domain.errors import Refused
from core.domain.ids import PrincipalId
from core.domain.policy import PolicyBook
from core.ports import ChatPlatforms, PrincipalDirectory
from core.services.context.identity import Identity
from core.services.policies.impact_preview import members_of


async def deciders(directory: PrincipalDirectory, book: PolicyBook) -> list[PrincipalId]:
    """Everybody enabled who approves by some policy, or is an admin. Raises Upstream."""
    groups = {group for policy in book.approval for group in policy.approver_groups}
    if book.settings.admin_group:
        groups.add(book.settings.admin_group)
    named = {user for policy in book.approval for user in policy.approver_users}
    members = (await members_of(directory, groups)).values()
    enabled = {user.id for user in await directory.everybody() if user.enabled}
    return sorted(named.union(*members) & enabled)


async def unreached(
    identity: Identity, platforms: ChatPlatforms, principals: Iterable[PrincipalId]
) -> list[PrincipalId]:
    """Those among them to whom nothing can be said now. Raises Upstream where a platform does not tell."""
    return [each for each in principals if not await _is_reached(identity, platforms, each)]


async def _is_reached(identity: Identity, platforms: ChatPlatforms, principal: PrincipalId) -> bool:
    """Somebody who is shown nowhere is a stranger to the bot: it cannot begin to write to them."""
    try:
        user = await identity.chat_user_of(principal)
    except Refused:
        return False
    if user is None or user.platform not in platforms.names:
        return False
    profile = await platforms.at(user).directory.profile(user)
    return not (profile.is_stranger or profile.is_deactivated)
