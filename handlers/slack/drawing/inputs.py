"""Inputs of a screen as input blocks, each with the element that its control is in Slack."""

from typing import assert_never

from slack_sdk.models.blocks import (
    ConversationFilter,
    ConversationMultiSelectElement,
    DatePickerElement,
    DateTimePickerElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticMultiSelectElement,
    StaticSelectElement,
)

from handlers.screens import inputs
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice, Input, Lookup, Select
from handlers.slack.drawing.blocks import option, words


def draw_input(asked: Input) -> InputBlock:
    """Slack shows errors itself, on the answer to a form."""
    return InputBlock(
        label=words(asked.label, 100),
        block_id=asked.id,
        element=_element(asked),
        optional=asked.optional,
        dispatch_action=asked.redraws or None,
        hint=words(asked.hint, 200) if asked.hint else None,
    )


def draw_choice(choice: Choice) -> Option:
    return option(choice.label, choice.value, choice.description)


def draw_menu(action: ActionId, select: Select) -> StaticSelectElement:
    offered = {choice.value: draw_choice(choice) for choice in select.choices}
    return StaticSelectElement(
        action_id=action.value,
        placeholder=_placeholder(select.placeholder),
        options=list(offered.values()),
        initial_option=next((offered[value] for value in select.chosen), None),
    )


def _element(asked: Input) -> InputInteractiveElement:
    control, action = asked.control, asked.action.value
    match control:
        case inputs.Typed(longest, value, is_long, placeholder):
            return PlainTextInputElement(
                action_id=action,
                multiline=is_long or None,
                max_length=longest,
                initial_value=value[:longest] or None,
                placeholder=_placeholder(placeholder),
            )
        case inputs.Lookup():
            return _lookup(action, control)
        case inputs.Select():
            return _several(action, control) if control.takes_several else draw_menu(asked.action, control)
        case inputs.DayAndTime(at):
            return DateTimePickerElement(action_id=action, initial_date_time=int(at.timestamp()) if at else None)
        case inputs.Day(day):
            return DatePickerElement(action_id=action, initial_date=day.isoformat() if day else None)
        case inputs.Channels(most, chosen, placeholder):
            return ConversationMultiSelectElement(
                action_id=action,
                placeholder=_placeholder(placeholder),
                initial_conversations=list(chosen) or None,
                max_selected_items=most,
                filter=ConversationFilter(include=["public", "private"], exclude_external_shared_channels=True),
            )
        case _:
            assert_never(control)


def _lookup(action: str, lookup: Lookup) -> InputInteractiveElement:
    chosen, placeholder = list(map(draw_choice, lookup.chosen)), _placeholder(lookup.placeholder)
    if lookup.most == 1:
        return ExternalDataSelectElement(
            action_id=action,
            placeholder=placeholder,
            initial_option=next(iter(chosen), None),
            min_query_length=0,
        )
    return ExternalDataMultiSelectElement(
        action_id=action,
        placeholder=placeholder,
        initial_options=chosen or None,
        min_query_length=0,
        max_selected_items=lookup.most,
    )


def _several(action: str, select: Select) -> StaticMultiSelectElement:
    offered = {choice.value: draw_choice(choice) for choice in select.choices}
    return StaticMultiSelectElement(
        action_id=action,
        placeholder=_placeholder(select.placeholder),
        options=list(offered.values()),
        initial_options=[option for value, option in offered.items() if value in select.chosen] or None,
    )


def _placeholder(text: str) -> PlainTextObject | None:
    return words(text, 150) if text else None
