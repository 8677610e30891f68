"""The type-ahead of channels, which Slack has among its own controls and Teams has not."""

from core.domain.conversations import conversation_on
from core.domain.platforms import TEAMS
from handlers.bot_connector.channels import within_its_team
from handlers.flows.platform import OptionsQuery
from handlers.screens.inputs import Choice
from handlers.teams.context import TeamsContext

MOST_LOOKED_AT = 500


async def look_up_channels(teams: TeamsContext, query: OptionsQuery) -> list[Choice]:
    """Channels that the bot is in, for those who write policies: whoever else asks learns of none."""
    await teams.services.administration.admins.require(query.sender.chat_user)
    offered = [
        Choice(within_its_team(each), conversation_on(TEAMS, each.id), each.team_name)
        for each in await teams.book.channels(MOST_LOOKED_AT)
        if not each.archived
    ]
    typed = query.typed.casefold().strip()
    return [each for each in offered if typed in f"{each.description} {each.label}".casefold()]
