"""Changes of teams and of the installation: the bot comes and goes, channels end, addresses move."""

from infra.sandbox.changes import Change
from infra.sandbox.local_teams.activities import Activities
from infra.sandbox.local_teams.activity_sender import ActivitySender, Delivery
from infra.sandbox.local_teams.model import Conversation, Team, TeamsUser
from infra.sandbox.local_teams.tenant import Tenant


class TeamChanges:
    """Each tells the bot as Teams does, where Teams does."""

    def __init__(self, tenant: Tenant, activity_sender: ActivitySender, activities: Activities) -> None:
        self._tenant = tenant
        self._activity_sender = activity_sender
        self._activities = activities

    async def add_bot(self, team: Team, by: TeamsUser) -> Delivery:
        """The app is installed in a team."""
        team.has_bot = True
        self._announce(team)
        general = self._general(team)
        await self._activity_sender.deliver(self._activities.members(by, general, [self._tenant.app.bot_id], []))
        return await self._activity_sender.deliver(self._activities.installation(by, general, "add"))

    async def remove_bot(self, team: Team, by: TeamsUser) -> Delivery:
        """The bot is thrown out of a team."""
        team.has_bot = False
        self._announce(team)
        general = self._general(team)
        await self._activity_sender.deliver(self._activities.members(by, general, [], [self._tenant.app.bot_id]))
        return await self._activity_sender.deliver(self._activities.installation(by, general, "remove"))

    async def add_member(self, team: Team, user: TeamsUser) -> Delivery | None:
        team.members.append(user)
        return await self._tell_members(team, user, [user.mri], [])

    async def remove_member(self, team: Team, user: TeamsUser) -> Delivery | None:
        delivery = await self._tell_members(team, user, [], [user.mri])
        team.members.remove(user)
        return delivery

    async def archive(self, team: Team, by: TeamsUser, *, archived: bool = True) -> Delivery | None:
        """Nothing can be written to its channels, or again."""
        team.archived = archived
        return await self._tell(self._general(team), by, "teamArchived" if archived else "teamUnarchived")

    async def rename(self, team: Team, by: TeamsUser, name: str) -> Delivery | None:
        team.name = name
        return await self._tell(self._general(team), by, "teamRenamed")

    async def rename_channel(self, channel: Conversation, by: TeamsUser, name: str) -> Delivery | None:
        channel.name = name
        return await self._tell(channel, by, "channelRenamed")

    async def delete_channel(self, channel: Conversation, by: TeamsUser) -> Delivery | None:
        channel.deleted = True
        return await self._tell(channel, by, "channelDeleted")

    def move(self, conversation: Conversation, region: str) -> None:
        """Another service URL from now on, which the bot hears with whatever comes next; the old one is a 404."""
        conversation.region = region
        self._tenant.changes.announce(Change("conversation.moved", conversation, channel_id=conversation.id))

    async def _tell(self, conversation: Conversation, by: TeamsUser, event: str) -> Delivery | None:
        team = conversation.team
        if team is not None:
            self._announce(team)
        if team is None or not team.has_bot:
            return None
        return await self._activity_sender.deliver(self._activities.team_event(by, conversation, event))

    async def _tell_members(self, team: Team, by: TeamsUser, added: list[str], removed: list[str]) -> Delivery | None:
        self._announce(team)
        if not team.has_bot:
            return None
        return await self._activity_sender.deliver(self._activities.members(by, self._general(team), added, removed))

    def _announce(self, team: Team) -> None:
        self._tenant.changes.announce(Change("team.changed", team, channel_id=team.id))

    def _general(self, team: Team) -> Conversation:
        return self._tenant.conversations[team.id]
