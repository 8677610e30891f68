"""The modal **Search**: the same search that can be typed, with an input for each of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    DatePickerElement,
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    StaticMultiSelectElement,
)
from slack_sdk.models.views import View

from core.domain.people import Principal
from core.domain.request import Status
from core.domain.search import Key, Search, SearchProblem, Unclear, read_search, write_search
from handlers.screens.clean import plain
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views.block import context, option, words
from handlers.slack.views.render import OPTIONS
from handlers.words import search_words
from handlers.words.states import state_of

TITLE = "Search"
LONGEST_TEXT = 200
_CHOICES: tuple[tuple[str, Key, BlockId, ActionId], ...] = (
    ("Person", Key.PERSON, BlockId.AUDIT_PERSON, ActionId.AUDIT_PERSON),
    ("Account", Key.ACCOUNT, BlockId.AUDIT_ACCOUNT, ActionId.AUDIT_ACCOUNT),
    ("Permission set", Key.PERMISSION_SET, BlockId.AUDIT_PERMISSION_SET, ActionId.AUDIT_PERMISSION_SET),
    ("Approver", Key.APPROVER, BlockId.AUDIT_APPROVER, ActionId.AUDIT_APPROVER),
)


def build(search: Search, names: Mapping[str, str]) -> View:
    """Show the form with the parts of a search filled in; of several people or accounts the first."""
    given = {
        Key.PERSON: search.people,
        Key.ACCOUNT: search.accounts,
        Key.PERMISSION_SET: search.permission_sets,
        Key.APPROVER: search.approvers,
    }
    person, account, permission_set, approver = (
        _choice(label, block, action, given[key], names) for label, key, block, action in _CHOICES
    )
    free = Search(words=search.words, numbers=search.numbers)
    return View(
        type="modal",
        callback_id=CallbackId.AUDIT_SEARCH.value,
        title=words(TITLE, 24),
        submit=words("Search", 24),
        close=words("Cancel", 24),
        blocks=[
            person,
            account,
            permission_set,
            _statuses(search),
            approver,
            _typed("Ticket", BlockId.AUDIT_TICKET, ActionId.AUDIT_TICKET, " ".join(search.tickets)),
            _typed("Text", BlockId.AUDIT_TEXT, ActionId.AUDIT_TEXT, write_search(free)),
            _day("From", BlockId.AUDIT_FROM, ActionId.AUDIT_FROM, search.since),
            _day("To", BlockId.AUDIT_TO, ActionId.AUDIT_TO, search.until),
            *context(
                "Empty inputs are left out. Text takes words, a phrase in quotes, and a number as R-1042. From and to "
                "are days, in UTC, on which access was asked for."
            ),
        ],
    )


def parse(view: Mapping[str, Any], today: date) -> tuple[Search, dict[str, str]]:
    """Read a submitted form: the search, and errors by block. What stands under Text is read as a typed search is."""
    state = (view.get("state") or {}).get("values") or {}

    def element(block: BlockId, action: ActionId) -> Mapping[str, Any]:
        return (state.get(block.value) or {}).get(action.value) or {}

    person, account, permission_set, approver = (
        _values((element(block, action).get("selected_option") or {}).get("value")) for _, _, block, action in _CHOICES
    )
    chosen = element(BlockId.AUDIT_STATUS, ActionId.AUDIT_STATUS).get("selected_options") or ()
    text = str(element(BlockId.AUDIT_TEXT, ActionId.AUDIT_TEXT).get("value") or "")
    reading = read_search(plain(text, LONGEST_TEXT), today)
    typed = reading.search
    search = replace(
        typed,
        people=(*person, *typed.people),
        accounts=(*account, *typed.accounts),
        permission_sets=(*permission_set, *typed.permission_sets),
        statuses=typed.statuses | {Status(each["value"]) for each in chosen if each.get("value") in set(Status)},
        approvers=(*approver, *typed.approvers),
        tickets=(*_values(element(BlockId.AUDIT_TICKET, ActionId.AUDIT_TICKET).get("value")), *typed.tickets),
        since=_date(element(BlockId.AUDIT_FROM, ActionId.AUDIT_FROM).get("selected_date")) or typed.since,
        until=_date(element(BlockId.AUDIT_TO, ActionId.AUDIT_TO).get("selected_date")) or typed.until,
    )
    return search, _errors(search, reading.puzzles)


def _errors(search: Search, puzzles: Sequence[SearchProblem]) -> dict[str, str]:
    errors = {BlockId.AUDIT_TEXT.value: search_words.puzzle(puzzles[0])} if puzzles else {}
    if search.since and search.until and search.since > search.until:
        backwards = SearchProblem(Unclear.BACKWARDS, search.since.isoformat(), search.until.isoformat())
        errors[BlockId.AUDIT_TO.value] = search_words.puzzle(backwards)
    return errors


def anywhere(typed: str) -> Option | None:
    """To look for what was typed in names: people leave, and accounts are closed, and their requests stay."""
    value = _clean(typed)[:75]
    return option(f"“{value}” in the name", value, "also of those that are gone") if value else None


def with_typed(options: Sequence[Option], typed: str) -> list[Option]:
    """What is offered, and at the end the words themselves."""
    own = anywhere(typed)
    known = {each.value for each in options}
    return [*options[: OPTIONS - 1], *([own] if own and own.value not in known else [])]


def person_option(principal: Principal) -> Option:
    gone = "" if principal.enabled else " · disabled"
    return option(principal.name, principal.id, f"{principal.user_name}{gone}")


def _choice(label: str, block: BlockId, action: ActionId, values: Sequence[str], names: Mapping[str, str]) -> Block:
    chosen = option(names.get(values[0], values[0]), values[0][:150]) if values else None
    element = ExternalDataSelectElement(
        action_id=action.value,
        placeholder=words("Type to search", 150),
        initial_option=chosen,
        min_query_length=0,
    )
    return _input(label, block, element)


def _statuses(search: Search) -> Block:
    every = {status: option(state_of(status).word, status.value) for status in Status}
    element = StaticMultiSelectElement(
        action_id=ActionId.AUDIT_STATUS.value,
        placeholder=words("Any", 150),
        options=list(every.values()),
        initial_options=[each for status, each in every.items() if status in search.statuses] or None,
    )
    return _input("Status", BlockId.AUDIT_STATUS, element)


def _typed(label: str, block: BlockId, action: ActionId, value: str) -> Block:
    initial = value[:LONGEST_TEXT] or None
    element = PlainTextInputElement(action_id=action.value, max_length=LONGEST_TEXT, initial_value=initial)
    return _input(label, block, element)


def _day(label: str, block: BlockId, action: ActionId, day: date | None) -> Block:
    return _input(
        label,
        block,
        DatePickerElement(action_id=action.value, initial_date=day.isoformat() if day else None),
    )


def _input(label: str, block: BlockId, element: InputInteractiveElement) -> Block:
    return InputBlock(label=words(label, 100), block_id=block.value, element=element, optional=True)


def _values(value: object) -> tuple[str, ...]:
    cleaned = _clean(str(value or ""))
    return (cleaned,) if cleaned else ()


def _clean(text: str) -> str:
    """As it can be written in a search: quotes are what values stand in there."""
    return plain(text.replace('"', " "), LONGEST_TEXT)


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
