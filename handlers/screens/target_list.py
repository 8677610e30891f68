"""The list of targets in the form **Request access**, when more than one is asked for in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.errors import Field
from core.domain.open_requests import MOST_TARGETS
from core.domain.request import Request
from core.services.queries.form_options import NOTHING_LEFT_OUT, GoneTarget, LeftOut, ListedTarget, OfferedBundle
from handlers.screens import favourites
from handlers.screens.ids import ActionId, InputId
from handlers.screens.inputs import Choice, Input, Select
from handlers.screens.parts import Button, Part, aside, buttons, row
from handlers.screens.request_state import FormState
from handlers.screens.spans import Duration, Text, Untrusted, joined, name, strong_name, text
from handlers.words import sentences


class Unadded(StrEnum):
    """The reasons why nothing was added to the list."""

    INCOMPLETE = "Choose an account and a permission set first, then add them."
    THERE = "That target is in the list already."
    BUNDLE = "Press Check to see what the bundle adds to the list, then send the form."
    FULL = f"At most {MOST_TARGETS} targets can be asked for in one go."


@dataclass(frozen=True, slots=True)
class Several:
    """Further targets in the form: those in its list, and why the last press added none."""

    listed: Sequence[ListedTarget] = ()
    unadded: Unadded | None = None
    bundles: Sequence[OfferedBundle] = ()
    """Those that may be taken into the list."""
    left_out: LeftOut = NOTHING_LEFT_OUT
    """The part of the bundle that was just taken which this person does not get."""


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


def acts(state: FormState, several: Several, extends: Request | None) -> list[Part]:
    """Nothing where the form was opened to prolong one request."""
    if extends is not None:
        return []
    add = Button("Add a target", ActionId.ADD_TARGET, "target")
    said = [aside(text("⚠️ ", several.unadded.value))] if several.unadded else []
    return [*said, buttons(add, id="request.targets"), *_bundles(state, several)]


def _bundles(state: FormState, several: Several) -> list[Part]:
    left_out = [aside(*left_out_of_bundle(several.left_out))] if several.left_out != NOTHING_LEFT_OUT else []
    if not several.bundles:
        return [*left_out]
    choices = tuple(Choice(each.name, each.name, _counted(each)) for each in several.bundles)
    return [
        Input(
            bundle_input(state),
            ActionId.BUNDLE,
            "Bundle",
            Select(choices, placeholder="Add all of its targets"),
            optional=True,
            redraws=True,
        ),
        *left_out,
    ]


def left_out_of_bundle(left_out: LeftOut) -> list[Text]:
    """The part of a bundle that this person does not get, and a way to mend it."""
    count, gone, said = left_out.not_theirs, left_out.gone, list[Text]()
    if count:
        is_one = count == 1
        of_it = f"⚠️ {_targets(count)} of that bundle {'is' if is_one else 'are'} left out: "
        said.append(text(of_it, f"you can't ask for {'it' if is_one else 'them'}."))
    if gone:
        exists = "no longer exists" if len(gone) == 1 else "no longer exist"
        mend = f" Ask the admins of TEAM Bot to take {'it' if len(gone) == 1 else 'them'} out of the bundle."
        said.append(text("⚠️ Left out of that bundle: ", joined(", ", map(_gone, gone)), f", which {exists}.", mend))
    return said


def _gone(target: GoneTarget) -> Text:
    half = "account" if target.half is Field.ACCOUNT else "permission set"
    return text("target ", target.place, f" ({half} ", name(target.called), ")")


def bundle_input(state: FormState) -> str:
    """The id of the choice of a bundle: another one each time that one was taken."""
    return f"{InputId.BUNDLE}.{state.bundle_turn}" if state.bundle_turn else InputId.BUNDLE.value


def _counted(bundle: OfferedBundle) -> str:
    every = len(bundle.targets) + bundle.left_out.not_theirs + len(bundle.left_out.gone)
    return _targets(every) if len(bundle.targets) == every else f"{len(bundle.targets)} of {_targets(every)}"


def _targets(count: int) -> str:
    return "1 target" if count == 1 else f"{count} targets"
