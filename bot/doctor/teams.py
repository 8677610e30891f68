"""The doctor's lines about Teams: the app's credentials, Microsoft's keys, the clock, and the channels of policies.

Imported only where Teams is configured.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from bot.chat_settings import missing_of_teams
from bot.clocks import HALF_A_SECOND
from bot.compose import Infrastructure, chat_of, platforms_of
from bot.doctor.line import DoctorLine, not_checked
from bot.doctor.reach import reach_line
from bot.lifecycle import draining
from bot.secret_values import SecretValues
from bot.settings import ConfigError, ProcessSettings
from bot.teams_app import TeamsChat, teams_chat
from core.domain.conversations import on_platforms
from core.domain.errors import Upstream
from core.domain.ids import ConversationId
from core.domain.platforms import TEAMS
from core.domain.policy import PolicyBook
from core.domain.replicas import ClockState, judge_clock
from handlers.bot_connector.authentication import CHANNEL_ID
from handlers.words import clock_words

CREDENTIALS, KEYS, CLOCK = "Teams credentials", "Teams keys", "Clock beside Teams"
_ASKED_WITHIN = aiohttp.ClientTimeout(total=10)


@asynccontextmanager
async def _speaking(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[TeamsChat]:
    async with (
        draining(lambda: 1.0) as background,
        teams_chat(settings, base, SecretValues(settings), background) as chat,
    ):
        yield chat


async def teams_lines(
    settings: ProcessSettings, base: Infrastructure, book: PolicyBook | None
) -> AsyncIterator[DoctorLine]:
    """``book``: the stored policies; None where the database does not tell them."""
    if missing := missing_of_teams(settings.given_of_teams):
        for each in missing:
            yield DoctorLine(CREDENTIALS, ok=False, detail=each)
        return
    try:
        async with _speaking(settings, base) as chat:
            yield await _credentials(chat, settings)
            yield await _keys(chat)
            yield await _clock(chat, base)
            async for line in _channels(chat, settings, book):
                yield line
            if book is not None:
                platforms = platforms_of(settings, chat_of(settings, base.clock), chat.platform)
                yield await reach_line(base, platforms, book)
    except ConfigError as error:
        yield DoctorLine(CREDENTIALS, ok=False, detail=str(error))


async def known_lines(chat: TeamsChat, settings: ProcessSettings) -> list[DoctorLine]:
    """The same of what the running bot knows already: no key is read anew for it."""
    known = chat.keys.endorsed_for(CHANNEL_ID)
    detail = f"{known} for Teams are known" if known else "none is known. Until they are read nobody is let in"
    return [await _credentials(chat, settings), DoctorLine(KEYS, ok=known > 0, detail=detail)]


async def _credentials(chat: TeamsChat, settings: ProcessSettings) -> DoctorLine:
    try:
        await chat.tokens.token()
    except Upstream as error:
        detail = f"{error}. Are app, tenant and credential those of the registration in Entra?"
        return DoctorLine(CREDENTIALS, ok=False, detail=detail)
    return DoctorLine(CREDENTIALS, ok=True, detail=f"app {settings.teams_app_id} in tenant {settings.teams_tenant_id}")


async def _keys(chat: TeamsChat) -> DoctorLine:
    try:
        await chat.keys.read()
    except Upstream as error:
        return DoctorLine(KEYS, ok=False, detail=f"{error}. Until they are read nobody is let in")
    endorsed = chat.keys.endorsed_for(CHANNEL_ID)
    detail = f"{chat.keys.count} of {chat.cloud.issuer}, {endorsed} of them for Teams"
    return DoctorLine(KEYS, ok=endorsed > 0, detail=detail)


async def _clock(chat: TeamsChat, base: Infrastructure) -> DoctorLine:
    """Tokens are held to their times: a clock that is five minutes off lets nobody in."""
    before = base.clock.read()
    told = await _time_at(chat.cloud.keys)
    after = base.clock.read()
    if told is None:
        return DoctorLine(CLOCK, ok=True, detail="Teams does not tell the time")
    ahead = before.at + (after.at - before.at) / 2 - told
    state = judge_clock(ahead or timedelta())
    detail = clock_words.compared(ahead, "the one of Teams")
    return DoctorLine(CLOCK, ok=state is not ClockState.WRONG, detail=detail, warns=state is ClockState.OFF)


async def _time_at(url: str) -> datetime | None:
    """The server's time, from its Date header, to the second (RFC 9110, 6.6.1)."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_ASKED_WITHIN, trust_env=True) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            return parsedate_to_datetime(answer.headers.get("Date", "")) + HALF_A_SECOND
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None


async def _channels(chat: TeamsChat, settings: ProcessSettings, book: PolicyBook | None) -> AsyncIterator[DoctorLine]:
    """Those that the policies name, and that of the audit trail."""
    if book is None:
        for line in not_checked("Teams channels", because="it needs the database"):
            yield line
        return
    named = [channel for policy in book.approval for channel in policy.channels]
    for channel in dict.fromkeys(on_platforms([*named, *settings.audit_channels], {TEAMS})):
        yield await _channel(chat, channel)


async def _channel(chat: TeamsChat, channel: ConversationId) -> DoctorLine:
    what = f"Channel {channel}"
    try:
        seen = await chat.directory.conversation(channel)
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=str(error))
    troubles = {
        "does not exist, or TEAM Bot is not in its team: add the app to the team": not seen.exists,
        "its team does not have TEAM Bot any more: add the app to it": seen.exists and not seen.bot_is_member,
        "is archived": seen.is_archived,
        "is read by people of another organization": seen.is_shared_outside,
    }
    found = [trouble for trouble, holds in troubles.items() if holds]
    return DoctorLine(what, ok=not found, detail=" ".join(filter(None, [seen.name, ", ".join(found)])))
