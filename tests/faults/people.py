"""People who ask, approve, extend and end, whatever state the bot is in; what does not work they try again or leave."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from tests.e2e.play import PAYMENTS, Play, Target

ASKERS = {"ada": "ada@example.com", "bob": "bob@example.com", "mallory": "mallory.stone@example.com"}
ASKERS["victor"] = "v.ruiz"
PATIENCE = 8.0
TRIES = 3
NOT_NOW = (AssertionError, LookupError, TimeoutError)
"""The errors that somebody meets whose screen shows something else than they expected, or nothing."""


class People:
    def __init__(self, play: Play) -> None:
        self._play = play

    async def ask(self, who: str, target: Target) -> None:
        """By a line that fills the form; sent again when Slack had trouble connecting."""
        person = self._play.person(who)
        person.patience = PATIENCE
        self._play.stage.slack.workspace.views.clear(person.user.id)
        with suppress(*NOT_NOW):
            line = f"/team request {target.account_id} {target.permission_set} 1h look into the stuck queue"
            await person.types(line)
            modal = await person.modal("Request access")
            await modal.shows("Up to")
            for _ in range(TRIES):
                if not (await modal.submit()).trouble:
                    return

    async def press(self, who: str, number: str, button: str, *, channel: str = PAYMENTS) -> bool:
        """Press a button of the newest card of a request; whether there was one."""
        with suppress(*NOT_NOW):
            for card in reversed(self._play.cards(who, number, channel)):
                if button in card.buttons():
                    await asyncio.wait_for(_done(card.press(button)), PATIENCE)
                    return True
        return False

    async def revoke(self, who: str, number: str) -> None:
        """From the newest card, by the form behind its button."""
        person = self._play.person(who)
        person.patience = PATIENCE
        self._play.stage.slack.workspace.views.clear(person.user.id)
        with suppress(*NOT_NOW):
            if await self.press(who, number, "Revoke"):
                await (await person.modal("Revoke access")).submit()

    async def type(self, who: str, line: str) -> None:
        with suppress(*NOT_NOW):
            await asyncio.wait_for(_done(self._play.person(who).types(line)), PATIENCE)

    async def extend(self, who: str, number: str) -> None:
        """From the message that says that it is active."""
        person = self._play.person(who)
        person.patience = PATIENCE
        with suppress(*NOT_NOW):
            said = [m for m in self._play.messages(who, number) if "Extend" in m.buttons()]
            if said:
                await said[-1].press("Extend")
                modal = await person.modal("Request access")
                await modal.submit()


async def _done(doing: Awaitable[object]) -> None:
    await doing
