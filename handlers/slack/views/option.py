"""Answers to type-ahead: what the services offer, cut to what Slack can show."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Option

from core.domain.durations import MINUTE, show_duration, write_duration
from core.domain.organization import PermissionSet
from core.services.queries.form_options import AccountChoice, DurationChoice
from handlers.slack.views.block import option
from handlers.slack.views.render import OPTIONS
from handlers.slack.views.text import code, prose, quote_short

MOST_ALIKE = 5


def account_option(choice: AccountChoice) -> Option:
    """Name first; id and path as description. The end of a long path tells more than its beginning."""
    path = " / ".join(choice.path)
    room = 75 - len(choice.account.id) - 3
    where = path if len(path) <= room else "…" + path[1 - room :]
    return option(
        choice.account.name, choice.account.id, f"{choice.account.id} · {where}" if where else choice.account.id
    )


def accounts_alike(alike: Sequence[AccountChoice], typed: str) -> str:
    """Which accounts have the same name, and where each of them is."""
    places = [
        f"{code(each.account.id)}" + (f" ({prose(' / '.join(each.path), 100)})" if each.path else "")
        for each in alike[:MOST_ALIKE]
    ]
    more = f" and {len(alike) - MOST_ALIKE} more" if len(alike) > MOST_ALIKE else ""
    return f"⚠️ {len(alike)} accounts are called {quote_short(typed, 100)}: {', '.join(places)}{more}. Choose one here."


def permission_set_option(found: PermissionSet) -> Option:
    """Its own description, and how long sessions live on: that part is never cut."""
    tail = f"sessions up to {show_duration(found.session_duration)}"
    room = 75 - len(tail) - 3
    said = found.description if len(found.description) <= room else found.description[: room - 1].rstrip() + "…"
    return option(found.name, found.arn, f"{said} · {tail}" if said.strip() else tail)


def duration_option(choice: DurationChoice) -> Option:
    """What is beyond the limit says so; it is offered so that what was typed is not lost."""
    beyond = f"more than the {show_duration(choice.over)} allowed here" if choice.over is not None else ""
    return option(show_duration(choice.length), write_duration(max(choice.length, MINUTE)), beyond)


def account_options(choices: Sequence[AccountChoice]) -> list[Option]:
    return [account_option(choice) for choice in choices[:OPTIONS]]


def permission_set_options(found: Sequence[PermissionSet]) -> list[Option]:
    return [permission_set_option(each) for each in found[:OPTIONS]]


def duration_options(choices: Sequence[DurationChoice]) -> list[Option]:
    return [duration_option(choice) for choice in choices[:OPTIONS]]
