"""Answers to type-ahead: what the services offer, each in as many characters as a platform shows in one line."""

from collections.abc import Sequence

from core.domain.durations import MINUTE, show_duration, write_duration
from core.domain.organization import PermissionSet
from core.services.queries.form_options import DurationChoice
from core.services.queries.offered_accounts import AccountChoice
from handlers.screens.inputs import Choice
from handlers.screens.spans import Code, Quotation, Text, Untrusted, joined, text

MOST_ALIKE = 5


def account_choice(choice: AccountChoice) -> Choice:
    """Name first; id and path as description. The end of a long path tells more than its beginning."""
    path = " / ".join(choice.path)
    room = 75 - len(choice.account.id) - 3
    where = path if len(path) <= room else "…" + path[1 - room :]
    return Choice(
        choice.account.name, choice.account.id, f"{choice.account.id} · {where}" if where else choice.account.id
    )


def accounts_alike(alike: Sequence[AccountChoice], typed: str) -> Text:
    """The accounts that have the same name, each with its place in the organization."""
    places = joined(", ", map(_place, alike[:MOST_ALIKE]))
    more = f" and {len(alike) - MOST_ALIKE} more" if len(alike) > MOST_ALIKE else ""
    said = text("⚠️ ", len(alike), " accounts are called ", Quotation(typed, 100))
    return text(said, ": ", places, more, ". Choose one here.")


def _place(choice: AccountChoice) -> Text:
    where = text(" (", Untrusted(" / ".join(choice.path), 100), ")") if choice.path else ""
    return text(Code(choice.account.id), where)


def permission_set_choice(found: PermissionSet) -> Choice:
    """Its own description, and how long sessions live on: that part is never cut."""
    tail = f"sessions up to {show_duration(found.session_duration)}"
    room = 75 - len(tail) - 3
    said = found.description if len(found.description) <= room else found.description[: room - 1].rstrip() + "…"
    return Choice(found.name, found.arn, f"{said} · {tail}" if said.strip() else tail)


def duration_choice(choice: DurationChoice) -> Choice:
    """A choice of duration. One beyond the limit says so; it is offered so that what was typed is not lost."""
    beyond = f"more than the {show_duration(choice.over)} allowed here" if choice.over is not None else ""
    return Choice(show_duration(choice.length), write_duration(max(choice.length, MINUTE)), beyond)


def account_choices(choices: Sequence[AccountChoice]) -> list[Choice]:
    return [account_choice(choice) for choice in choices]


def permission_set_choices(found: Sequence[PermissionSet]) -> list[Choice]:
    return [permission_set_choice(each) for each in found]


def duration_choices(choices: Sequence[DurationChoice]) -> list[Choice]:
    return [duration_choice(choice) for choice in choices]
