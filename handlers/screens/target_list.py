"""The list of targets in the form **Request access**, when more than one is asked for in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.request import Request
from core.services.queries.form_options import ListedTarget
from core.services.requests.submit import MOST_TARGETS
from handlers.screens import favourites
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Part, aside, buttons, row
from handlers.screens.request_state import FormState
from handlers.screens.spans import Duration, Text, Untrusted, name, strong_name, text
from handlers.words import sentences


class Unadded(StrEnum):
    """The reasons why nothing was added to the list."""

    INCOMPLETE = "Choose an account and a permission set first, then add them."
    THERE = "That target is in the list already."
    FULL = f"At most {MOST_TARGETS} targets can be asked for in one go."


@dataclass(frozen=True, slots=True)
class Several:
    """Further targets in the form: those in its list, and why the last press added none."""

    listed: Sequence[ListedTarget] = ()
    unadded: Unadded | None = None


def rows(state: FormState, several: Several) -> list[Part]:
    """Each target of the list with what applies to it, and the button that takes it out."""
    if not state.added:
        return []
    return [
        aside(text(len(state.added), " of at most ", MOST_TARGETS, " targets, each a request of its own:")),
        *(_row(each, number) for number, each in enumerate(several.listed, start=1)),
    ]


def _row(listed: ListedTarget, number: int) -> Part:
    spoken = f"Remove {listed.called}"
    button = Button("Remove", ActionId.REMOVE_TARGET, favourites.dump(listed.target), spoken=spoken)
    return row(_called(listed), " · ", _applies(listed), button=button, id=f"request.target.{number}")


def _called(listed: ListedTarget) -> Text:
    if not listed.names:
        return text(name(listed.called))
    permission_set, account = listed.names
    return text(strong_name(permission_set), " in ", strong_name(account))


def _applies(listed: ListedTarget) -> Text:
    if listed.refusal is not None:
        return text("⛔ ", Untrusted(sentences.refusal(listed.refusal)))
    if listed.limit is None:
        return text("")
    needed = "needs approval" if listed.needs_approval else "no approval needed"
    return text("up to ", Duration(listed.limit), " · ", needed)


def acts(several: Several, extends: Request | None) -> list[Part]:
    """Nothing where the form was opened to prolong one request."""
    if extends is not None:
        return []
    add = Button("Add a target", ActionId.ADD_TARGET, "target")
    said = [aside(text("⚠️ ", several.unadded.value))] if several.unadded else []
    return [*said, buttons(add, id="request.targets")]
