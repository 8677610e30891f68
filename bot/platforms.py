"""The chat platforms that are configured, for commands that ask them something and end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.compose import Infrastructure, chat_of, platforms_of
from bot.lifecycle import draining
from bot.secret_values import SecretValues
from bot.settings import ProcessSettings
from core.ports import ChatPlatforms

ENDED_WITHIN = 1.0
"""Seconds for what was begun beside the questions."""


@asynccontextmanager
async def asking_platforms(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[ChatPlatforms]:
    """Nothing is asked of them yet. Of Teams nothing is imported where it is not configured."""
    async with AsyncExitStack() as stack:
        teams = None
        if settings.serves_teams:
            from bot.teams_app import teams_chat  # noqa: PLC0415 - see above

            background = await stack.enter_async_context(draining(lambda: ENDED_WITHIN))
            chat = await stack.enter_async_context(teams_chat(settings, base, SecretValues(settings), background))
            teams = chat.platform
        yield platforms_of(settings, chat_of(settings, base.clock), teams)
