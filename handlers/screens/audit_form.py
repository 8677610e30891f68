"""The screen **Search**: the same search that can be typed, with an input for each of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from core.domain.people import Principal
from core.domain.request import Status
from core.domain.search import Key, Search, SearchProblem, Unclear, read_search, write_search
from handlers.screens.clean import plain
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import MOST_OFFERED, Choice, Day, Input, Lookup, Select, Typed
from handlers.screens.parts import aside
from handlers.screens.screen import Screen, form
from handlers.words import search_words
from handlers.words.states import state_of

TITLE = "Search"
LONGEST_TEXT = 200
_CHOICES: tuple[tuple[str, Key, InputId, ActionId], ...] = (
    ("Person", Key.PERSON, InputId.AUDIT_PERSON, ActionId.AUDIT_PERSON),
    ("Account", Key.ACCOUNT, InputId.AUDIT_ACCOUNT, ActionId.AUDIT_ACCOUNT),
    ("Permission set", Key.PERMISSION_SET, InputId.AUDIT_PERMISSION_SET, ActionId.AUDIT_PERMISSION_SET),
    ("Approver", Key.APPROVER, InputId.AUDIT_APPROVER, ActionId.AUDIT_APPROVER),
)


def build(search: Search, names: Mapping[str, str]) -> Screen:
    """Show the form with the parts of a search filled in; of several people or accounts the first."""
    given = {
        Key.PERSON: search.people,
        Key.ACCOUNT: search.accounts,
        Key.PERMISSION_SET: search.permission_sets,
        Key.APPROVER: search.approvers,
    }
    person, account, permission_set, approver = (
        _choice(label, id_, action, given[key], names) for label, key, id_, action in _CHOICES
    )
    free = Search(words=search.words, numbers=search.numbers)
    return form(
        FormId.AUDIT_SEARCH,
        TITLE,
        [
            person,
            account,
            permission_set,
            _statuses(search),
            approver,
            _typed("Ticket", InputId.AUDIT_TICKET, ActionId.AUDIT_TICKET, " ".join(search.tickets)),
            _typed("Text", InputId.AUDIT_TEXT, ActionId.AUDIT_TEXT, write_search(free)),
            _day("From", InputId.AUDIT_FROM, ActionId.AUDIT_FROM, search.since),
            _day("To", InputId.AUDIT_TO, ActionId.AUDIT_TO, search.until),
            aside(
                "Text can be words, a phrase in quotes, or a number such as R-1042. From and to are days in UTC on "
                "which access was requested."
            ),
        ],
        submit="Search",
    )


def parse(filled: Filled, today: date) -> tuple[Search, dict[str, str]]:
    """Read a submitted form: the search, and errors by input. What stands under Text is read as a typed search is."""
    person, account, permission_set, approver = (_values(filled.chosen(id_)) for _, _, id_, _ in _CHOICES)
    reading = read_search(plain(filled.typed(InputId.AUDIT_TEXT), LONGEST_TEXT), today)
    typed = reading.search
    chosen = {Status(each) for each in filled.several(InputId.AUDIT_STATUS) if each in set(Status)}
    search = replace(
        typed,
        people=(*person, *typed.people),
        accounts=(*account, *typed.accounts),
        permission_sets=(*permission_set, *typed.permission_sets),
        statuses=typed.statuses | chosen,
        approvers=(*approver, *typed.approvers),
        tickets=(*_values(filled.typed(InputId.AUDIT_TICKET)), *typed.tickets),
        since=filled.day(InputId.AUDIT_FROM) or typed.since,
        until=filled.day(InputId.AUDIT_TO) or typed.until,
    )
    return search, _errors(search, reading.puzzles)


def _errors(search: Search, puzzles: Sequence[SearchProblem]) -> dict[str, str]:
    errors = {InputId.AUDIT_TEXT.value: search_words.puzzle(puzzles[0])} if puzzles else {}
    if search.since and search.until and search.since > search.until:
        backwards = SearchProblem(Unclear.BACKWARDS, search.since.isoformat(), search.until.isoformat())
        errors[InputId.AUDIT_TO.value] = search_words.puzzle(backwards)
    return errors


def anywhere(typed: str) -> Choice | None:
    """To look for what was typed in names: people leave, and accounts are closed, and their requests stay."""
    value = _clean(typed)[:75]
    return Choice(f"“{value}” in the name", value, "also of those that are gone") if value else None


def with_typed(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The options, and at the end the typed words themselves."""
    own = anywhere(typed)
    known = {each.value for each in choices}
    return [*choices[: MOST_OFFERED - 1], *([own] if own and own.value not in known else [])]


def person_choice(principal: Principal) -> Choice:
    gone = "" if principal.enabled else " · disabled"
    return Choice(principal.name, principal.id, f"{principal.user_name}{gone}")


def _choice(label: str, id_: InputId, action: ActionId, values: Sequence[str], names: Mapping[str, str]) -> Input:
    chosen = (Choice(names.get(values[0], values[0]), values[0][:150]),) if values else ()
    return Input(id_, action, label, Lookup(chosen), optional=True)


def _statuses(search: Search) -> Input:
    every = tuple(Choice(state_of(status).word, status.value) for status in Status)
    chosen = tuple(status.value for status in Status if status in search.statuses)
    select = Select(every, chosen, takes_several=True, placeholder="Any")
    return Input(InputId.AUDIT_STATUS, ActionId.AUDIT_STATUS, "Status", select, optional=True)


def _typed(label: str, id_: InputId, action: ActionId, value: str) -> Input:
    return Input(id_, action, label, Typed(LONGEST_TEXT, value), optional=True)


def _day(label: str, id_: InputId, action: ActionId, day: date | None) -> Input:
    return Input(id_, action, label, Day(day), optional=True)


def _values(value: str) -> tuple[str, ...]:
    cleaned = _clean(value)
    return (cleaned,) if cleaned else ()


def _clean(text: str) -> str:
    """As it can be written in a search: quotes are what values stand in there."""
    return plain(text.replace('"', " "), LONGEST_TEXT)
