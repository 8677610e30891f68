"""Judges a policy file by itself: keys, types, bounds, duplicates, and what a policy cannot do without.

A mistake does not hide the others: what is wrong is cut out, and the rest is judged and kept, so that its names
can be looked up too. ``Document.problems`` holds what was found; ``resolve`` raises it together with its own.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.adapters.policy_file.schema import ApprovalPart, BundlePart, Content, EligibilityPart, EverySetting
from core.adapters.policy_file.tree import LineNumbers, Path, Scalar, Tree, parse
from core.domain.errors import Problem
from core.domain.open_requests import MOST_TARGETS

_PARTS: Mapping[str, type[BaseModel]] = {
    "settings": EverySetting,
    "eligibility": EligibilityPart,
    "approval": ApprovalPart,
    "bundles": BundlePart,
}
_NEEDS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "eligibility": (
        (("users", "groups"), "names no people: give `users` or `groups`"),
        (("accounts", "ous", "direct_ous"), "has no target: give `accounts`, `ous` or `direct_ous`"),
        (("permission_sets",), "has no target: give `permission_sets`"),
    ),
    "approval": (
        (("approver_users", "approver_groups"), "names no people: give `approver_groups` or `approver_users`"),
        (("accounts", "ous", "direct_ous"), "has no target: give `accounts`, `ous` or `direct_ous`"),
    ),
    "bundles": ((("targets",), "has no targets: give `account` and `permission_set` of each"),),
}
"""The keys that a policy of each section needs: at least one of each group."""
_PLACES = frozenset({"accounts", "ous", "direct_ous", "permission_sets"})
"""Those that a policy about ``target_groups`` alone needs none of."""


MOST_TOLD = 1000
"""Mistakes that are told one by one: nobody reads more, and each costs time (rule 26)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: its content by names, where everything stands, and what is wrong with it."""

    content: Content
    lines: LineNumbers
    problems: tuple[Problem, ...] = ()
    cut: frozenset[Path] = frozenset()
    """Places that were left out of ``content`` because of a problem."""

    def is_whole(self, path: Path) -> bool:
        """True if nothing had to be cut out at or below this place."""
        return not any(place[: len(path)] == path for place in self.cut)


def read(text: str) -> Document:
    """Read a policy file. Raises InvalidPolicies only when there is nothing to judge (no YAML, aliases, too large).

    Every other problem is in ``problems``, in the order of lines.
    """
    parsed = parse(text)
    content, mistakes = _validated(parsed.root)
    found = [
        *parsed.problems,
        *(_problem(mistake, parsed.lines) for mistake in mistakes[:MOST_TOLD]),
        *_untold(mistakes[MOST_TOLD:], parsed.lines),
        *_version_missing(parsed.root),
        *_ticket_twice(parsed.root, parsed.lines),
        *_policy_problems(parsed.root, parsed.lines),
        *_bundle_problems(parsed.root, parsed.lines),
    ]
    cut = frozenset(mistake["loc"] for mistake in mistakes)
    return Document(content, parsed.lines, tuple(sorted(found, key=lambda problem: problem.line)), cut)


def _untold(mistakes: list[ErrorDetails], lines: LineNumbers) -> list[Problem]:
    if not mistakes:
        return []
    return [Problem(lines.at(mistakes[0]["loc"]), f"{len(mistakes)} more mistakes: mend those before them first")]


def _validated(root: dict[str, Tree]) -> tuple[Content, list[ErrorDetails]]:
    """Validate; on mistakes, validate what is left without them (everything in a file may be absent)."""
    try:
        return Content.model_validate(root), []
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=False)
    rest = deepcopy(root)
    for place in sorted({mistake["loc"] for mistake in mistakes}, key=_in_order, reverse=True):
        _cut(rest, place)
    return Content.model_validate(rest), mistakes


def _in_order(place: Path) -> list[str]:
    """Sorts the items of a list by number; cutting from the end leaves the places before it true."""
    return [f"{step:>9}" for step in place]


def _cut(root: dict[str, Tree], place: Path) -> None:
    """Take one place out. A policy leaves an empty one behind, so that the others keep their numbers."""
    inside: Tree = root
    for step in place[:-1]:
        inside = _child(inside, step)
    last = place[-1]
    if isinstance(inside, dict):
        del inside[str(last)]
    elif isinstance(inside, list) and isinstance(last, int):
        inside[last : last + 1] = [{}] if len(place) == 2 else []


def _child(tree: Tree, step: str | int) -> Tree:
    if isinstance(tree, dict) and isinstance(step, str):
        return tree.get(step)
    return tree[step] if isinstance(tree, list) and isinstance(step, int) else None


def _problem(mistake: ErrorDetails, lines: LineNumbers) -> Problem:
    place = mistake["loc"]
    line, where = lines.at(place), _where(place)
    match mistake["type"]:
        case "extra_forbidden":
            return Problem(line, f"unknown key `{place[-1]}`{_meant(place)}")
        case "model_type" | "model_attributes_type":
            return Problem(line, f"{where} must be a mapping of `key: value`")
        case _:
            return Problem(line, f"{where} {mistake['msg']}")


def _where(place: Path) -> str:
    """The key that a place belongs to: ``users`` for an item of it, the section for a whole policy."""
    keys = [step for step in place if isinstance(step, str)]
    return f"`{keys[-1]}`" + (":" if isinstance(place[-1], int) and len(place) > 2 else "")


def _meant(place: Path) -> str:
    """A known key that looks like the unknown one."""
    model = _PARTS.get(str(place[0]), Content) if len(place) > 1 else Content
    close = get_close_matches(str(place[-1]), model.model_fields, n=1)
    return f": did you mean `{close[0]}`?" if close else ""


def _version_missing(root: Mapping[str, Tree]) -> list[Problem]:
    return [] if root.get("version") is not None else [Problem(1, "`version: 1` is missing")]


def _ticket_twice(root: Mapping[str, Tree], lines: LineNumbers) -> Iterator[Problem]:
    """Two words for one setting could say two things."""
    settings = root.get("settings")
    if isinstance(settings, dict) and settings.get("ticket") and settings.get("require_ticket"):
        yield Problem(lines.at(("settings", "require_ticket")), "`require_ticket` is `ticket` today: leave it out")


def _policy_problems(root: Mapping[str, Tree], lines: LineNumbers) -> Iterator[Problem]:
    """Report policies that lack something, and names given twice. Judged as written, whatever else is wrong."""
    for section, needs in _NEEDS.items():
        named: dict[str, int] = {}
        policies = root.get(section)
        for index, policy in enumerate(policies if isinstance(policies, list) else []):
            if not isinstance(policy, dict):
                continue
            place = (section, index)
            kind = "bundle" if section == "bundles" else "policy"
            yield from (Problem(lines.at(place), what) for what in _lacking(policy, needs, kind))
            yield from _named_before(policy, lines.at((*place, "name")), named, kind)


def _bundle_problems(root: Mapping[str, Tree], lines: LineNumbers) -> Iterator[Problem]:
    """Report bundles that nobody could type, or that are too long, and targets that are half there."""
    bundles = root.get("bundles")
    for index, bundle in enumerate(bundles if isinstance(bundles, list) else []):
        if not isinstance(bundle, dict):
            continue
        name, targets = bundle.get("name"), bundle.get("targets")
        if isinstance(name, Scalar) and len(name.text.split()) != 1:
            yield Problem(lines.at(("bundles", index, "name")), f"bundle {name.text!r} must be called by one word")
        listed = targets if isinstance(targets, list) else []
        if len(listed) > MOST_TARGETS:
            yield Problem(lines.at(("bundles", index, "targets")), f"a bundle has at most {MOST_TARGETS} targets")
        for place, target in enumerate(listed):
            if isinstance(target, dict) and not (target.get("account") and target.get("permission_set")):
                line = lines.at(("bundles", index, "targets", place))
                yield Problem(line, "a target needs both: `account` and `permission_set`")


def _lacking(policy: Mapping[str, Tree], needs: tuple[tuple[tuple[str, ...], str], ...], kind: str) -> Iterator[str]:
    name = policy.get("name")
    if name is None:
        yield f"a {kind} needs a `name`"
    called = f"{kind} {name.text!r}" if isinstance(name, Scalar) else f"this {kind}"
    given = {key for key, value in policy.items() if value not in (None, [])}
    is_of_groups = "target_groups" in given and given.isdisjoint(_PLACES)
    for keys, what in needs:
        if given.isdisjoint(keys) and not (is_of_groups and _PLACES.issuperset(keys)):
            yield f"{called} {what}"


def _named_before(policy: Mapping[str, Tree], line: int, named: dict[str, int], kind: str) -> Iterator[Problem]:
    name = policy.get("name")
    if not isinstance(name, Scalar):
        return
    called = name.text.casefold() if kind == "bundle" else name.text  # the word of a bundle is typed in any case
    if called in named:
        yield Problem(line, f"there is a {kind} {name.text!r} already, on line {named[called]}")
    named.setdefault(called, line)
