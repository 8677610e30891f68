"""Actions of a control API over HTTP: JSON in, JSON out, and an error that says what made no sense."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Action = Callable[[web.Request, Body], Awaitable[Any] | Any]


def as_json(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The action as a handler: its result, or its error, as JSON."""

    async def handle(request: web.Request) -> web.Response:
        if request.body_exists and request.content_type != "application/json":  # what any page may send unasked
            return web.json_response({"error": "Content-Type must be application/json"}, status=415)
        try:
            text = await request.text()
            found = action(request, json.loads(text) if text else {})
            return web.json_response(await found if isinstance(found, Awaitable) else found)
        except KeyError as error:
            return web.json_response({"error": f"missing or unknown: {error}"}, status=400)
        except LookupError as error:
            return web.json_response({"error": str(error)}, status=404)
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle
