"""Every form is answered in time and in words, whatever becomes of what was asked for."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from core.domain.errors import Side, UpstreamBusy
from core.domain.people import ChatUser
from core.ports import waiting_for
from handlers.flows import boundary
from handlers.flows.answers import Closed, FieldErrors, FormAnswer
from handlers.flows.boundary import Boundary
from handlers.flows.platform import FormSubmission
from handlers.slack.drawing.answers import form_response
from handlers.slack.payloads import SlackSender
from tests.fakes.background import FakeBackground
from tests.handlers.submissions import sent

SENDER = SlackSender(ChatUser("slack", "T1", "U1"))
INPUT = {"type": "input", "block_id": "review.reason"}
Work = Coroutine[Any, Any, FormAnswer]


def submission(*blocks: dict[str, Any]) -> FormSubmission:
    return sent(SENDER, {"blocks": list(blocks)}, "key")


async def answered(work: Work, *blocks: dict[str, Any]) -> dict[str, Any]:
    nobody: Any = None
    boundary = Boundary(FakeBackground(), nobody, lambda _kind, _outcome, _seconds: None)
    return form_response(await boundary.answer("x", submission(*blocks), work))


async def fails() -> FormAnswer:
    raise UpstreamBusy("internal", side=Side.STORAGE)


async def breaks() -> FormAnswer:
    raise KeyError("internal")


async def hangs() -> FormAnswer:
    with waiting_for(Side.AWS):
        await asyncio.Event().wait()
    return Closed()


WORK = {
    fails: "The database is not answering.",
    breaks: "This did not work because of a fault in TEAM Bot.",
    hangs: "AWS is not answering.",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundary, "FORM_WITHIN", 0.05)


@pytest.mark.parametrize("work", WORK)
async def test_what_goes_wrong_is_said_on_the_first_input(work: Any) -> None:
    answer = await answered(work(), {"type": "section"}, INPUT)
    assert answer["response_action"] == "errors"
    assert answer["errors"]["review.reason"].startswith(WORK[work])


@pytest.mark.parametrize("work", WORK)
async def test_a_form_without_inputs_says_it_instead_of_closing_as_if_all_were_well(work: Any) -> None:
    """A confirmation has none: whoever sent it would take it for done."""
    answer = await answered(work(), {"type": "section"})
    assert answer["response_action"] == "update"
    assert WORK[work] in str(answer["view"])


async def test_what_is_done_in_time_is_answered_as_it_came() -> None:
    async def works() -> FormAnswer:
        return FieldErrors({"review.reason": "Say why."})

    assert await answered(works(), INPUT) == {"response_action": "errors", "errors": {"review.reason": "Say why."}}
