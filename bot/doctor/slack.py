"""The doctor's lines about Slack: the token and its scopes, the way in, and the channels that policies name."""

from collections.abc import AsyncIterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat_settings import NO_BOT_TOKEN, NO_WAY_IN
from bot.compose import Chat
from bot.doctor.line import DoctorLine, not_checked
from bot.settings import ProcessSettings
from core.domain.conversations import on_platforms
from core.domain.errors import Upstream, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.platforms import SLACK
from core.domain.policy import PolicyBook
from handlers.slack_api.failures import call
from manifests.slack import SCOPES

TOKEN, _WAY_IN = "Slack token", "Slack connection"


async def slack_lines(settings: ProcessSettings, client: AsyncWebClient) -> AsyncIterator[DoctorLine]:
    """Lines about Slack: whether it knows the bot, and how it reaches it."""
    if settings.slack_bot_token is None:
        yield DoctorLine(TOKEN, ok=False, detail=NO_BOT_TOKEN)
    else:
        async for line in token_lines(client):
            yield line
    if settings.slack_app_token is not None:
        yield await _socket(client, settings.slack_app_token.get_secret_value())
    elif settings.slack_signing_secret is not None:
        yield DoctorLine(_WAY_IN, ok=True, detail="HTTP. The first call shows if SLACK_SIGNING_SECRET is right")
    else:
        yield DoctorLine(_WAY_IN, ok=False, detail=NO_WAY_IN)


async def token_lines(client: AsyncWebClient, *, insists: bool = True) -> AsyncIterator[DoctorLine]:
    """The lines about Slack's token and its scopes. When ``insists`` is set, a token without scopes is a fault."""
    try:
        answer = await call(client.auth_test())
    except Upstream as error:
        refused = isinstance(error, UpstreamRefused)
        hint = "Is SLACK_BOT_TOKEN the token of the installed app?" if refused else "Can this machine reach Slack?"
        yield DoctorLine(TOKEN, ok=False, detail=f"{error}. {hint}")
        return
    yield DoctorLine(TOKEN, ok=True, detail=f"{answer.get('user')} in {answer.get('team')}")
    told = {name.casefold(): str(value) for name, value in answer.headers.items()}.get("x-oauth-scopes") or ""
    granted = {scope.strip() for scope in told.split(",") if scope.strip()}
    if granted or insists:
        yield _scopes(granted)


def _scopes(granted: set[str]) -> DoctorLine:
    """Those that the token has, as Slack tells them with every answer."""
    what, needed = "Slack scopes", ", ".join(sorted(SCOPES))
    if not granted:
        detail = f"Slack names no scopes for this token; the bot needs {needed}: reinstall the app from its manifest"
        return DoctorLine(what, ok=False, detail=detail)
    missing = sorted(set(SCOPES) - granted)
    if missing:
        return DoctorLine(what, ok=False, detail=f"lacks {', '.join(missing)}: reinstall the app from its manifest")
    return DoctorLine(what, ok=True, detail=f"all that are needed: {needed}")


async def _socket(client: AsyncWebClient, app_token: str) -> DoctorLine:
    """Ask for an address to connect to, and leave it."""
    try:
        await call(client.apps_connections_open(app_token=app_token))
    except Upstream as error:
        return DoctorLine(
            _WAY_IN, ok=False, detail=f"{error}. Is SLACK_APP_TOKEN one with connections:write, of this app?"
        )
    return DoctorLine(_WAY_IN, ok=True, detail="Socket Mode")


def _channels(book: PolicyBook, settings: ProcessSettings) -> list[ConversationId]:
    named = [channel for policy in book.approval for channel in policy.channels]
    return list(dict.fromkeys(on_platforms([*named, *settings.audit_channels], {SLACK})))


async def channel_lines(
    chat: Chat, book: PolicyBook, settings: ProcessSettings, *, is_reached: bool = True
) -> AsyncIterator[DoctorLine]:
    """Those that the policies name, and that of the audit trail."""
    channels = _channels(book, settings)
    if channels and settings.slack_bot_token is None:
        for line in not_checked("Channels", because=f"{len(channels)} are named, and SLACK_BOT_TOKEN is missing"):
            yield line
        return
    if channels and not is_reached:
        for line in not_checked("Channels", because=f"{len(channels)} are named, and Slack takes no call"):
            yield line
        return
    for channel in channels:
        yield await _channel(chat, channel)


async def _channel(chat: Chat, channel: ConversationId) -> DoctorLine:
    what = f"Channel {channel}"
    try:
        seen = await chat.directory.conversation(channel)
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=str(error))
    if not seen.exists:
        absent = "does not exist, or is private and the bot is not in it: invite the bot"
        return DoctorLine(what, ok=False, detail=absent)
    troubles = {
        "is archived": seen.is_archived,
        "is shared outside the workspace": seen.is_shared_outside,
        "the bot is not a member: invite it": not seen.bot_is_member,
    }
    found_troubles = [trouble for trouble, holds in troubles.items() if holds]
    return DoctorLine(what, ok=not found_troubles, detail=f"#{seen.name} {', '.join(found_troubles)}".strip())
