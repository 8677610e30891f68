"""Subcommands: what is typed, by whom, and what it does. Help, hints, manifests and the documentation follow."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from core.domain.people import Persona


@dataclass(frozen=True, slots=True)
class Use:
    """One way to type a subcommand. ``takes`` and ``example`` are what stands behind the word.

    In ``takes`` what stands in brackets may be left out.
    """

    does: str
    takes: str = ""
    example: str = ""
    of_groups: bool = False
    """Of use only where membership of groups can be asked for."""

    @property
    def needs(self) -> str:
        return " ".join(each for each in self.takes.split() if not each.startswith("["))


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word. What it leads to is in ``flows.routes``."""

    word: str
    persona: Persona | None
    """The persona that may use it; None: everybody."""
    uses: tuple[Use, ...]
    also: Persona | None = None
    """The other persona that may use it."""
    is_hinted: bool = False
    """Slack shows it while the command is typed: those that are typed most."""
    is_left_to_barred: bool = False
    """A chat account that may not ask may use it still: it only looks, or takes access away (rule 1)."""

    def explained_to(self, personas: Collection[Persona]) -> Persona | None:
        """The persona that it is explained under to somebody who may use it; None: everybody's."""
        return self.also if self.also is not None and self.persona not in personas else self.persona


SUBCOMMANDS = (
    Subcommand(
        "request",
        Persona.REQUESTER,
        (
            Use("ask for access: opens the form"),
            Use(
                "the same with the form filled in; the words in any order, names with spaces in quotes",
                "ACCOUNT PERMISSION_SET DURATION WHY",
                "111122223333 ReadOnlyAccess 1h fixing the pipeline",
            ),
            Use(
                "ask to be in a group for a while",
                "group NAME DURATION WHY",
                "group Operators 1h fixing the pipeline",
                of_groups=True,
            ),
            Use(
                "several targets at once: accounts or permission sets with commas between, or the word of a bundle",
                "BUNDLE DURATION WHY",
                "incident 1h the site is down",
            ),
        ),
        is_hinted=True,
    ),
    Subcommand("requests", None, (Use("your requests, newest first"),), is_hinted=True, is_left_to_barred=True),
    Subcommand(
        "approvals",
        Persona.APPROVER,
        (Use("requests that wait for your decision, to be decided right there"),),
        is_hinted=True,
    ),
    Subcommand(
        "show",
        None,
        (Use("one request: every fact, its history, its policies", "ID", "R-1042"),),
        is_hinted=True,
        is_left_to_barred=True,
    ),
    Subcommand(
        "cancel", None, (Use("withdraw your request before it has begun", "ID", "R-1042"),), is_left_to_barred=True
    ),
    Subcommand(
        "revoke",
        None,
        (Use("end your own access now, or revoke somebody else's", "ID [WHY]", "R-1042 the incident is over"),),
        is_hinted=True,
        is_left_to_barred=True,
    ),
    Subcommand("logs", None, (Use("session activity in AWS of a request that you may see", "ID", "R-1042"),)),
    Subcommand("whoami", None, (Use("who you are in IAM Identity Center, and what you may do here"),)),
    Subcommand(
        "audit",
        Persona.APPROVER,
        (Use("search the requests that you may see, export as CSV", "[WORDS]", "ada payments"),),
        also=Persona.AUDITOR,
        is_hinted=True,
    ),
    Subcommand(
        "report",
        Persona.AUDITOR,
        (Use("figures and charts of a period, and who has access now", "[DAYS]", "90d"),),
        is_hinted=True,
    ),
    Subcommand(
        "policy",
        Persona.ADMIN,
        (
            Use("all policies and bundles", "list", "list"),
            Use("one of them in full", "show NAME", "show payments-engineers"),
            Use("write a new policy or bundle", "create", "create"),
            Use("change one", "edit NAME", "edit payments-engineers"),
            Use("remove one", "delete NAME", "delete payments-engineers"),
            Use("every change: who, when and why, each with a way to restore it", "history", "history"),
            Use(
                "who may, how long, who decides, and by which policies",
                "explain USER ACCOUNT PERMISSION_SET",
                "explain @ada 111122223333 PowerUserAccess",
            ),
        ),
    ),
    Subcommand(
        "close",
        Persona.ADMIN,
        (Use("close by hand a revocation that AWS will never finish, with a reason", "ID", "R-1042"),),
    ),
    Subcommand("settings", Persona.ADMIN, (Use("limits and switches for everybody"),)),
    Subcommand("tokens", Persona.ADMIN, (Use("tokens for programs that use the HTTP API: make and revoke them"),)),
    Subcommand("help", None, (Use("what you can do here"),), is_hinted=True),
)
"""In the order in which they are explained."""
HOME = Subcommand(
    "home",
    None,
    (Use("what waits for you, what is live, and what you can do here"),),
    is_hinted=True,
    is_left_to_barred=True,
)
"""For a platform where Home is a message: elsewhere it has a place of its own."""


def open_to(personas: Collection[Persona], known: Sequence[Subcommand] = SUBCOMMANDS) -> Iterator[Subcommand]:
    """Those of the ``known`` subcommands that these personas may use. An admin may do what an auditor may."""
    held = {*personas, *((Persona.AUDITOR,) if Persona.ADMIN in personas else ())}
    return (each for each in known if each.persona is None or not held.isdisjoint({each.persona, each.also}))


def without_groups(known: Sequence[Subcommand]) -> tuple[Subcommand, ...]:
    """The same where membership of groups cannot be asked for."""
    return tuple(replace(each, uses=tuple(use for use in each.uses if not use.of_groups)) for each in known)


def nearest(word: str, personas: Collection[Persona], known: Sequence[Subcommand] = SUBCOMMANDS) -> str:
    """The subcommand that was probably meant; empty when none of theirs is near."""
    found = get_close_matches(word.casefold(), [each.word for each in open_to(personas, known)], n=1, cutoff=0.5)
    return found[0] if found else ""


def usage_hint() -> str:
    """``request | requests | show ID``: those that are typed most, each with what it cannot do without."""
    return " | ".join(typed(each.word, each.uses[0].needs) for each in SUBCOMMANDS if each.is_hinted)


def typed(word: str, rest: str) -> str:
    return f"{word} {rest}" if rest else word
