"""The form **Bundle**: one word, and the targets that people ask for by it.

The targets travel in the memo: a form has no input that takes several pairs. One that is gone stays in the list, and is
marked, until somebody removes it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target
from core.domain.policy import Bundle, PolicyBook
from core.domain.policy_diff import Section
from core.domain.policy_validation import LONGEST_NAME, gone_from_bundle
from core.services.policies.names import CurrentNames
from handlers.screens import favourites, picker
from handlers.screens.clean import plain
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Input, Lookup
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_number
from handlers.screens.parts import Button, Part, aside, buttons, row
from handlers.screens.policy_form import LONGEST_ERROR, FormNote
from handlers.screens.policy_text import Speller
from handlers.screens.screen import Screen, form
from handlers.screens.spans import text
from handlers.words import sentences
from handlers.words.policy_words import SECTIONS


class TargetNotAdded(StrEnum):
    """The reasons why nothing was added to the list."""

    INCOMPLETE = "Choose an account and a permission set first, then add them."
    THERE = "That target is in the list already."
    FULL = f"A bundle has at most {MOST_TARGETS} targets. Remove one first."


@dataclass(frozen=True, slots=True)
class BundleState:
    """The memo of the form: that of any form about policies, and the targets in its list.

    ``turn`` numbers the inputs of the next target: under a new id what was chosen is forgotten.
    """

    note: FormNote
    targets: tuple[Target, ...] = ()
    turn: int = 0

    @property
    def account_input(self) -> str:
        return f"{picker.input_of(Field.ACCOUNT)}.{self.turn}"

    @property
    def permission_set_input(self) -> str:
        return f"{picker.input_of(Field.PERMISSION_SET)}.{self.turn}"

    def with_added(self, target: Target) -> "BundleState":
        """With one more in the list, and both inputs empty for the next."""
        return replace(self, targets=tuple(dict.fromkeys((*self.targets, target))), turn=self.turn + 1)

    def without(self, target: Target | None) -> "BundleState":
        return replace(self, targets=tuple(each for each in self.targets if each != target))

    def dump(self) -> str:
        listed = [[each.account, each.permission_set] for each in self.targets]
        return json.dumps({**json.loads(self.note.dump()), "l": listed, "t": self.turn})

    @classmethod
    def load(cls, memo: str) -> "BundleState | None":
        """None for anything that ``dump`` did not write, such as the memo of another form."""
        note = FormNote.load(memo)
        try:
            stored = read_memo(memo)
            targets = tuple(Target(AccountId(str(a)), PermissionSetArn(str(p))) for a, p in stored["l"])
            return cls(note, targets, read_number(stored["t"])) if note else None
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class FilledBundle:
    """A bundle as it was filled in. ``problems`` are what could not even be read."""

    bundle: Bundle
    problems: tuple[Refusal, ...] = ()


def build(
    state: BundleState, called: str, book: PolicyBook, names: CurrentNames, not_added: TargetNotAdded | None = None
) -> Screen:
    """Show a bundle to be changed; a blank one to be made. ``not_added``: why the last press added nothing."""
    return form(
        FormId.BUNDLE,
        SECTIONS[state.note.section],
        [
            picker.typed(
                Field.NAME, called, "One word. People choose it in the form, or type it.", longest=LONGEST_NAME
            ),
            *_rows(state, Speller(book, names)),
            _half("Account", state.account_input, ActionId.FIND_ACCOUNTS),
            _half("Permission set", state.permission_set_input, ActionId.FIND_PERMISSION_SETS),
            aside(text("⚠️ ", not_added.value) if not_added else ""),
            buttons(Button("Add a target", ActionId.BUNDLE_ADD, "target"), id="bundle.targets"),
            aside("A bundle gives nobody any right: people are offered the part of it that policies let them ask for."),
            aside("Nothing is saved yet: the next page shows what this changes."),
        ],
        submit="Preview",
        memo=state.dump(),
    )


def _rows(state: BundleState, speller: Speller) -> list[Part]:
    if not state.targets:
        return []
    gone = {each.place for each in gone_from_bundle(Bundle("", state.targets), speller.names.organization)}
    rows = (_row(each, place, speller, is_gone=place in gone) for place, each in enumerate(state.targets, start=1))
    return [aside(text(len(state.targets), " of at most ", MOST_TARGETS, " targets:")), *rows]


def _row(target: Target, place: int, speller: Speller, *, is_gone: bool) -> Part:
    called = speller.target(target)
    spoken = f"Remove target {place}"
    button = Button("Remove", ActionId.BUNDLE_REMOVE, favourites.dump(target), spoken=spoken)
    return row(called, _GONE if is_gone else "", button=button, id=f"bundle.target.{place}")


_GONE = text(" · ⚠️ gone: left out when somebody takes the bundle")


def _half(label: str, id_: str, action: ActionId) -> Part:
    return Input(id_, action, label, Lookup(), optional=True)


def target_of(filled: Filled, state: BundleState) -> Target | None:
    """The target that is chosen beside the list; None while a half of it is missing."""
    account, arn = filled.chosen(state.account_input), filled.chosen(state.permission_set_input)
    return Target(AccountId(account), PermissionSetArn(arn)) if account and arn else None


def name_of(filled: Filled) -> str:
    """The word that was typed so far."""
    return picker.Answers(filled).typed(Field.NAME)


def parse(filled: Filled) -> FilledBundle:
    """Read a form that was sent: the targets in its list, and one that is chosen beside it."""
    state = _state_of(filled)
    target = target_of(filled, state)
    targets = tuple(dict.fromkeys((*state.targets, *([target] if target else []))))
    return FilledBundle(Bundle(name_of(filled), targets), tuple(_problems(filled, state)))


def _state_of(filled: Filled) -> BundleState:
    return BundleState.load(filled.memo) or BundleState(FormNote(Section.BUNDLES))


def _problems(filled: Filled, state: BundleState) -> Iterator[Refusal]:
    """Half a target beside the list."""
    account, arn = filled.chosen(state.account_input), filled.chosen(state.permission_set_input)
    if account and not arn:
        yield Refusal(Reason.NOTHING_CHOSEN, Field.PERMISSION_SET)
    if arn and not account:
        yield Refusal(Reason.NOTHING_CHOSEN, Field.ACCOUNT)


def errors(refusals: Sequence[Refusal], filled: Filled) -> dict[str, str]:
    """Put each refusal on its field: input id → sentence. What is about the list goes to the account."""
    state = _state_of(filled)
    places: dict[str, str] = {Field.NAME: picker.input_of(Field.NAME), Field.PERMISSION_SET: state.permission_set_input}
    gathered: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        place = places.get(refusal.field or "", state.account_input)
        gathered.setdefault(place, []).append(refusal)
    return {id_: plain(sentences.refusals(several), LONGEST_ERROR) for id_, several in gathered.items()}
