"""Home screens: who has one open, and whose is to be drawn anew when a request changes.

All of it is best effort: a Home that nobody draws anew is right again when it is next opened.
"""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from core.domain.approval import approval_for
from core.domain.errors import Refused, Upstream
from core.domain.ids import PrincipalId
from core.domain.notices import Notice, Topic, home_of, homes_of_approvers
from core.domain.people import ChatUser
from core.domain.request import Request
from core.ports import ChatPlatforms, Clock, OpenedHome, OpenUnit, PrincipalDirectory, UnitOfWork
from core.services.context.policy_context import PolicyContext

KEPT_FOR = timedelta(hours=12)
"""The time for which a Home is kept up to date after somebody looked at it."""
MOST_AT_ONCE = 20
"""People whose Home is drawn anew when what concerns all of a kind changes: those who looked last."""

log = structlog.get_logger()


class HomeRefresh:
    def __init__(
        self,
        open_unit: OpenUnit,
        policy_context: PolicyContext,
        directory: PrincipalDirectory,
        platforms: ChatPlatforms,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._policy_context = policy_context
        self._directory = directory
        self._platforms = platforms
        self._clock = clock

    async def note(self, chat_user: ChatUser, principal: PrincipalId, pages: str, said: str) -> None:
        """Remember that somebody looks at Home now, and what stands there."""
        async with self._open_unit() as unit:
            await unit.homes.put(OpenedHome(chat_user, principal, self._clock.now(), pages, said))
            await unit.commit()

    async def opened_by(self, chat_user: ChatUser) -> OpenedHome | None:
        async with self._open_unit() as unit:
            return await unit.homes.get(chat_user)

    async def of_principal(self, principal: PrincipalId) -> Sequence[OpenedHome]:
        """The Homes of one person that are kept up to date."""
        async with self._open_unit() as unit:
            return await unit.homes.of_principal(principal, self._clock.now() - KEPT_FOR)

    async def of_approvers(self, request: Request) -> Sequence[PrincipalId]:
        """Approvers of the request who have a Home open."""
        rules = await self._policy_context.rules()
        approval = approval_for(rules.book, rules.organization, request.target)
        groups = sorted(approval.groups)  # a few, known from drawing the card; those who look may be a hundred
        members = await asyncio.gather(*(self._directory.members_of(group) for group in groups))
        return await self.among(approval.approvers(dict(zip(groups, members, strict=True))))

    async def among(self, principals: Collection[PrincipalId]) -> Sequence[PrincipalId]:
        """Those of them who have a Home open."""
        return [principal for principal in await self._who_looks() if principal in principals][:MOST_AT_ONCE]

    async def redraw(self, principals: Iterable[PrincipalId]) -> None:
        """Not tried again: what is not drawn now is drawn when it is opened."""
        for principal in principals:
            for home in await self.of_principal(principal):
                await self._redraw(home.chat_user)

    async def _who_looks(self) -> Sequence[PrincipalId]:
        async with self._open_unit() as unit:
            opened = await unit.homes.opened(self._clock.now() - KEPT_FOR, MOST_AT_ONCE * 5)
        return tuple(dict.fromkeys(home.principal_id for home in opened))

    async def _redraw(self, chat_user: ChatUser) -> None:
        try:
            await self._platforms.at(chat_user).home_screens.redraw(chat_user)
        except (Upstream, Refused) as error:
            log.info("home not drawn anew", user=chat_user.user, because=str(error))
        except Exception:  # one Home that cannot be drawn stops none of the others
            log.exception("home met a fault", incident=secrets.token_hex(4), user=chat_user.user)


async def homes_to_redraw(
    unit: UnitOfWork, request: Request, topic: Topic, at: datetime, actor: PrincipalId | None, *, approvers: bool
) -> list[Notice]:
    """Notices for each Home that changes: the requester's, the actor's, and the approvers' where it concerns them."""
    since = at - KEPT_FOR
    concerned = dict.fromkeys(filter(None, (request.requester, actor)))
    notices = [
        home_of(principal, topic, request.id)
        for principal in concerned
        if await unit.homes.of_principal(principal, since)
    ]
    if approvers and await unit.homes.opened(since, 1):
        notices.append(homes_of_approvers(topic, request.id))
    return notices
