"""A view that Slack would refuse is found here, before it is sent."""

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    InputBlock,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Choice
from handlers.slack.drawing.blocks import context, markdown, option, section, words
from handlers.slack.drawing.render import render_options
from handlers.slack_api.block_kit import SlackMessage, UnrenderableError, check_message, check_view


def modal(*blocks: Block, submit: str | None = None) -> View:
    title, sent = words("Title"), words(submit) if submit else None
    return View(type="modal", title=title, submit=sent, blocks=list(blocks))


def typed(block_id: str = "a", initial: str = "", longest: int = 3000) -> InputBlock:
    element = PlainTextInputElement(action_id="a", initial_value=initial, max_length=longest)
    return InputBlock(label="Label", block_id=block_id, element=element)


def pressed(action_id: str) -> ButtonElement:
    return ButtonElement(text="Press", action_id=action_id)


@pytest.mark.parametrize(
    "view",
    [
        modal(typed("a"), typed("a"), submit="Submit"),
        modal(typed("a")),
        modal(typed("a", "too long", 3), submit="Submit"),
        modal(SectionBlock(fields=[markdown("x" * 2001)])),
        modal(ActionsBlock(elements=[pressed("a"), pressed("a")])),
        modal(),
        modal(*(section("x") for _ in range(101))),
        modal(*(section("ü" * 2900) for _ in range(60))),
    ],
    ids=["ids twice", "no submit", "initial", "field", "actions twice", "empty", "101 blocks", "250 kB"],
)
def test_what_the_sdk_lets_through_fails_loudly(view: View) -> None:
    with pytest.raises(UnrenderableError):
        check_view(view)


def test_what_the_sdk_checks_fails_loudly_too() -> None:
    with pytest.raises(SlackObjectFormationError):
        check_view(modal(section("x" * 3001)))


@pytest.mark.parametrize(
    "message",
    [
        SlackMessage("", [section("x")]),
        SlackMessage("x" * 4001, [section("x")]),
        SlackMessage("x", []),
        SlackMessage("x", [section("x")] * 51),
        SlackMessage("x", [section("x" * 2900)] * 5),
    ],
    ids=["no text", "long text", "no blocks", "51 blocks", "too long as a whole"],
)
def test_a_message_that_slack_would_refuse_fails_loudly(message: SlackMessage) -> None:
    with pytest.raises(UnrenderableError):
        check_message(message)


def test_a_type_ahead_is_answered_with_as_many_choices_as_slack_takes() -> None:
    assert len(render_options([Choice("x", "y")] * 101)) == 100


def test_an_option_that_slack_would_refuse_fails_loudly() -> None:
    with pytest.raises(UnrenderableError):
        render_options([Choice("x", "y" * 151)])


def test_a_type_ahead_says_what_the_sdk_would_say() -> None:
    for choice in (Choice("Payments\u202e", "1", "Root / Payments"), Choice("n" * 80, "2"), Choice(" ", "3", " ")):
        assert render_options([choice]) == [option(choice.label, choice.value, choice.description).to_dict()]


def test_an_option_is_never_without_a_text() -> None:
    (shown,) = render_options([Choice("\u200b", "value")])
    assert shown["text"]["text"] == "value"


def test_words_of_others_are_never_turned_into_emoji_or_links() -> None:
    (block,) = context("text")
    assert block.to_dict()["elements"][0]["verbatim"] is True
    assert words(":tada:").to_dict()["emoji"] is False


def test_ids_are_named_after_their_capability() -> None:
    for each in (*FormId, *ActionId, *InputId):
        assert each.value.replace("_", "").replace(".", "").isalpha()
        assert len(each.value) <= 255
