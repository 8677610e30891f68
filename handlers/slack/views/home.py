"""The Home tab. Each part stands there only when there is something in it; asking always does."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from core.domain.ids import PrincipalId
from core.domain.request import LIVE, Request, Status
from handlers.slack.ids import ActionId
from handlers.slack.views import lists
from handlers.slack.views.block import Links, actions, button, context, section, words
from handlers.slack.views.text import prose

COMING = frozenset({Status.PENDING, Status.SCHEDULED})


def build(requests: Sequence[Request], reader: PrincipalId, now: datetime, links: Links, *, more: bool = False) -> View:
    """Show own requests by what matters now: live, coming, then the rest."""
    live = [request for request in requests if request.status in LIVE]
    coming = [request for request in requests if request.status in COMING]
    past = [request for request in requests if request.is_over]
    blocks: list[Block] = [
        *_part("Live now", live, reader, now, links),
        *_part("Coming up", coming, reader, now, links),
        HeaderBlock(text=words("Ask for access", 150)),
        *actions(button("Request access", ActionId.ASK, "home", style="primary"), block_id="home.actions"),
        *_part("Your requests", past, reader, now, links),
    ]
    if not requests:
        blocks += context("You have asked for nothing yet. Your requests will stand here.")
    if more:
        blocks += context("Older ones: type the command with the word requests.")
    return View(type="home", blocks=blocks)


def refused(sentence: str) -> View:
    return View(type="home", blocks=[section(f"⛔ {prose(sentence)}")])


def _part(title: str, requests: Sequence[Request], reader: PrincipalId, now: datetime, links: Links) -> list[Block]:
    if not requests:
        return []
    rows = [lists.row(request, reader, now, links) for request in requests]
    return [HeaderBlock(text=words(title, 150)), *rows, DividerBlock()]
