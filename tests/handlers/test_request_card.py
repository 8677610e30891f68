"""The card says at a glance who asks for what, how it stands, who decided; in every status, whatever the lengths."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.approval import Verdict
from core.domain.errors import Reason
from core.domain.ids import RequestId
from core.domain.request import Request, Status
from handlers.screens import request_card
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.screen import Message
from handlers.slack.drawing.render import render_message
from handlers.slack.drawing.spans import mrkdwn
from tests.handlers.conftest import Post
from tests.handlers.samples import (
    APPROVAL,
    BOB,
    CALLED_OFF,
    DISALLOWED,
    GIVEN_UP,
    HOSTILE,
    LINKS,
    LONG,
    NOW,
    REQUEST,
    STATES,
    card,
    foreign_markup,
    nasty,
    worst_card,
)

ALL = {**{status.value: request for status, request in STATES.items()}, "disallowed": DISALLOWED}
ALL |= {"given up": GIVEN_UP, "called off": CALLED_OFF}
FIRST_LINES = {
    "pending": "🟡 Waiting for approval",
    "scheduled": "🔵 Approved, starts ",
    "granting": "🔵 Being granted",
    "active": "🟢 Active until today at 14:00",
    "revoking": "🟠 Being ended",
    "ended": "⚪ Ended ",
    "revoked": "⚪ Ended early by Carol Shaw",
    "rejected": "⛔ Rejected by Bob Kahn",
    "cancelled": "⚪ Withdrawn by Ada Lovelace",
    "expired": "⌛ Not decided in time",
    "failed": "🔴 Failed: AWS did not carry it out.",
    "disallowed": "🔴 Failed: No policy allows this access any more.",
    "given up": "🔴 Could not be granted, being cleaned up",
    "called off": "⚪ Called off before it began by Ada Lovelace",
}


def build(request: Request, **changes: object) -> Message:
    return request_card.build(card(request, **changes), LINKS)


def buttons(message: Message) -> dict[str, str]:
    blocks = render_message(message)["blocks"]
    elements = [each for block in blocks if block["type"] == "actions" for each in block["elements"]]
    return {each["text"]["text"]: each["value"] for each in elements}


def beside(message: Message) -> list[str]:
    """The actions of the buttons beside a text."""
    return [block["accessory"]["action_id"] for block in render_message(message)["blocks"] if block.get("accessory")]


@pytest.mark.parametrize("state", ALL)
async def test_every_state_is_readable_at_a_glance(state: str, post: Post) -> None:
    shown = await post(build(ALL[state]))
    first, second = shown.splitlines()[:2]
    assert first.startswith(FIRST_LINES[state])
    assert first.endswith("R-1042")
    assert second == "Ada Lovelace asks for PowerUserAccess in Payments Prod"
    assert "fix the stuck deployment pipeline" in shown
    assert "Payments Prod (111122223333) · Workloads / Payments" in shown


async def test_a_waiting_card_says_who_may_decide_and_what_else_there_is(post: Post) -> None:
    shown = await post(build(REQUEST))
    assert "Needs 1 approval from Bob Kahn, Carol Shaw or Dan Bricklin (Payments Leads) · expires 15:00" in shown
    assert "Ada Lovelace asked for this 2 times before in the last 30 days · nothing live now" in shown
    assert "now, for 2 h" in shown
    assert "PAY-123" in shown


async def test_an_approval_short_of_the_quorum_is_counted_on_the_card(post: Post) -> None:
    shown = await post(build(replace(REQUEST, quorum=2), votes=(APPROVAL,)))
    assert "1 of 2: Bob Kahn" in shown
    assert "Needs 1 more approval from Bob Kahn, Carol Shaw or Dan Bricklin (Payments Leads)" in shown


@pytest.mark.parametrize(
    ("recent", "words"),
    [
        (1, "asked for this for the first time in 30 days"),
        (2, "asked for this once before in the last 30 days"),
        (3, "asked for this 2 times before in the last 30 days"),
    ],
)
async def test_the_request_on_the_card_is_not_one_of_those_before_it(recent: int, words: str, post: Post) -> None:
    assert words in await post(build(REQUEST, recent_requests=recent))


async def test_who_is_named_beside_the_groups_is_not_said_to_be_in_them(post: Post) -> None:
    shown = await post(build(replace(REQUEST, quorum=2), personal_names=("Olivia Vance",)))
    assert "Needs 2 approvals from Bob Kahn, Carol Shaw or Dan Bricklin (Payments Leads), or Olivia Vance" in shown


async def test_a_window_that_has_begun_says_how_much_of_it_is_left(post: Post) -> None:
    begun = replace(REQUEST, start_at=NOW - timedelta(minutes=50))
    assert "for 2 h · it has begun: 1 h 10 min left" in await post(build(begun))


async def test_what_expired_says_whether_it_was_decided_and_why(post: Post) -> None:
    expired = replace(STATES[Status.EXPIRED], failure=Reason.WINDOW_OVER.value)
    shown = await post(build(expired))
    assert "⌛ Not decided in time" in shown
    assert "The requested time was over, or nearly over. Nothing was granted." in shown
    missed = replace(expired, decided_at=NOW, failure=Reason.START_MISSED.value)
    assert "⌛ Not granted in time" in await post(build(missed))


async def test_an_approval_that_counts_no_longer_is_shown_as_such(post: Post) -> None:
    shown = await post(build(replace(REQUEST, quorum=2), votes=(APPROVAL,), lapsed={APPROVAL.principal_id}))
    assert "0 of 2" in shown
    assert "Bob Kahn approved" in shown
    assert "this approval doesn't count" in shown


async def test_what_an_early_end_leaves_is_named_with_the_button_that_ends_it(post: Post) -> None:
    ended = STATES[Status.REVOKED]
    several = [replace(STATES[Status.SCHEDULED], id=RequestId(1100 + n)) for n in range(4)]
    for others in (several, [nasty(other, LONG) for other in several], [nasty(other, HOSTILE) for other in several]):
        message = build(ended, siblings=others)
        shown = await post(message)
        assert "Not ended by this: R-1100" in shown
        assert "and 1 more request for the same person and target" in shown
        assert beside(message) == [ActionId.REVOKE] * 3
    waiting = build(ended, siblings=[REQUEST])
    assert "Waiting for approval" in await post(waiting)
    assert beside(waiting) == [ActionId.DETAILS]


async def test_an_ended_card_says_what_lives_on(post: Post) -> None:
    assert "Sessions already open may go on until" in await post(build(STATES[Status.ENDED]))


async def test_access_that_goes_on_elsewhere_is_not_said_to_be_gone(post: Post) -> None:
    shown = await post(build(replace(STATES[Status.ENDED], continued_by=RequestId(1043))))
    assert "Access continues under R-1043." in shown
    assert "No new sessions" not in shown


async def test_a_failed_card_says_what_is_left_behind(post: Post) -> None:
    assert "Nothing was left behind: AWS no longer lists the assignment." in await post(build(STATES[Status.FAILED]))
    assert "Nothing was granted." in await post(build(DISALLOWED))
    foreign = replace(STATES[Status.FAILED], failure="already_assigned")
    assert "The assignment that others made is as it was." in await post(build(foreign))


async def test_a_decided_card_says_who_and_why(post: Post) -> None:
    assert "✅ Approved by Bob Kahn" in await post(build(STATES[Status.ACTIVE]))
    assert "“not on a Friday”" in await post(build(STATES[Status.REJECTED]))


async def test_a_card_that_needed_nobody_says_so(post: Post) -> None:
    nobody = replace(STATES[Status.ACTIVE], quorum=0, decided_by="")
    assert "No approval was needed." in await post(build(nobody, votes=()))


def test_buttons_follow_the_status() -> None:
    shown = {state: sorted(buttons(build(request))) for state, request in ALL.items()}
    assert shown.pop("pending") == ["Approve", "Approve for a shorter time", "Details", "Reject"]
    for revocable in ("scheduled", "granting", "active"):
        assert shown.pop(revocable) == ["Details", "Revoke"]
    assert set(map(tuple, shown.values())) == {("Details",)}


def test_an_extension_says_what_it_prolongs_and_until_when() -> None:
    shown = render_message(build(REQUEST, extends=replace(STATES[Status.ACTIVE], id=RequestId(1001))))["blocks"][0]
    assert "Extension of *R-1001*, live until" in shown["text"]["text"]
    over = render_message(build(REQUEST, extends=replace(STATES[Status.ENDED], id=RequestId(1001))))["blocks"][0]
    assert "Extension of *R-1001*, now ended" in over["text"]["text"]


def test_an_approver_reads_what_this_person_has_and_by_which_policies_it_may_be_asked_for() -> None:
    other = replace(STATES[Status.ACTIVE], id=RequestId(1001))
    said = json.dumps(render_message(build(REQUEST, live_elsewhere=(other,) * 7)), ensure_ascii=False)
    assert (
        "asked for this 2 times before in the last 30 days · live now: R-1001 (PowerUserAccess in Payments Prod, until"
        in said
    )
    assert "and 2 more" in said
    assert "Allowed by: `payments-engineers` · decided by: `payments-approvers`" in said
    assert "keep working for up to 1 h" in said


def test_every_button_carries_the_id_and_the_digest_of_what_is_shown() -> None:
    values = set(buttons(build(REQUEST)).values())
    assert values == {f"1042:{card(REQUEST).digest}"}


def test_a_failure_never_reads_as_a_success() -> None:
    for state in ("failed", "disallowed", "given up"):
        said = json.dumps(render_message(build(ALL[state], votes=()))["blocks"][0]) + mrkdwn(build(ALL[state]).summary)
        assert not any(word in said.lower() for word in ("approved", "active", "is granted", "was granted", "🟢", "🔵"))


@pytest.mark.parametrize("state", ALL)
@pytest.mark.parametrize("text", [LONG, HOSTILE, "W" * 1000], ids=["long", "hostile", "wide"])
async def test_slack_accepts_the_worst_card(state: str, text: str, post: Post) -> None:
    await post(request_card.build(worst_card(ALL[state], text), LINKS))


async def test_two_hundred_approvers_become_ten_and_a_number(post: Post) -> None:
    shown = await post(build(REQUEST, approver_names=tuple(f"Person {n}" for n in range(200))))
    assert "Person 9 and 190 more" in shown
    assert "Person 10" not in shown


@pytest.mark.parametrize("state", ALL)
def test_hostile_words_never_become_markup(state: str) -> None:
    hostile = nasty(ALL[state])
    vote = replace(APPROVAL, name=HOSTILE, comment=HOSTILE, verdict=Verdict.APPROVE)
    names = {"approver_names": (HOSTILE,), "group_names": (HOSTILE,), "account_path": (HOSTILE,)}
    message = build(hostile, votes=(vote,), live_elsewhere=(hostile,), **names)
    assert foreign_markup(render_message(message)) == []


async def test_a_persons_reason_is_shown_as_typed(post: Post) -> None:
    typed = "*why*\n<!channel> `x` _y_ & <https://evil.test|ok>"
    assert typed in await post(build(replace(REQUEST, justification=typed)))


def test_the_notification_is_one_sentence_with_person_target_and_time() -> None:
    assert mrkdwn(build(REQUEST).summary) == (
        "R-1042: Ada Lovelace asks for PowerUserAccess in Payments Prod for 2 h: “fix the stuck deployment pipeline”"
    )
    assert mrkdwn(build(STATES[Status.REJECTED]).summary).endswith("rejected by Bob Kahn")


def test_a_card_without_known_addresses_has_no_links() -> None:
    assert "<http" not in json.dumps(render_message(request_card.build(card(REQUEST), Links())))


def test_a_card_drawn_twice_is_the_same() -> None:
    later = replace(card(REQUEST), now=NOW)
    assert render_message(request_card.build(later, LINKS)) == render_message(build(REQUEST))


def test_the_approvers_who_are_mentioned_are_those_whom_slack_notifies() -> None:
    pending = STATES[Status.PENDING]
    asked = json.dumps(render_message(build(pending, mentioned=(BOB,))))
    assert "Asked: <@U0BOB>" in asked
    assert "Asked:" not in json.dumps(render_message(build(pending)))
    for broad in ("<!channel>", "<!here>", "<!everyone>", "<!subteam"):
        assert broad not in asked
