"""Every kind of field and button in a person's hands, and what the app is told of it."""

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from infra.sandbox.slack import LocalSlack, Modal, NotSeenError
from infra.sandbox.tests.slack.sample_app import option, plain

Json = dict[str, Any]


def entry(label: str, element: Json, **more: Any) -> Json:
    named = {"action_id": label, **element}
    return {"type": "input", "block_id": label, "label": plain(label), "element": named, **more}


OPTIONS = [option("a", "Alpha"), option("b", "Beta"), option("c", "Alphabet")]
EVERYTHING: Json = {
    "type": "modal",
    "title": plain("Everything"),
    "submit": plain("Go"),
    "notify_on_close": True,
    "blocks": [
        entry("Several", {"type": "multi_static_select", "options": OPTIONS}),
        entry("One", {"type": "radio_buttons", "options": OPTIONS, "initial_option": OPTIONS[1]}),
        entry("Boxes", {"type": "checkboxes", "options": OPTIONS}, optional=True),
        entry("Person", {"type": "users_select"}),
        entry("Channel", {"type": "conversations_select"}),
        entry("Day", {"type": "datepicker"}),
        entry("Hour", {"type": "timepicker"}),
        entry("Mail", {"type": "email_text_input"}),
        entry("Count", {"type": "number_input", "is_decimal_allowed": False, "max_value": "9"}),
        {
            "type": "section",
            "block_id": "row-1",
            "text": plain("R-1 Payments"),
            "accessory": {"type": "button", "action_id": "end", "text": plain("End"), "value": "R-1"},
        },
        {
            "type": "section",
            "block_id": "row-2",
            "text": plain("R-2 Web"),
            "accessory": {"type": "button", "action_id": "end", "text": plain("End"), "value": "R-2"},
        },
    ],
}


@pytest.fixture
async def answers(slack: LocalSlack) -> AsyncIterator[list[Json]]:
    """A bare app that acknowledges with what the test laid out, in turn."""
    laid_out: list[Json] = []

    async def hear(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response(laid_out.pop(0)) if laid_out else web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield laid_out
    await runner.cleanup()


@pytest.fixture
async def modal(slack: LocalSlack, client: AsyncWebClient, answers: list[Json]) -> Modal:
    del answers
    ada = slack.person("ada")
    trigger = slack.workspace.tickets.trigger("A0PIG", ada.user.id)
    await client.views_open(trigger_id=trigger.id, view=EVERYTHING)
    return await ada.modal("Everything")


async def test_every_kind_of_field_is_filled_by_what_it_says(slack: LocalSlack, modal: Modal) -> None:
    await modal.choose("Several", "Alpha")
    await modal.choose("Several", "Beta")
    await modal.choose("Several", "Alphabet")
    await modal.unpick("Several", "Beta")
    await modal.choose("One", "Alpha")
    await modal.choose("Person", "Bob")
    await modal.choose("Channel", "general")
    await modal.pick_date("Day", dt.date(2026, 9, 22))
    await modal.pick_time("Hour", dt.time(9, 30))
    await modal.fill("Mail", "ada")
    await modal.fill("Count", "10")
    answer = await modal.submit()
    assert answer.errors == {
        "Mail": "Enter a valid email address.",
        "Count": "Enter a number between None and 9.",
    }
    await modal.fill("Mail", "ada@example.com")
    await modal.fill("Count", "9")
    answer = await modal.submit()
    assert answer.closed
    values = slack.deliveries[-1].app_call.payload["view"]["state"]["values"]
    assert [each["value"] for each in values["Several"]["Several"]["selected_options"]] == ["a", "c"]
    assert values["One"]["One"]["selected_option"]["value"] == "a"
    assert values["Boxes"]["Boxes"] == {"type": "checkboxes", "selected_options": []}
    assert values["Person"]["Person"]["selected_user"] == slack.workspace.user("bob").id
    assert values["Channel"]["Channel"]["selected_conversation"] == "C0GENERAL"
    assert values["Day"]["Day"]["selected_date"] == "2026-09-22"
    assert values["Hour"]["Hour"]["selected_time"] == "09:30"


async def test_one_of_several_buttons_is_told_by_what_stands_beside_it(slack: LocalSlack, modal: Modal) -> None:
    assert modal.buttons() == ["End", "End"]
    await modal.press("End", near="R-2")
    action = slack.deliveries[-1].app_call.payload["actions"][0]
    assert (action["block_id"], action["value"]) == ("row-2", "R-2")
    assert slack.deliveries[-1].app_call.payload["container"]["type"] == "view"


MORE: Json = {"type": "modal", "title": plain("More"), "blocks": []}


@pytest.mark.parametrize(
    ("ack", "titles"),
    [
        ({"response_action": "push", "view": MORE}, ["Everything", "More"]),
        ({"response_action": "update", "view": MORE}, ["More"]),
        ({"response_action": "clear"}, []),
        ({}, []),
        ({"response_action": "update", "view": {**MORE, "title": plain("x" * 25)}}, ["Everything"]),
        ({"response_action": "dance"}, ["Everything"]),
    ],
)
async def test_the_answer_to_a_submission_is_followed(
    slack: LocalSlack, modal: Modal, answers: list[Json], ack: Json, titles: list[str]
) -> None:
    modal.view.payload["blocks"] = modal.view.payload["blocks"][-1:]
    answers.append(ack)
    answer = await modal.submit()
    assert [each.title for each in slack.person("ada").modals()] == titles
    assert bool(answer.trouble) == bool(slack.complaints) == (titles == ["Everything"])


async def test_closing_is_told_to_an_app_that_asked_for_it(slack: LocalSlack, modal: Modal) -> None:
    await modal.close()
    payload = slack.deliveries[-1].app_call.payload
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    with pytest.raises(NotSeenError, match="is closed"):
        await modal.submit()


async def test_what_was_typed_survives_an_update_of_the_same_fields(modal: Modal, client: AsyncWebClient) -> None:
    await modal.fill("Mail", "ada@example.com")
    kept = {**EVERYTHING, "blocks": [EVERYTHING["blocks"][7], entry("New", {"type": "plain_text_input"})]}
    await client.views_update(view_id=modal.view.id, view=kept)
    assert modal.value("Mail") == "ada@example.com"
    assert modal.value("New") == ""


@pytest.mark.parametrize(
    "nonsense",
    [{}, {"options": [{"text": plain("x" * 76), "value": "x"}]}, {"options": [OPTIONS[0]] * 101}],
)
async def test_options_that_break_the_rules_are_not_shown(
    slack: LocalSlack, client: AsyncWebClient, answers: list[Json], nonsense: Json
) -> None:
    ada = slack.person("ada")
    menu = entry("Menu", {"type": "external_select", "min_query_length": 2})
    trigger = slack.workspace.tickets.trigger("A0PIG", ada.user.id)
    await client.views_open(trigger_id=trigger.id, view={**EVERYTHING, "blocks": [menu]})
    modal = await ada.modal()
    assert await modal.options("Menu", query="a") == []
    assert slack.deliveries == []
    answers.append(nonsense)
    assert await modal.options("Menu", query="al") == []
    assert slack.complaints
    answers.append({"option_groups": [{"label": plain("Letters"), "options": OPTIONS}]})
    assert await modal.described_options("Menu", query="al") == [("Alpha", "a"), ("Beta", "b"), ("Alphabet", "c")]


async def test_a_person_types_only_where_they_are(slack: LocalSlack) -> None:
    with pytest.raises(NotSeenError, match="bob is not in private"):
        await slack.person("bob").types("hello", channel="private")
    told: Callable[[str], Any] = slack.person("bob").types
    with pytest.raises(LookupError):
        await slack.person("bob").types("hello", channel="nowhere")
    await told("1 < 2 & <!channel>")
    assert slack.person("ada").reads()[-1].message.text == "1 &lt; 2 &amp; &lt;!channel&gt;"
    assert slack.person("ada").reads()[-1].text() == "1 < 2 & <!channel>"
