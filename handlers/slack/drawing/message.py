"""A message as Slack takes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block


@dataclass(frozen=True, slots=True)
class Message:
    """``text`` is what notifications and screen readers say: a whole sentence, always there."""

    text: str
    blocks: Sequence[Block]
