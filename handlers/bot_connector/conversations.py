"""The conversations of the bot: learnt from what arrives, since Teams tells nobody where to write.

The address of a conversation is the newest that Teams named: it "is stable but can change" (learn.microsoft.com, "Send
proactive messages").
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from typing import TypeVar

import structlog

from core.domain.errors import Side, Upstream, UpstreamBusy
from core.domain.freshness import is_younger
from core.domain.notice_content import ChannelsLost
from core.domain.notices import ADMINS, Form, Notice
from core.domain.outside_values import read_zone
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, ConversationKind, LearntConversation, MessageRef, OpenUnit
from handlers.bot_connector.activities import CHANNEL, PERSONAL, Activity, ChannelAccount
from handlers.bot_connector.clouds import Cloud
from handlers.bot_connector.connector import ConversationAddress

SEEN_EVERY = timedelta(hours=1)
"""The pause between notes that somebody is still there, when nothing else is new."""
REMEMBERED = 5000
GENERAL = "General"
"""Teams tells no name of that channel."""
_TEAM_EVENTS: dict[str, dict[str, bool]] = {
    "teamArchived": {"archived": True},
    "teamUnarchived": {"archived": False},
    "teamDeleted": {"installed": False},
    "teamHardDeleted": {"installed": False},
    "teamRestored": {"installed": True},
    "teamRenamed": {},
}
_CHANNEL_EVENTS: dict[str, dict[str, bool]] = {
    "channelCreated": {"installed": True},
    "channelRestored": {"installed": True},
    "channelRenamed": {},
    "channelDeleted": {"installed": False},
}
"""The meaning of events (learn.microsoft.com, "Conversation events in your Teams bot")."""

_T = TypeVar("_T")

_OF_ALL = frozenset({"installationUpdate", "conversationUpdate"})
"""Activities in which the bot comes into a team or leaves it; whatever else is sent tells of one channel."""

log = structlog.get_logger()


class ConversationBook:
    """The known conversations of one tenant, stored for all replicas."""

    def __init__(self, open_unit: OpenUnit, clock: Clock, cloud: Cloud, tenant: str) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._cloud = cloud
        self._tenant = tenant
        self._seen_in: OrderedDict[str, str] = OrderedDict()

    # --- learning ----------------------------------------------------------------------------------

    async def learn(self, activity: Activity) -> None:
        """Keep what an activity tells. When that fails the next one tells it again, and nobody is held up."""
        if not self._cloud.is_service(activity.service_url) or not activity.conversation.id:
            return
        try:
            if activity.conversation.kind == PERSONAL:
                await self._learn_person(activity)
            elif activity.conversation.kind == CHANNEL and activity.conversation.team:
                await self._learn_team(activity)
        except Upstream as error:
            log.warning("conversation not learnt", because=str(error))

    async def _learn_person(self, activity: Activity) -> None:
        person = _person(activity)
        known = await self.get(activity.conversation.id)
        if known is None and not person.entra:
            return
        before = known or self._new(activity, activity.conversation.id, ConversationKind.PERSONAL)
        installed = _installed(activity)
        learnt = replace(
            before,
            service_url=activity.service_url,
            installed=before.installed if installed is None else installed,
            user=person.entra or before.user,
            mri=person.mri or before.mri,
            zone=activity.zone or before.zone,
        )
        await self._keep(learnt, known)

    async def _learn_team(self, activity: Activity) -> None:
        talk = activity.conversation
        known = {each.id: each for each in await self.of_team(talk.team)}
        _bound(self._seen_in, activity.sender.entra, talk.id)
        installed = _installed(activity)
        about = talk.channel or talk.id
        there = {} if installed is None else {"installed": installed}
        is_of_team = activity.kind in _OF_ALL
        of_all = {**(there if is_of_team else {}), **_TEAM_EVENTS.get(activity.event, {})}
        of_one = {**there, **of_all, **_CHANNEL_EVENTS.get(activity.event, {})}
        was_in = any(each.installed for each in known.values())
        for channel in {*known, talk.team, about} if of_all or activity.event in _TEAM_EVENTS else {about}:
            facts = of_one if channel == about else of_all
            before = known.get(channel) or self._new(activity, channel, ConversationKind.CHANNEL)
            await self._keep(_told(before, activity, is_about=channel == about, facts=facts), known.get(channel))
        if was_in and of_all.get("installed") is False:
            await self._tell_admins(talk.team_name, known.values())

    async def _tell_admins(self, team: str, channels: Iterable[LearntConversation]) -> None:
        """The bot can post there no more: what policies name is a standing warning, and this says it at once."""
        name = team or next((each.team_name for each in channels if each.team_name), "")
        log.error("the bot was taken out of a team", team=name)
        async with self._open_unit() as unit:
            notice = Notice(Form.DIRECT, ChannelsLost(name), ADMINS)
            await unit.outbox.put([notice], self._clock.now())
            await unit.commit()

    def _new(self, activity: Activity, conversation: str, kind: ConversationKind) -> LearntConversation:
        return LearntConversation(self._tenant, conversation, kind, activity.service_url, self._clock.now())

    async def _keep(self, learnt: LearntConversation, known: LearntConversation | None) -> None:
        """Write it down when something of it is new, or when it was last seen a while ago."""
        now = self._clock.now()
        if known == learnt and is_younger(known.seen_at, now, SEEN_EVERY):
            return
        await self.put(replace(learnt, seen_at=now))

    async def put(self, learnt: LearntConversation) -> None:
        async with self._open_unit() as unit:
            await unit.teams_conversations.put(learnt)
            await unit.commit()

    # --- looking up --------------------------------------------------------------------------------

    async def get(self, conversation: str) -> LearntConversation | None:
        async with self._open_unit() as unit:
            return await unit.teams_conversations.get(self._tenant, conversation)

    async def of_user(self, user: ChatUser) -> LearntConversation | None:
        """The conversation with a person, when there is one."""
        async with self._open_unit() as unit:
            return await unit.teams_conversations.of_user(user.team, user.user)

    async def of_email(self, email: str) -> Sequence[LearntConversation]:
        async with self._open_unit() as unit:
            return await unit.teams_conversations.of_email(self._tenant, email)

    async def of_team(self, team: str) -> Sequence[LearntConversation]:
        async with self._open_unit() as unit:
            return await unit.teams_conversations.of_team(self._tenant, team)

    async def channels(self, limit: int) -> Sequence[LearntConversation]:
        """Channels that the bot is in, for whoever picks one."""
        async with self._open_unit() as unit:
            return await unit.teams_conversations.channels(self._tenant, limit)

    async def zone_of(self, user: ChatUser) -> tzinfo | None:
        """A person's time zone, if Teams told it and this machine knows it."""
        known = await self.of_user(user)
        return read_zone(known.zone) if known else None

    async def place(self, conversation: str) -> ConversationAddress:
        """The address for messages to a conversation. An unknown one is tried at the newest address of all."""
        known = await self.get(conversation)
        if known is None:
            kind = ConversationKind.CHANNEL if conversation.startswith("19:") else ConversationKind.PERSONAL
            known = LearntConversation(self._tenant, conversation, kind, "", self._clock.now(), installed=False)
            await self.put(known)
        return ConversationAddress(known.service_url or await self.service_url(), known.id)

    async def service_url(self) -> str:
        """The newest address that Teams named; UpstreamBusy while none is known."""
        async with self._open_unit() as unit:
            newest = await unit.teams_conversations.newest(self._tenant)
        url = newest.service_url if newest else self._cloud.service
        if not url:
            raise UpstreamBusy("Teams has not said yet where it is reached.", side=Side.TEAMS)
        return url

    async def begun(self, user: ChatUser, at: ConversationAddress) -> None:
        """A conversation with a person that the bot has begun itself."""
        kind, now, url = ConversationKind.PERSONAL, self._clock.now(), at.service_url
        known = await self.get(at.conversation) or LearntConversation(self._tenant, at.conversation, kind, url, now)
        await self.put(replace(known, user=user.user, service_url=url, seen_at=now))

    async def note_moved(self, to: ConversationAddress) -> None:
        """A conversation was found at another address than the one that was known."""
        known = await self.get(to.conversation)
        if known is not None:
            await self.put(replace(known, service_url=to.service_url))

    async def note_email(self, user: ChatUser, email: str) -> None:
        """The address that a person has, as it was read now: somebody may be looked for by it."""
        known = await self.of_user(user)
        if known is not None and known.email != email:
            async with self._open_unit() as unit:
                await unit.teams_conversations.note(self._tenant, known.id, email=email)
                await unit.commit()

    async def note_home_card(self, at: MessageRef) -> None:
        """The message in which a person's Home card stands."""
        async with self._open_unit() as unit:
            await unit.teams_conversations.note(self._tenant, at.conversation, home_card=at.message)
            await unit.commit()

    async def reader_of(self, conversation: str) -> ChatUser | None:
        """The one person who reads the conversation; None when several do."""
        known = await self.get(conversation)
        if known is None or known.kind is not ConversationKind.PERSONAL or not known.user:
            return None
        return ChatUser(TEAMS, known.tenant, known.user)

    def seen_in(self, user: ChatUser) -> str:
        """The channel that a person acted in last, here in this process; empty when none is known."""
        return self._seen_in.get(user.user, "")


def _person(activity: Activity) -> ChannelAccount:
    """The person in the conversation: the sender, or the one who was added beside the bot."""
    accounts = (activity.sender, *activity.added)
    return next((each for each in accounts if each.entra and each.mri != activity.recipient.mri), ChannelAccount())


def _installed(activity: Activity) -> bool | None:
    """True if the activity says that the app is installed; None when it says nothing about that."""
    if activity.kind == "installationUpdate":
        return {"add": True, "add-upgrade": True, "remove": False}.get(activity.action)
    if activity.kind == "conversationUpdate":
        own = activity.recipient.mri
        came, went = ({each.mri for each in accounts} for accounts in (activity.added, activity.removed))
        return True if own in came else False if own in went else None
    return True if activity.kind in {"message", "invoke"} else None


def _told(
    before: LearntConversation, activity: Activity, *, is_about: bool, facts: dict[str, bool]
) -> LearntConversation:
    talk = activity.conversation
    learnt = replace(
        before,
        service_url=activity.service_url,
        installed=facts.get("installed", before.installed),
        archived=facts.get("archived", before.archived),
        team=talk.team,
        team_name=talk.team_name or before.team_name,
        team_group=talk.team_group or before.team_group,
    )
    if not is_about:
        return learnt
    name = talk.channel_name or before.name or (GENERAL if before.id == talk.team else "")
    return replace(learnt, name=name, channel_type=talk.channel_type or before.channel_type)


def _bound(remembered: OrderedDict[str, _T], key: str, value: _T) -> None:
    remembered[key] = value
    remembered.move_to_end(key)
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
