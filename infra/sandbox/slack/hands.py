"""What every screen and message needs of the person who uses it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from infra.sandbox.slack.finding import Control
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.model import User, View
from infra.sandbox.slack.options import Menus
from infra.sandbox.slack.reading import Eyes
from infra.sandbox.slack.workspace import Workspace

if TYPE_CHECKING:
    from infra.sandbox.slack.modal import Modal

Found = TypeVar("Found")

PATIENCE = 60.0
"""Seconds to wait for something to appear, on a machine with better things to do."""


@dataclass
class Hands:
    workspace: Workspace
    interactions: Interactions
    user: User
    eyes: Eyes
    menus: Menus
    #: Takes a view into these hands.
    modal: Callable[["Hands", View], "Modal"]
    patience: float = PATIENCE

    async def until(self, look: Callable[[], Found | None], otherwise: Callable[[], str]) -> Found:
        return await self.workspace.changes.until(look, within=self.patience, otherwise=otherwise)

    def modal_on_top(self) -> "Modal | None":
        view = self.workspace.views.top(self.user.id)
        return self.modal(self, view) if view else None

    def question(self, control: Control) -> str:
        """What the confirmation dialog of a button asks; empty if there is none."""
        confirm = control.element.get("confirm")
        if not confirm:
            return ""
        return f"{self.eyes.text(confirm['title'])}\n{self.eyes.text(confirm['text'])}"
