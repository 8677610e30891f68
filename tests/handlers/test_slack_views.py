"""Whatever Slack does to a call for a screen, core reads that it has not answered."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Side, UpstreamBusy
from handlers.screens.parts import Break
from handlers.screens.screen import Home, note
from handlers.slack.slack_views import SlackViews
from infra.sandbox.company import example_company
from infra.sandbox.slack.server import LocalSlack
from infra.sandbox.stage import BOT_TOKEN, workspace_of

TROUBLES = {
    "hung up": {"drop": "before"},
    "answer lost": {"drop": "after"},
    "503": {"status": 503},
    "429": {"status": 429, "retry_after": 5},
    "internal error": {"error": "internal_error"},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize("method", ["views.open", "views.update", "views.publish"])
async def test_a_screen_that_slack_does_not_take_is_slacks_not_answering(
    method: str, trouble: dict[str, object]
) -> None:
    view = Home((Break(),)) if method == "views.publish" else note("Title", [Break()])
    async with LocalSlack(workspace_of(example_company())) as slack:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
        slack.faults.add(method, **trouble)  # type: ignore[arg-type]
        screens = SlackViews(client)
        doing = {
            "views.open": lambda: screens.open("1.2.abc", view),
            "views.update": lambda: screens.exchange("V1", view),
            "views.publish": lambda: screens.publish("U0ADA", view),
        }
        with pytest.raises(UpstreamBusy) as raised:
            await doing[method]()  # type: ignore[no-untyped-call]
    assert raised.value.side is Side.SLACK


async def test_a_modal_that_was_closed_is_not_exchanged() -> None:
    async with LocalSlack(workspace_of(example_company())) as slack:
        screens = SlackViews(AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[]))
        screens.closed("V1")
        await screens.exchange("V1", note("Title", [Break()]))
        assert not slack.calls.refused()
        await screens.exchange("V2", note("Title", [Break()]))
        assert [call.method for call in slack.calls.refused()] == ["views.update"]
