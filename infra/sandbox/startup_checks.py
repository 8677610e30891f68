"""Checks at the start: the address of the sandbox, no real tokens beside it, and no other one that listens."""

import errno
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

HOST = "127.0.0.1"
_LAST_PORT = 65535
#: Each opens a real Slack or Teams, or proves that one calls.
_TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "TEAMBOT_TEAMS_APP_ID")
_SET = re.compile(rf"^\s*(?:export\s+)?({'|'.join(_TOKENS)})\s*=\s*[\"']?[^\"'\s#]", re.MULTILINE)


class RefusedError(Exception):
    """The sandbox does not start. One sentence that says why and what to do."""


def refuse_beside_real_tokens(folder: Path, environment: Mapping[str, str] = os.environ) -> None:
    """A sandbox that somebody takes for the real thing, or the other way round, is worse than none."""
    for name in _TOKENS:
        if environment.get(name):
            raise RefusedError(
                f"{name} is set, and the sandbox touches no real {_chat(name)}: unset it, or run `teambot serve`."
            )
    file = folder / ".env"
    if file.is_file() and (found := _SET.search(file.read_text(encoding="utf-8", errors="replace"))):
        raise RefusedError(
            f"{found[1]} stands in .env here, and the sandbox touches no real {_chat(found[1])}: start it in another "
            "folder, or run `teambot serve`."
        )


def _chat(name: str) -> str:
    return "Slack" if name.startswith("SLACK_") else "Teams"


def listening(port: int) -> socket.socket:
    """The socket of the page, on this machine alone, taken before anything is started."""
    if not 0 <= port <= _LAST_PORT:
        raise RefusedError(_take_another(port, f"Port {port} cannot be listened on, take another"))
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        why = f"Port {port} cannot be listened on, take another"
        if error.errno == errno.EADDRINUSE:
            why = f"Port {port} is in use, perhaps by another sandbox; look at {address_of(port)} or take another port"
        raise RefusedError(_take_another(port, why)) from None


def _take_another(port: int, why: str) -> str:
    other = 4001 if port == 4000 else 4000
    return f"{why}: `make run ARGS='--port {other}'`, `teambot sandbox --port {other}`."


def address_of(port: int) -> str:
    return f"http://{HOST}:{port}/"
