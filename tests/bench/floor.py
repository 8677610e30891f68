"""The floor: a bare Bolt app that verifies the signature of a call, acknowledges it, and does nothing else.

``python -m tests.bench.floor`` prints its port, and serves until it is ended.
"""

import asyncio
import re
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from infra.sandbox.stage import SIGNING_SECRET

ANY = re.compile(".*")


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-nobody")


async def _acknowledge(ack: Any) -> None:
    await ack()


async def _offer_nothing(ack: Any) -> None:
    await ack(options=[])


def bare_app() -> AsyncApp:
    app = AsyncApp(signing_secret=SIGNING_SECRET, authorize=_authorize)
    for listens in (app.command, app.action, app.view, app.event):
        listens(ANY)(_acknowledge)
    app.options(ANY)(_offer_nothing)
    return app


async def serve() -> None:
    app = bare_app()

    async def dispatch(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", dispatch)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 - whoever started it reads it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
