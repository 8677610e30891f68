"""Bolt's application over what serves it: every listener, and the way in by HTTP."""

import logging
import secrets

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.compose import Chat, Foundation
from bot.lifecycle import Background
from bot.metrics import Metrics
from bot.settings import Settings
from bot.web import Handler
from core.services.services import Services
from handlers.slack.answers import Answers
from handlers.slack.boundary import Boundary
from handlers.slack.desk import Desk
from handlers.slack.register import register
from handlers.slack.screens import Screens


def slack_app(
    settings: Settings, chat: Chat, services: Services, background: Background, base: Foundation, metrics: Metrics
) -> AsyncApp:
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
    quiet = logging.getLogger("slack_bolt")  # Bolt's own would write whole payloads at debug
    quiet.addFilter(_is_news)
    app = AsyncApp(
        client=chat.client,
        signing_secret=secret or secrets.token_hex(),
        logger=quiet,
        request_verification_enabled="," not in (secret or ""),  # it knows one secret; the door has looked at both
    )
    answers = Answers(chat.client, settings.slack_api_url)
    desk = Desk(
        services=services,
        answers=answers,
        boundary=Boundary(background, answers, metrics.interaction),
        screens=Screens(chat.client),
        background=background,
        links=chat.links,
        clock=base.clock,
        command=settings.command,
        forget_user=chat.directory.forget,
    )
    chat.homes.work_at(desk)
    register(app, desk)
    return app


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt warns of the token in the environment, which its client was given by us."""
    return "`token` will be unused" not in record.getMessage()


def dispatching(app: AsyncApp) -> Handler:
    """Hand on what Slack posted."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        try:
            told = await to_bolt_request(request)
        except (AttributeError, TypeError, ValueError):  # signed, and yet nothing that Slack would say
            return web.Response(status=400)
        return await to_aiohttp_response(await app.async_dispatch(told))

    return dispatch
