"""The bot that runs on this machine, as it says of itself at ``/readyz``: no other process knows its socket."""

import aiohttp

from bot.settings import ProcessSettings

ASKED_WITHIN = aiohttp.ClientTimeout(total=6)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not listened on


async def ask(settings: ProcessSettings) -> tuple[bool, str] | None:
    """Its health and the reason. None when no bot answers here, which is no fault: it may run elsewhere."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    url = f"http://{host}:{settings.port}/readyz"
    try:
        async with aiohttp.ClientSession(timeout=ASKED_WITHIN) as session, session.get(url) as answer:
            said = await answer.json()
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("status") not in {"ready", "not ready"}:
        return None
    if said["status"] == "ready":
        return True, f"ready, at {url}"
    because = said.get("because")
    told = "; ".join(map(str, because.values())) if isinstance(because, dict) else "it says no more"
    return False, f"not ready: {told}"
