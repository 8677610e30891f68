"""All policies, ten a page; one policy whole; what to say when a name names none, or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from core.domain.policy import PolicyBook
from core.domain.policy_diff import NamedPart, Section, policies_in, policy_in
from core.domain.settings import Settings
from core.ports import Proposal
from core.services.context.type_ahead import best_matches
from core.services.policies.admin_gate import AdminContext
from handlers.screens import policy_text
from handlers.screens.clean import plain
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Heading, Part, Tone, aside, buttons, facts, row
from handlers.screens.policy_notice import why
from handlers.screens.policy_text import Speller
from handlers.screens.screen import Message, Screen, message, note, shortened
from handlers.screens.spans import Code, Text, joined, name, strong, strong_name, text
from handlers.words.counts import counted
from handlers.words.policy_words import SECTIONS
from handlers.words.subcommands import SUBCOMMANDS

PAGE = 10
_TITLE = "Policies and settings"
_EMPTY = "There are no policies yet: nobody can ask for anything. Begin with who may ask for what."


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """The policy that a button is about, as ``eligibility:payments-engineers``; ``settings:`` for the settings."""

    section: Section
    name: str = ""

    def __str__(self) -> str:
        return f"{self.section}:{self.name}"

    @classmethod
    def read(cls, value: object) -> "PolicyRef | None":
        """None for anything that this program did not write."""
        section_name, colon, called = str(value).partition(":")
        if not colon or section_name not in set(Section):
            return None
        return cls(Section(section_name), called)


def every(book: PolicyBook) -> list[tuple[PolicyRef, NamedPart]]:
    """All policies, eligibility first, and the bundles; each section by name."""
    return [
        (PolicyRef(part, policy.name), policy)
        for part in (Section.ELIGIBILITY, Section.APPROVAL, Section.BUNDLES)
        for policy in sorted(policies_in(book, part), key=lambda policy: policy.name.casefold())
    ]


def named(book: PolicyBook, called: str) -> list[PolicyRef]:
    """The policies that somebody means by a name: exactly so, else in any case, else without quotes around it."""
    exactly = [ref for ref, _ in every(book) if ref.name == called]
    found = exactly or [ref for ref, _ in every(book) if ref.name.casefold() == called.casefold()]
    bare = called.strip("\"“”„'`")
    return found if found or bare == called else named(book, bare)


def build(admin: AdminContext, start: int = 0) -> Message:
    """One page of the list."""
    spoken = f"{_counted(admin.book)} at revision {admin.book.revision}" if every(admin.book) else _EMPTY
    return message(spoken, _parts(admin, start))


def _counted(book: PolicyBook) -> str:
    policies = counted(len(book.policies), "policy", "policies")
    return f"{policies} and {counted(len(book.bundles), 'bundle')}" if book.bundles else policies


def build_screen(admin: AdminContext, start: int = 0) -> Screen:
    """The same as a screen."""
    return note("Policies", _parts(admin, start))


def _parts(admin: AdminContext, start: int) -> list[Part]:
    policies, speller = every(admin.book), Speller(admin.book, admin.names)
    shown = policies[start : start + PAGE]
    rows: list[Part] = [_row(ref, policy, speller) for ref, policy in shown]
    more = start + PAGE
    next_page = Button("More", ActionId.POLICIES, str(more), spoken="More policies") if more < len(policies) else None
    return [
        row(strong(_TITLE), " · revision ", admin.book.revision),
        *(rows or [row(_EMPTY)]),
        aside(f"{start + 1} to {start + len(shown)} of {len(policies)}" if len(policies) > PAGE else ""),
        buttons(next_page, *what_can_be_done(), id="policy.list"),
    ]


def what_can_be_done() -> tuple[Button, ...]:
    """The things that an admin can do with policies and settings."""
    return (
        Button("New policy", ActionId.POLICY_NEW, "new"),
        Button("Settings", ActionId.SETTINGS, "settings"),
        Button("History", ActionId.POLICY_HISTORY, ""),
        Button("Explain", ActionId.EXPLAIN, "explain"),
    )


MOST_WAITING = 3
HOME_PARTS = 3 + MOST_WAITING


def home(book: PolicyBook, waiting: Sequence[Proposal] = (), *, has_api: bool = False) -> list[Part]:
    """The part of Home that leads here; the changes that wait for a second admin first."""
    tokens = (Button("API tokens", ActionId.TOKENS, "0"),) if has_api else ()
    counts = f"{len(book.eligibility)} eligibility and {len(book.approval)} approval policies"
    bundles = f" · {counted(len(book.bundles), 'bundle')}" if book.bundles else ""
    return [
        Heading(_TITLE),
        *map(_waiting, waiting[:MOST_WAITING]),
        row(counts, bundles, " · revision ", book.revision, button=Button("All policies", ActionId.POLICIES, "0")),
        buttons(*what_can_be_done(), *tokens, id="home.policies"),
    ]


def _waiting(proposal: Proposal) -> Part:
    number = str(proposal.id)
    details = Button("Details", ActionId.CHANGE_DETAILS, number, Tone.PRIMARY, f"Details of change {number}")
    said = text(name(proposal.author.name), " · ", why(proposal.why))
    return row("🔐 ", strong("Waits for a second admin"), "\n", said, button=details)


def _row(ref: PolicyRef, policy: NamedPart, speller: Speller) -> Part:
    kind = SECTIONS[ref.section].partition(" ")[0]
    open_button = Button("Open", ActionId.POLICY, str(ref), spoken=f"Open {ref.name}")
    summary = policy_text.summary(policy, speller)
    return row(strong_name(ref.name), " · ", kind, "\n", summary, button=open_button)


def build_policy(admin: AdminContext, ref: PolicyRef, most: int = 12) -> list[Part]:
    """One policy whole, with what can be done about it; what is, in the place of one that is gone."""
    speller = Speller(admin.book, admin.names)
    part: NamedPart | Settings | None = admin.book.settings
    if ref.section is not Section.SETTINGS:
        part = policy_in(admin.book, ref.section, ref.name)
    if part is None:
        return [row(unknown(admin.book, ref.name))]
    is_policy = ref.section is not Section.SETTINGS
    return [
        row(SECTIONS[ref.section], " ", strong_name(ref.name), " · revision ", admin.book.revision),
        facts(*policy_text.facts(part, speller, most)),
        buttons(
            Button("Edit", ActionId.POLICY_EDIT, str(ref), Tone.PRIMARY, f"Edit {ref.name}"),
            _delete(ref) if is_policy else None,
            Button("All policies", ActionId.POLICIES, "0"),
            id="policy.show",
        ),
    ]


def _delete(ref: PolicyRef) -> Button:
    return Button("Delete", ActionId.POLICY_DELETE, str(ref), Tone.DANGER, f"Delete {ref.name}")


def show(admin: AdminContext, ref: PolicyRef) -> Message:
    """As a message: fewer values of each field where a platform has no room for many that are long."""
    spoken = text(SECTIONS[ref.section], " ", name(ref.name))
    return shortened(message(spoken, build_policy(admin, ref, most)) for most in (12, 6, 2))


def show_screen(admin: AdminContext, ref: PolicyRef) -> Screen:
    return note(SECTIONS[ref.section], build_policy(admin, ref))


def which(admin: AdminContext, refs: Sequence[PolicyRef], called: str) -> Message:
    """Two policies of one name, or none."""
    if not refs:
        sentence = unknown(admin.book, called)
        return message(sentence, [row(sentence), buttons(*_list_button(), id="policy.which")])
    by_ref = dict(every(admin.book))
    rows: list[Part] = [_row(ref, by_ref[ref], Speller(admin.book, admin.names)) for ref in refs]
    sentence = text("More than one policy is called ", name(called), ". Which?")
    return message(sentence, [row(sentence), *rows])


def unknown(book: PolicyBook, called: str) -> Text:
    """There is no such policy; the nearest name is told, or the first few that have these words in them."""
    known = {ref.name.casefold(): ref.name for ref, _ in every(book)}
    near = (
        get_close_matches(called.casefold(), known, n=1, cutoff=0.5)
        or best_matches(known, called, lambda each: (each,))[:3]
    )
    nearest = joined(" or ", (Code(known[each]) for each in near))
    meant = text(" Did you mean ", nearest, "?") if near and called.strip() else ""
    said = text("There is no policy ", Code(called), ".") if plain(called, 80) else "Which policy? Give its name."
    return text(said, meant)


def _list_button() -> tuple[Button, ...]:
    return (Button("All policies", ActionId.POLICIES, "0"),)


_WORDS = tuple(use.takes for each in SUBCOMMANDS if each.word == "policy" for use in each.uses)


def unknown_word(word: str, command: str) -> Message:
    """After ``policy`` stands something that is none of its words: the nearest is named, and all of them."""
    near = get_close_matches(word.casefold(), [each.split()[0] for each in _WORDS], n=1, cutoff=0.5)
    meant = text(" Did you mean ", Code(f"{command} policy {near[0]}"), "?") if near else ""
    sentence = text("There is no ", Code(f"{command} policy {word}"), ".", meant)
    return message(sentence, [row(sentence), aside(joined(" · ", (Code(f"policy {each}") for each in _WORDS)))])


def kinds() -> Screen:
    """The choice between the kinds of policy, before one is made."""
    return note(
        "New policy",
        [
            row(
                strong("Eligibility policy"),
                ": who may ask for what, and for how long.",
                button=Button("Who may ask", ActionId.POLICY_CREATE, Section.ELIGIBILITY, Tone.PRIMARY),
                id="policy.new.eligibility",
            ),
            row(
                strong("Approval policy"),
                ": who decides about it, and in which channel.",
                button=Button("Who decides", ActionId.POLICY_CREATE, Section.APPROVAL),
                id="policy.new.approval",
            ),
            row(
                strong("Bundle"),
                ": targets that people often need together, under one word. It gives nobody any right.",
                button=Button("Together", ActionId.POLICY_CREATE, Section.BUNDLES),
                id="policy.new.bundle",
            ),
        ],
    )
