"""``teambot policy init``: a first policy file from a few answers, each looked up in AWS and in chat."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot.commands import read_here, warn
from bot.compose import Infrastructure, open_infrastructure
from bot.policy_approval import refuse_alone
from bot.said import document, say, to_file
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.adapters.policy_file.reading import read
from core.adapters.policy_file.writing import write
from core.domain.errors import InvalidPolicies, NotFound, Problem
from core.domain.organization import Organization
from core.domain.policy import PolicyBook
from core.services.policies.store import keep_personas
from core.services.queries.policy_explainer import account_called

Ask = Callable[[str, str], str]
"""Asks a question, with the answer that holds when nothing is typed; returns what was typed."""

LONGEST_NAME = 60
STANDARD_OUTPUT = Path("-")
OFFERED = 20
"""So many names are shown beside a question; with more of them it is quicker to know the name."""
HEAD = """\
# Who may ask for what, and who decides. Look at it, then: teambot policy check {file}
# Every key: docs/configuration.md. Examples: docs/policies.md.
"""


Answers = Mapping[str, Sequence[str]]
"""By the field of its question: names and ids, as they were typed."""


@dataclass(frozen=True, slots=True)
class Question:
    """``option`` gives the same answer on the command line."""

    field: str
    option: str
    text: str
    may_be_empty: bool = False


QUESTIONS = (
    Question("requesters", "--requesters", "Groups whose people may ask"),
    Question("places", "--account or --ou", "Accounts (name or 12 digits) or OUs (ou-… or r-…) to ask for"),
    Question("permission_sets", "--permission-set", "Permission sets to ask for"),
    Question("approvers", "--approvers", "Groups whose people approve"),
    Question(
        "channels",
        "--channel",
        "Channels for the cards, by id or Teams link (empty: each approver is asked directly)",
        True,
    ),
)


async def init(settings: ProcessSettings, file: Path, answers: Answers, max_duration: str, ask: Ask | None) -> int:
    """Write the file; ``ask``: None where nobody is there to answer."""
    _refuse_if_there(file)
    missing = [each.option for each in QUESTIONS if not each.may_be_empty and not answers.get(each.field)]
    if missing and ask is None:
        raise click.UsageError(f"There is no terminal to ask in: give {', '.join(missing)}.")
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        book = await _asked(settings, base, answers, max_duration, ask if missing else None)
        before = await base.rules.policies.current()
        await refuse_alone(base.directory, before, keep_personas(before, book))
        await warn(base, book, settings.platforms)
        policies = write(book, await base.rules.organizations.current())
    if file == STANDARD_OUTPUT:
        document(HEAD.format(file="FILE") + policies)
        return 0
    _write(file, HEAD.format(file=file) + policies)
    say(f"Written to {file}. Next: teambot policy check {file}, then teambot policy apply {file}", err=True)
    return 0


async def _asked(
    settings: ProcessSettings, base: Infrastructure, answers: Answers, max_duration: str, ask: Ask | None
) -> PolicyBook:
    """The policies of the answers. Where somebody is there, all problems are told and all questions asked again."""
    await base.rules.organizations.refresh()
    await base.directory.refresh()
    organization = await base.rules.organizations.current()
    groups = [group.name for group in await base.directory.groups()]
    offers = {
        "requesters": groups,
        "approvers": groups,
        "permission_sets": [each.name for each in organization.permission_sets.values()],
        "places": [f"{each.name} ({each.id})" for each in organization.accounts.values()],
    }
    while True:
        if ask is not None:
            answers = _completed(answers, offers, ask)
        try:
            return await read_here(settings, base, read(_draft(answers, max_duration, organization)))
        except (InvalidPolicies, NotFound) as wrong:
            problems = wrong.problems if isinstance(wrong, InvalidPolicies) else (Problem(0, str(wrong)),)
            if ask is None:
                raise InvalidPolicies([Problem(0, each.message) for each in problems]) from wrong
            for each in problems:
                say(each.message, err=True)


def _completed(answers: Answers, offers: Mapping[str, Sequence[str]], ask: Ask) -> Answers:
    """Every question once, with the answer that there was as the one that holds."""
    given: dict[str, tuple[str, ...]] = {}
    for question in QUESTIONS:
        names = sorted(offers.get(question.field, ()))
        if 0 < len(names) <= OFFERED:
            say(f"There are: {', '.join(names)}", err=True)
        given[question.field] = _parts(ask(question.text, ", ".join(answers.get(question.field, ()))))
    return given


def _parts(typed: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in typed.split(","))))


def _draft(answers: Answers, max_duration: str, organization: Organization) -> str:
    """The answers as a policy file, by the names that were typed. NotFound for an account that is not there."""
    places, requesters = answers["places"], answers["requesters"]
    ous = [place for place in places if place.startswith(("ou-", "r-"))]
    accounts = [account_called(organization, place).id for place in places if place not in ous]
    where: dict[str, Any] = {"accounts": accounts, "ous": ous}
    name = " and ".join(requesters)[:LONGEST_NAME]
    eligibility = {
        "name": name,
        "groups": requesters,
        **where,
        "permission_sets": answers["permission_sets"],
        "max_duration": max_duration,
    }
    approval = {
        "name": f"{name} approvers",
        **where,
        "approver_groups": answers["approvers"],
        "channels": answers.get("channels", ()),
    }
    return json.dumps({"version": 1, "eligibility": [eligibility], "approval": [approval]})  # which is YAML, too


def _refuse_if_there(file: Path) -> None:
    if file != STANDARD_OUTPUT and file.exists():
        raise click.ClickException(f"{file} exists already: name another file, or move that one away.")


def _write(file: Path, text: str) -> None:
    _refuse_if_there(file)
    with to_file(file), file.open("x", encoding="utf-8") as opened:
        opened.write(text)
