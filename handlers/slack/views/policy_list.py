"""All policies, ten a page; one policy whole; what to say when a name names none, or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from core.domain.policy import PolicyBook, Settings
from core.domain.policy_diff import Policy, Section, policies_in, policy_in
from core.ports import Proposal
from core.services.context.type_ahead import best_matches
from core.services.policies.admin_gate import AdminContext
from handlers.screens.clean import plain
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import policy_text
from handlers.slack.views.block import actions, button, context, facts, heading, note, section
from handlers.slack.views.policy_text import Speller
from handlers.slack.views.render import fits
from handlers.slack.views.text import bold, code, name
from handlers.words.policy_words import SECTIONS

PAGE = 10
_TITLE = "Policies and settings"
_EMPTY = "There are no policies yet: nobody can ask for anything. Begin with who may ask for what."


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """Which policy a button is about: ``eligibility:payments-engineers``. ``settings:`` are the settings."""

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


def every(book: PolicyBook) -> list[tuple[PolicyRef, Policy]]:
    """All policies, eligibility first, each section by name."""
    return [
        (PolicyRef(part, policy.name), policy)
        for part in (Section.ELIGIBILITY, Section.APPROVAL)
        for policy in sorted(policies_in(book, part), key=lambda policy: policy.name.casefold())
    ]


def named(book: PolicyBook, called: str) -> list[PolicyRef]:
    """The policies that somebody means by a name: exactly so, else in any case."""
    exactly = [ref for ref, _ in every(book) if ref.name == called]
    return exactly or [ref for ref, _ in every(book) if ref.name.casefold() == called.casefold()]


def build(admin: AdminContext, start: int = 0) -> Message:
    """One page of the list."""
    blocks = _blocks(admin, start)
    count = len(every(admin.book))
    spoken = f"{count} policies at revision {admin.book.revision}" if count else _EMPTY
    return Message(spoken, blocks)


def build_view(admin: AdminContext, start: int = 0) -> View:
    """The same as a modal."""
    return note("Policies", _blocks(admin, start))


def _blocks(admin: AdminContext, start: int) -> list[Block]:
    policies, speller = every(admin.book), Speller(admin.book, admin.names)
    shown = policies[start : start + PAGE]
    rows: list[Block] = [_row(ref, policy, speller) for ref, policy in shown]
    more = start + PAGE
    next_page = button("More", ActionId.POLICIES, str(more), says="More policies") if more < len(policies) else None
    return [
        section(f"*{_TITLE}* · revision {admin.book.revision}"),
        *(rows or [section(_EMPTY)]),
        *context(f"{start + 1} to {start + len(shown)} of {len(policies)}" if len(policies) > PAGE else ""),
        *actions(next_page, *buttons(), block_id="policy.list"),
    ]


def buttons() -> tuple[ButtonElement, ...]:
    """What an admin can do with policies and settings."""
    return (
        button("New policy", ActionId.POLICY_NEW, "new"),
        button("Settings", ActionId.SETTINGS, "settings"),
        button("History", ActionId.POLICY_HISTORY, ""),
        button("Explain", ActionId.EXPLAIN, "explain"),
    )


MOST_WAITING = 3
HOME_BLOCKS = 3 + MOST_WAITING


def home(book: PolicyBook, waiting: Sequence[Proposal] = ()) -> list[Block]:
    """The part of Home that leads here; the changes that wait for a second admin first."""
    counts = f"{len(book.eligibility)} eligibility and {len(book.approval)} approval policies"
    return [
        heading(_TITLE),
        *map(_waiting, waiting[:MOST_WAITING]),
        section(f"{counts} · revision {book.revision}", button("All policies", ActionId.POLICIES, "0")),
        *actions(*buttons(), block_id="home.policies"),
    ]


def _waiting(proposal: Proposal) -> Block:
    number = str(proposal.id)
    details = button("Details", ActionId.CHANGE_DETAILS, number, says=f"Details of change {number}", style="primary")
    said = f"🔐 *Waits for a second admin*\n{name(proposal.author.name)} · {policy_text.why(proposal.why)}"
    return section(said, details)


def _row(ref: PolicyRef, policy: Policy, speller: Speller) -> Block:
    kind = SECTIONS[ref.section].partition(" ")[0]
    open_button = button("Open", ActionId.POLICY, str(ref), says=f"Open {ref.name}")
    return section(f"{bold(ref.name)} · {kind}\n{policy_text.summary(policy, speller)}", open_button)


def build_policy(admin: AdminContext, ref: PolicyRef, most: int = 12) -> list[Block]:
    """One policy whole, with what can be done about it; what is, in the place of one that is gone."""
    speller = Speller(admin.book, admin.names)
    part: Policy | Settings | None = admin.book.settings
    if ref.section is not Section.SETTINGS:
        part = policy_in(admin.book, ref.section, ref.name)
    if part is None:
        return [section(unknown(admin.book, ref.name))]
    is_policy = ref.section is not Section.SETTINGS
    return [
        section(f"{SECTIONS[ref.section]} {bold(ref.name)} · revision {admin.book.revision}"),
        *facts(policy_text.facts(part, speller, most)),
        *actions(
            button("Edit", ActionId.POLICY_EDIT, str(ref), says=f"Edit {ref.name}", style="primary"),
            _delete(ref) if is_policy else None,
            button("All policies", ActionId.POLICIES, "0"),
            block_id="policy.show",
        ),
    ]


def _delete(ref: PolicyRef) -> ButtonElement:
    return button("Delete", ActionId.POLICY_DELETE, str(ref), says=f"Delete {ref.name}", style="danger")


def show(admin: AdminContext, ref: PolicyRef) -> Message:
    """As a message, which Slack limits as a whole: fewer values of each field, when they are many and long."""
    spoken = f"{SECTIONS[ref.section]} {name(ref.name)}"
    tried = (Message(spoken, build_policy(admin, ref, most)) for most in (12, 6))
    return next((message for message in tried if fits(message)), Message(spoken, build_policy(admin, ref, 2)))


def show_view(admin: AdminContext, ref: PolicyRef) -> View:
    return note(SECTIONS[ref.section], build_policy(admin, ref))


def which(admin: AdminContext, refs: Sequence[PolicyRef], called: str) -> Message:
    """Two policies of one name, or none."""
    if not refs:
        sentence = unknown(admin.book, called)
        return Message(sentence, [section(sentence), *actions(*_list_button(), block_id="policy.which")])
    by_ref = dict(every(admin.book))
    rows: list[Block] = [_row(ref, by_ref[ref], Speller(admin.book, admin.names)) for ref in refs]
    sentence = f"More than one policy is called {name(called)}. Which?"
    return Message(sentence, [section(sentence), *rows])


def unknown(book: PolicyBook, called: str) -> str:
    """There is no such policy; the nearest name is told, or the first few that have these words in them."""
    known = {ref.name.casefold(): ref.name for ref, _ in every(book)}
    near = (
        get_close_matches(called.casefold(), known, n=1, cutoff=0.5)
        or best_matches(known, called, lambda each: (each,))[:3]
    )
    meant = f" Did you mean {' or '.join(code(known[each]) for each in near)}?" if near and called.strip() else ""
    said = f"There is no policy {code(called)}." if plain(called, 80) else "Which policy? Give its name."
    return f"{said}{meant}"


def _list_button() -> tuple[ButtonElement, ...]:
    return (button("All policies", ActionId.POLICIES, "0"),)


WORDS = ("list", "show NAME", "create", "edit NAME", "delete NAME", "history", "explain USER ACCOUNT PERMISSION_SET")


def unknown_word(word: str, command: str) -> Message:
    """After ``policy`` stands something that is none of its words: the nearest is named, and all of them."""
    near = get_close_matches(word.casefold(), [each.split()[0] for each in WORDS], n=1, cutoff=0.5)
    meant = f" Did you mean {code(f'{command} policy {near[0]}')}?" if near else ""
    sentence = f"There is no {code(f'{command} policy {word}')}.{meant}"
    return Message(sentence, [section(sentence), *context(" · ".join(code(f"policy {each}") for each in WORDS))])


def kinds() -> View:
    """Which kind of policy is to be made."""
    return note(
        "New policy",
        [
            section(
                "*Eligibility policy*: who may ask for what, and for how long.",
                button("Who may ask", ActionId.POLICY_CREATE, Section.ELIGIBILITY, style="primary"),
                block_id="policy.new.eligibility",
            ),
            section(
                "*Approval policy*: who decides about it, and in which channel.",
                button("Who decides", ActionId.POLICY_CREATE, Section.APPROVAL),
                block_id="policy.new.approval",
            ),
        ],
    )
