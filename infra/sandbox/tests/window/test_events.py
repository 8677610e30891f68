"""Events out, on the page: each that came with its payload, and the switch that lets the receiver be away."""

from dataclasses import replace

from infra.sandbox.event_receiver import LocalReceiver
from infra.sandbox.tests.test_event_receiver import sent
from infra.sandbox.window import WindowServices
from infra.sandbox.window.page import Page
from infra.sandbox.window.people import ASK
from infra.sandbox.window.shared_state import SharedState


async def test_what_came_is_shown_with_its_payload_and_what_was_refused_with_why(services: WindowServices) -> None:
    async with LocalReceiver() as receiver:
        shared = SharedState(replace(services, receiver=receiver))
        page = Page(shared, shared.people.first(ASK), None)
        assert "Every event of the audit trail comes here, signed" in page.part("events")
        await sent(receiver)
        await sent(receiver, "<b>other", late=400)
        shown = page.part("events")
        assert "request.granted" in shown
        assert "✓ signature checked · by TEAM Bot" in shown
        assert "&#34;request_id&#34;: &#34;R-1042&#34;" in shown
        assert "⛔ Refused: its moment is missing, or more than five minutes off" in shown
        assert "<b>" not in shown


async def test_a_receiver_that_is_away_says_how_many_calls_met_it(services: WindowServices) -> None:
    async with LocalReceiver() as receiver:
        shared = SharedState(replace(services, receiver=receiver))
        switch = shared.troubles.find("webhook-down")
        assert switch is not None
        switch.turn(on=True)
        await sent(receiver)
        assert (switch.is_on, switch.hits) == (True, 1)
        switch.turn(on=False)
        assert (await sent(receiver), switch.hits) == (204, 0)


def test_without_a_receiver_there_is_no_such_part(services: WindowServices) -> None:
    shared = SharedState(services)
    page = Page(shared, shared.people.first(ASK), None)
    assert "events" not in page.parts
    assert "Events out" not in page.page()
