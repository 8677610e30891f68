"""The same people in Teams: what does not work they try again or leave."""

import asyncio
from contextlib import suppress

from infra.sandbox.local_teams import Answer, Dialog, TeamsPerson
from tests.e2e.in_teams import APPROVALS, fill
from tests.e2e.play import Play, Target
from tests.faults.people import NOT_NOW, PATIENCE, TRIES


class TeamsPeople:
    """Speaks like ``People``."""

    def __init__(self, play: Play) -> None:
        self._play = play

    async def ask(self, who: str, target: Target) -> None:
        """By the form out of the compose box; sent again where nobody answered."""
        with suppress(*NOT_NOW):
            dialog = _open(await self._person(who).compose("Request access"))
            await fill(dialog, target)
            for _ in range(TRIES):
                if not (await dialog.submit()).trouble:
                    return

    async def press(self, who: str, number: str, button: str) -> bool:
        """Press a button of the newest card of a request; whether there was one."""
        return await self._pressed(who, number, button) is not None

    async def revoke(self, who: str, number: str) -> None:
        """From the newest card, by the form behind its button."""
        with suppress(*NOT_NOW):
            answer = await self._pressed(who, number, "Revoke")
            if answer is not None:
                form = _open(answer)
                if form.buttons():  # none when the request has ended meanwhile
                    await form.submit(form.buttons()[0])

    async def _pressed(self, who: str, number: str, button: str) -> Answer | None:
        with suppress(*NOT_NOW):
            for card in reversed(self._person(who).reads(APPROVALS)):
                if number in card.text() and button in card.buttons():
                    answer = await asyncio.wait_for(card.press(button), PATIENCE)
                    if answer.dialog is not None and button in answer.dialog.buttons():
                        answer = await answer.dialog.submit(button)  # it asks once more
                    return answer
        return None

    def _person(self, name: str) -> TeamsPerson:
        person = self._play.stage.teams.person(name)
        person.patience = PATIENCE
        return person


def _open(answer: Answer) -> Dialog:
    """AssertionError for what is no dialog: whoever meets it tries again later."""
    assert answer.dialog is not None, answer.trouble or answer.message
    return answer.dialog
