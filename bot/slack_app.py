"""Bolt's application over what serves it: every listener, and the way in by HTTP."""

import logging
from collections.abc import Awaitable
from functools import partial

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.compose import Chat, Infrastructure
from bot.lifecycle import BackgroundTasks
from bot.metrics import Metrics
from bot.settings import ProcessSettings
from bot.web import Handler
from core.domain.platforms import SLACK
from core.services.services import Services
from handlers.flows.boundary import Boundary
from handlers.slack.context import SlackContext
from handlers.slack.payloads import SlackSender
from handlers.slack.register import from_here, register
from handlers.slack.replies import EphemeralReplies
from handlers.slack.shapes import is_from_slack
from handlers.slack.slack_views import SlackViews
from handlers.slack_api.listeners import Listeners


def slack_app(
    settings: ProcessSettings,
    chat: Chat,
    services: Services,
    background: BackgroundTasks,
    base: Infrastructure,
    metrics: Metrics,
) -> AsyncApp:
    quiet = logging.getLogger("slack_bolt")  # Bolt's own would write whole payloads at debug
    quiet.addFilter(_is_news)
    app = AsyncApp(
        name="teambot",  # or Bolt looks through the source of every module that is loaded to find whose it is
        client=chat.client,
        authorize=_authorize,
        logger=quiet,
        request_verification_enabled=False,  # it would know one secret for ever; the endpoint has looked at all of them
    )
    answers = EphemeralReplies(chat.client, settings.slack_api_url)
    slack = SlackContext(
        services=services,
        answers=answers,
        boundary=Boundary(background, answers, partial(metrics.interaction, SLACK)),
        screens=SlackViews(chat.client),
        background=background,
        links=chat.links,
        clock=base.clock,
        command=settings.command,
        forget_user=chat.directory.forget,
    )
    chat.homes.draw_by(slack, SlackSender)
    app.middleware(from_here(slack))
    listeners = Listeners()
    register(listeners, slack)
    app.middleware(listeners.answer)
    return app


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Everything is done with the client of our own, which knows the token as it is now; Bolt needs none."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt warns of the token in the environment, which it is not to use."""
    return "`token`" not in record.getMessage()


def dispatching(app: AsyncApp) -> Handler:
    """Hand on what Slack posted."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await answered(app, to_bolt_request(request)))

    return dispatch


async def answered(app: AsyncApp, reading: Awaitable[AsyncBoltRequest]) -> BoltResponse:
    """Bolt's answer, however Slack's call came in; 400 for what is rightly signed and yet nothing that Slack sends."""
    try:
        told = await reading
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):  # Bolt reads fields of it already
        return BoltResponse(status=400)
    return await app.async_dispatch(told) if is_from_slack(told.body) else BoltResponse(status=400)
