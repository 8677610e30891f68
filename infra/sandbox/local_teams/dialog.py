"""A dialog as one person uses it: filled, sent, answered with the next, until it closes."""

from dataclasses import dataclass, field

from infra.sandbox.changes import NotSeenError
from infra.sandbox.local_teams.activity_sender import Delivery
from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.model import Json
from infra.sandbox.local_teams.reading import CardReader
from infra.sandbox.local_teams.surface import Filled, PersonContext, Surface


@dataclass(frozen=True)
class Answer:
    #: The words in red, by the label of the input.
    errors: dict[str, str] = field(default_factory=dict)
    #: The dialog that is open now.
    dialog: "Dialog | None" = None
    #: The dialog that a button was pressed in is gone.
    closed: bool = False
    #: The line that Teams shows this person alone.
    message: str = ""
    #: Teams' own words, or the bot's, when it went wrong.
    trouble: str = ""
    #: What this made Teams send, for tests that look behind the scenes.
    delivery: Delivery | None = None


class Dialog(Surface):
    def __init__(self, context: PersonContext, dialog: OpenDialog) -> None:
        super().__init__(context)
        self._dialog = dialog

    @property
    def place(self) -> OpenDialog:
        return self._dialog

    @property
    def title(self) -> str:
        return self._dialog.title

    @property
    def is_open(self) -> bool:
        return self._dialog.is_open

    def text(self) -> str:
        """Its title, then what is in it."""
        shown = self._dialog
        reader = CardReader(shown.card, self._context.user.time_zone, shown.values, shown.titles)
        lines = [shown.title, shown.trouble, shown.message, *reader.lines()]
        return "\n".join(line for line in lines if line)

    async def press(self, text: str, *, near: str = "") -> Answer:
        """Presses a button; Teams looks first whether what it needs is filled in."""
        if not self._dialog.is_open:
            raise NotSeenError(f"the dialog {self.title!r} is closed")
        action = (await self.button_named(text, near)).element
        if action["type"] != "Action.Submit":
            raise NotSeenError(f"{text!r} sends nothing: it is {action['type']}")
        missing = self.refused(action)
        if missing:
            return Answer(errors=missing, dialog=self)
        delivery = await self._context.interactions.submit(self._dialog, action, self.sent(action))
        return self._answer(delivery)

    async def submit(self, text: str = "Submit") -> Answer:
        """Presses the button that sends the form."""
        return await self.press(text)

    async def closes(self) -> None:
        """Waits until it is gone."""
        await self._context.until(lambda: not self._dialog.is_open or None, lambda: f"still open:\n{self.text()}")

    async def close(self) -> None:
        """Presses Teams' own ✕, of which the bot hears nothing."""
        self._context.tenant.dialogs.close(self._dialog)

    def _answer(self, delivery: Delivery) -> Answer:
        shown = self._dialog
        return Answer(
            errors=self.errors if shown.is_open else {},
            dialog=self if shown.is_open else None,
            closed=not shown.is_open,
            message=shown.message,
            trouble=shown.trouble,
            delivery=delivery,
        )

    def _card(self) -> Json:
        return self._dialog.card

    def _filled(self) -> Filled:
        return Filled(self._dialog.values, self._dialog.titles)

    def _put(self, values: dict[str, str]) -> None:
        self._context.tenant.dialogs.fill(self._dialog, values)
