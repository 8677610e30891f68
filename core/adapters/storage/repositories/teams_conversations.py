"""Conversations in Microsoft Teams, as they were learnt, and whose turn it is to write there."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.teams_tables import TeamsConversationRow
from core.ports import ConversationKind, LearntConversation

_KEY, _NOTED = ("tenant", "conversation"), ("email", "home_card")
_tenant, _conversation = col(TeamsConversationRow.tenant), col(TeamsConversationRow.conversation)
_seen_at, _turn_of = col(TeamsConversationRow.seen_at), col(TeamsConversationRow.turn_of)
_MOST = 500
"""Channels of a team: Teams allows a thousand, most of which no policy names."""


class SqlTeamsConversations:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def put(self, learnt: LearntConversation) -> None:
        columns = _columns(learnt)
        changed = {name: value for name, value in columns.items() if name not in {*_KEY, *_NOTED}}
        new = self._session.insert(TeamsConversationRow).values(**columns, turn_of="")
        await self._session.run(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))

    async def note(
        self, tenant: str, conversation: str, *, email: str | None = None, home_card: str | None = None
    ) -> None:
        same = (_tenant == tenant, _conversation == conversation)
        given = zip(_NOTED, (email, home_card), strict=True)
        noted = {name: value for name, value in given if value is not None}
        await self._session.run(update(TeamsConversationRow).where(*same).values(**noted))

    async def get(self, tenant: str, conversation: str) -> LearntConversation | None:
        return next(iter(await self._found(1, _tenant == tenant, _conversation == conversation)), None)

    async def of_user(self, tenant: str, user: str) -> LearntConversation | None:
        found = await self._found(1, _tenant == tenant, col(TeamsConversationRow.chat_user) == user)
        return next(iter(found), None)

    async def of_email(self, tenant: str, email: str) -> Sequence[LearntConversation]:
        return await self._found(10, _tenant == tenant, col(TeamsConversationRow.email) == email)

    async def of_team(self, tenant: str, team: str) -> Sequence[LearntConversation]:
        return await self._found(_MOST, _tenant == tenant, col(TeamsConversationRow.team) == team)

    async def channels(self, tenant: str, limit: int) -> Sequence[LearntConversation]:
        is_channel = col(TeamsConversationRow.kind) == ConversationKind.CHANNEL.value
        return await self._found(limit, _tenant == tenant, is_channel, col(TeamsConversationRow.installed).is_(True))

    async def newest(self, tenant: str) -> LearntConversation | None:
        return next(iter(await self._found(1, _tenant == tenant, col(TeamsConversationRow.service_url) != "")), None)

    async def hold(self, tenant: str, conversation: str, by: str, now: datetime, lease: timedelta) -> bool:
        is_free = or_(_turn_of == by, self._session.is_free(col(TeamsConversationRow.turn_until), now))
        until = self._session.leases.dated(now) + lease
        taken = update(TeamsConversationRow).where(_tenant == tenant, _conversation == conversation, is_free)
        return await self._session.run(taken.values(turn_of=by, turn_until=until)) > 0

    async def release(self, tenant: str, conversation: str, by: str) -> None:
        held = (_tenant == tenant, _conversation == conversation, _turn_of == by)
        await self._session.run(update(TeamsConversationRow).where(*held).values(turn_of="", turn_until=None))

    async def _found(self, limit: int, *wanted: ColumnElement[bool]) -> Sequence[LearntConversation]:
        order = (_seen_at.desc(), _conversation)
        rows = await self._session.all(select(TeamsConversationRow).where(*wanted).order_by(*order).limit(limit))
        return tuple(map(_learnt, rows))


def _columns(learnt: LearntConversation) -> dict[str, object]:
    return {
        "tenant": learnt.tenant,
        "conversation": learnt.id,
        "kind": learnt.kind.value,
        "service_url": learnt.service_url,
        "seen_at": learnt.seen_at,
        "installed": learnt.installed,
        "chat_user": learnt.user,
        "mri": learnt.mri,
        "email": learnt.email,
        "zone": learnt.zone,
        "name": learnt.name,
        "team": learnt.team,
        "team_name": learnt.team_name,
        "team_group": learnt.team_group,
        "channel_type": learnt.channel_type,
        "archived": learnt.archived,
        "home_card": learnt.home_card,
    }


def _learnt(row: TeamsConversationRow) -> LearntConversation:
    return LearntConversation(
        tenant=row.tenant,
        id=row.conversation,
        kind=ConversationKind(row.kind),
        service_url=row.service_url,
        seen_at=row.seen_at,
        installed=row.installed,
        user=row.chat_user,
        mri=row.mri,
        email=row.email,
        zone=row.zone,
        name=row.name,
        team=row.team,
        team_name=row.team_name,
        team_group=row.team_group,
        channel_type=row.channel_type,
        archived=row.archived,
        home_card=row.home_card,
    )
