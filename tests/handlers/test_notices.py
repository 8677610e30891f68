"""Each message says in its first sentence what has become of which access; a failure never reads as a success."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Reason, Refusal
from core.domain.ids import ConversationId, RequestId
from core.domain.notice_content import (
    AccountElsewhere,
    Answer,
    ChannelShared,
    ChannelsLost,
    Overdue,
    PairsSuspended,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    PolicyChange,
    SecondAccountOfYours,
    SecondAccounts,
    UnknownAssignmentsFound,
    Unreached,
)
from core.domain.notices import Content, Form, Plain, Topic
from core.domain.outcome import Outcome, Result
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.policy_notices import change_of
from core.domain.request import Actor, LeftBehind, Status
from core.domain.settings import UnknownAssignments
from handlers.screens import notices, request_texts
from handlers.screens.ids import ActionId
from handlers.screens.links import Links
from handlers.screens.screen import Message
from handlers.slack.drawing.render import render_message
from handlers.slack.drawing.spans import mrkdwn
from tests.contents import contents
from tests.handlers.conftest import Post
from tests.handlers.policies import BOOK, FRANK, many
from tests.handlers.samples import (
    CALLED_OFF,
    GIVEN_UP,
    HOSTILE,
    LINKS,
    LONG,
    NOW,
    STATES,
    TOLD,
    foreign_markup,
    nasty,
    notice,
)

FORMS = (Form.DIRECT, Form.THREAD, Form.LINE)
ACCESS = "Payments Prod as PowerUserAccess"
FIRST = {
    Topic.SUBMITTED: f"R-1042 was sent: your access to {ACCESS} is waiting for approval.",
    Topic.APPROVED: f"Your request for {ACCESS} was approved by Bob Kahn. It is being set up.",
    Topic.REJECTED: f"Your request for {ACCESS} was rejected by Bob Kahn: “not on a Friday”.",
    Topic.EXPIRED: f"Your request for {ACCESS} was not decided in time and has expired.",
    Topic.ACTIVE: f"Your access to {ACCESS} is active until 14:00.",
    Topic.ENDING_SOON: f"15 minutes left: your access to {ACCESS} ends at 12:15.",
    Topic.ENDED: f"Your access to {ACCESS} has ended.",
    Topic.REVOKED: f"Your access to {ACCESS} was ended early by Carol Shaw: “incident over”.",
    Topic.FAILED: f"Your request for {ACCESS} failed: AWS did not carry it out.",
    Topic.OVERDUE: f"Ada Lovelace's access to {ACCESS} should have ended ",
    Topic.DRIFT: f"AWS no longer lists Ada Lovelace's access to {ACCESS}, which should be active.",
}


def told(said: Topic | Content, form: Form = Form.DIRECT) -> Message:
    made = notice(said, form)
    return notices.build(made, TOLD.get(made.topic), LINKS, NOW)


def alone(said: Topic | Content, form: Form = Form.DIRECT) -> Message:
    """Without a request."""
    return notices.build(notice(said, form), None, Links(), NOW)


def pressable(message: Message) -> list[str]:
    elements = [e for b in render_message(message)["blocks"] if b["type"] == "actions" for e in b["elements"]]
    return [each["action_id"] for each in elements]


@pytest.mark.parametrize("topic", FIRST)
async def test_a_direct_message_is_readable_from_a_lock_screen(topic: Topic, post: Post) -> None:
    shown = (await post(told(topic))).splitlines()[0]
    assert FIRST[topic] in shown


@pytest.mark.parametrize("form", FORMS)
def test_every_state_has_words_of_its_own(form: Form) -> None:
    said = {topic: mrkdwn(told(topic, form).summary) for topic in TOLD if topic is not Topic.ANSWER}
    assert len(set(said.values())) == len(said)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("topic", [Topic.FAILED, Topic.REJECTED, Topic.EXPIRED, Topic.OVERDUE, Topic.DRIFT])
def test_a_failure_never_reads_as_a_success(topic: Topic, form: Form) -> None:
    said = mrkdwn(told(topic, form).summary)
    assert not any(word in said for word in ("is active", "Approved", "was approved", "has ended", "🟢", "🔵"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "long"])
async def test_slack_accepts_every_notice_at_its_worst(text: str, form: Form, post: Post) -> None:
    for said in [*map(Plain, TOLD), *contents(text, text)]:
        made = notice(said, form)
        request = TOLD.get(made.topic)
        message = notices.build(made, nasty(request, text) if request else None, LINKS, NOW)
        await post(message)
        assert foreign_markup(render_message(message)) == [], made


async def test_a_given_up_grant_that_cannot_be_taken_back_is_told_as_such(post: Post) -> None:
    stuck = replace(GIVEN_UP, revoking_at=NOW)
    alarm = notice(Overdue("not authorized", asked=False))
    shown = await post(notices.build(alarm, stuck, LINKS, NOW))
    assert "could not be granted. AWS may have made it all the same" in shown
    assert "should have ended" not in shown
    assert "not authorized" in shown
    assert "[ Close by hand ]" in shown
    line = await post(notices.build(notice(Overdue("", asked=False), Form.LINE), stuck, LINKS, NOW))
    assert "could not be granted. TEAM Bot has been trying since" in line
    failed = replace(stuck, status=Status.FAILED, closed_at=NOW + timedelta(minutes=9))
    late = await post(notices.build(notice(Topic.LATE_END), failed, LINKS, NOW))
    assert "could not be granted, and nothing of it is left" in late


@pytest.mark.parametrize("why", LeftBehind)
def test_a_failed_grant_never_claims_that_nothing_is_left_where_something_is(why: LeftBehind) -> None:
    failed = replace(GIVEN_UP, status=Status.FAILED, closed_at=NOW, left_behind=why, closed_by="Frank Rosen")
    shown = " ".join(mrkdwn(line) for line in request_texts.ending_lines(failed))
    assert "Nothing was left behind" not in shown
    assert "AWS" in shown
    assert "lists" in shown or "list the assignment" in shown


@pytest.mark.parametrize("kind", [PairsSuspended, SecondAccounts])
async def test_pairs_that_come_to_wait_together_are_told_in_one_message(
    kind: type[PairsSuspended] | type[SecondAccounts], post: Post
) -> None:
    users = ", ".join(f"U{number}" for number in range(10))
    shown = await post(alone(kind(312, users)))
    assert f"312 chat users ({users} and 302 more)" in shown


async def test_an_account_on_another_platform_is_told_where_somebody_was_before(post: Post) -> None:
    shown = await post(alone(AccountElsewhere("object-1", "teams")))
    assert "The Teams user object-1 acts as you in IAM Identity Center now." in shown
    assert "release" not in shown


async def test_a_second_account_is_told_to_the_first_as_such(post: Post) -> None:
    shown = await post(alone(SecondAccountOfYours("U0EVE", "slack")))
    assert "The Slack user U0EVE leads to you in IAM Identity Center too." in shown
    assert "If that is not you, tell the admins." in shown


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("form", FORMS)
async def test_a_notice_whose_request_is_gone_still_says_something(topic: Topic, form: Form, post: Post) -> None:
    assert await post(alone(topic, form))


@pytest.mark.parametrize("form", [Form.DIRECT, Form.LINE])
@pytest.mark.parametrize(
    ("setting", "then"),
    [(UnknownAssignments.REPORT, "They stay"), (UnknownAssignments.REMOVE, "They are removed in half an hour")],
)
async def test_admins_read_what_no_request_accounts_for(
    form: Form, setting: UnknownAssignments, then: str, post: Post
) -> None:
    examples = "Ada Lovelace has PowerUserAccess in Payments Prod; Bob Kahn has ReadOnlyAccess in Sandbox"
    shown = await post(alone(UnknownAssignmentsFound(7, examples, setting), form))
    assert f"7 assignments are in AWS that no request accounts for: {examples}; and 5 more. {then}" in shown


def of_change(after: PolicyBook, text: str = "tidy up") -> PolicyChange:
    return change_of(BOOK, after, Actor("Frank Rosen"), text)


def that_waits(after: PolicyBook) -> PoliciesWaiting:
    return PoliciesWaiting(of_change(after), 7, ("more_time", "settings"), NOW)


@pytest.mark.parametrize("form", [Form.DIRECT, Form.LINE])
async def test_a_revision_is_told_with_author_and_why_and_what_it_changes(form: Form, post: Post) -> None:
    own = EligibilityPolicy("tidy", users=frozenset({FRANK}), approval_required=False, max_duration=timedelta(hours=2))
    settings = replace(BOOK.settings, approval_required=False, max_duration=timedelta(hours=12))
    after = replace(BOOK, revision=8, settings=settings, eligibility=(own,), labels={FRANK: "frank"})
    shown = await post(alone(PoliciesChanged(of_change(after)), form))
    for words in (
        "Policies and settings, revision 8 by Frank Rosen:",
        "Settings (Approval: as the policies say → never needed; Longest access: 9 h → 12 h)",
        (
            "Eligibility policy tidy new (Users + frank; Longest access: the global maximum → 2 h; "
            "Approval: needed → not needed)"
        ),
        "Eligibility policy payments-engineers deleted",
        "Why: “tidy up”",
    ):
        assert words in shown, (words, shown)


async def test_a_change_that_waits_says_why_and_is_decided_in_place(post: Post) -> None:
    after = replace(BOOK, settings=replace(BOOK.settings, max_duration=timedelta(hours=12)))
    shown = await post(alone(that_waits(after)))
    for words in (
        "Frank Rosen wants to change policies or settings, and another admin has to approve it",
        "Longest access: 9 h → 12 h",
        "It waits because access can last longer; a setting allows more or protects less",
        "[ Approve ] [ Reject ] [ Details ]",
    ):
        assert words in shown, (words, shown)
    line = await post(alone(that_waits(after), Form.LINE))
    assert "[ Approve ]" not in line


async def test_a_change_too_large_for_a_message_is_approved_where_it_is_shown_whole(post: Post) -> None:
    """The part that is left out must not be approved unseen."""
    _, book = many("x", 80)
    shown = await post(alone(that_waits(book)))
    assert "[ Approve ]" not in shown
    assert "[ Reject ] [ Details ]" in shown


@pytest.mark.parametrize(
    ("state", "said", "again"),
    [
        ("rejected", "was rejected by Bob", False),
        ("expired", "not decided in time", True),
        ("outdated", "overtaken", True),
    ],
)
async def test_a_change_that_does_not_come_says_why(state: str, said: str, again: bool, post: Post) -> None:
    change = of_change(replace(BOOK, approval=()))
    shown = await post(alone(PoliciesUnchanged(change, 7, state, "Bob" if state == "rejected" else "")))
    assert said in shown
    assert ("[ Look at it again ]" in shown) is again


@pytest.mark.parametrize("form", [Form.DIRECT, Form.LINE])
@pytest.mark.parametrize("text", [HOSTILE, LONG, "W" * 3000])
async def test_slack_accepts_the_worst_revision(form: Form, text: str, post: Post) -> None:
    _, book = many(text, 80)
    labels = {each: text for policy in book.policies for each in (*policy.accounts, *policy.permission_sets)}
    told = of_change(replace(book, labels=labels), text)
    for said in (
        PoliciesChanged(told, text),
        PoliciesWaiting(told, 7, (text,), NOW),
        PoliciesUnchanged(told, 7, text, text),
    ):
        message = alone(said, form)
        await post(message)
        assert foreign_markup(render_message(message)) == []


@pytest.mark.parametrize("closed", ["approved", "rejected", "expired", "outdated"])
async def test_a_change_that_waits_no_longer_reads_so_and_has_no_buttons(closed: str, post: Post) -> None:
    change = of_change(BOOK)
    said = PoliciesChanged(change, "Erin") if closed == "approved" else PoliciesUnchanged(change, 7, closed, "Erin")
    message = notices.edited(notice(said, Form.EDIT), None, Links(), NOW, "/team")
    assert pressable(message) == []
    first = (await post(message)).splitlines()[0]
    words = {"approved": "approved by Erin", "expired": "was not decided in time", "outdated": "was overtaken"}
    assert words.get(closed, "was rejected by Erin") in first


async def test_a_stuck_end_is_told_with_what_aws_says_and_what_to_do(post: Post) -> None:
    shown = await post(told(Overdue("DeleteAccountAssignment: AccessDeniedException: *no*", asked=False)))
    assert "AWS says: “DeleteAccountAssignment: AccessDeniedException: ∗no∗”" in shown
    assert "/team close R-1042" in shown
    assert "[ Close by hand ]" in shown
    assert "AWS accepted the deletion but hasn't finished it." in await post(told(Overdue("", asked=True)))
    assert "AWS has not said why." in await post(told(Overdue("", asked=False)))


CLOSED = replace(STATES[Status.REVOKED], revoking_at=NOW - timedelta(minutes=9), closed_at=NOW)
LATE_ENDS = {
    "ended at 12:00, 9 min after it was to end.": CLOSED,
    "continues under R-1050. It was settled at 12:00, after 9 min.": replace(CLOSED, continued_by=RequestId(1050)),
    "closed by hand by Frank at 12:00, 9 min after": replace(
        CLOSED, left_behind=LeftBehind.CLOSED_BY_HAND, closed_by="Frank"
    ),
}


@pytest.mark.parametrize("words", LATE_ENDS)
@pytest.mark.parametrize("said", [Overdue("no", asked=False), Plain(Topic.LATE_END)])
async def test_a_stuck_end_that_is_over_says_when_and_how_late(words: str, said: Content, post: Post) -> None:
    """The second message says it, and the first, drawn anew."""
    message = notices.edited(notice(said), LATE_ENDS[words], LINKS, NOW, "/team")
    first = (await post(message)).splitlines()[0]
    assert words in first
    assert "🚨" not in first
    assert pressable(message) == [ActionId.DETAILS]


@pytest.mark.parametrize("topic", TOLD)
def test_every_direct_message_leads_to_the_request(topic: Topic) -> None:
    message = told(Answer(7, Outcome(Result.SUBMITTED), "") if topic is Topic.ANSWER else topic)
    assert ActionId.DETAILS in pressable(message)
    assert "<https://slack.com/app_redirect?app=A0TEAM&amp;team=T0EXAMPLE|R-1042>" in str(render_message(message))


async def test_active_says_how_to_use_it_and_can_be_given_back(post: Post) -> None:
    message = told(Topic.ACTIVE)
    shown = await post(message)
    assert "AWS access portal, account 111122223333, role PowerUserAccess." in shown
    assert "aws sso login --profile PowerUserAccess-111122223333" in shown
    assert ActionId.REVOKE in pressable(message)


async def test_ending_soon_says_how_to_go_on(post: Post) -> None:
    assert "To go on, press Extend, or ask again with /team request." in await post(told(Topic.ENDING_SOON))


async def test_the_active_message_opens_aws_there_and_gives_a_profile_that_can_be_pasted(post: Post) -> None:
    links = replace(LINKS, region="eu-central-1")
    message = notices.build(notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], links, NOW)
    shown = await post(message)
    assert "[profile PowerUserAccess-111122223333]\nsso_start_url = https://example.awsapps.com/start" in shown
    assert "aws sso login --profile PowerUserAccess-111122223333" in shown
    (opens,) = [e for b in render_message(message)["blocks"] for e in b.get("elements", ()) if e.get("url")]
    assert opens["url"] == (
        "https://example.awsapps.com/start/#/console?account_id=111122223333&role_name=PowerUserAccess"
    )


async def test_a_reminder_can_be_answered_in_place_until_it_is_decided(post: Post) -> None:
    assert "[ Approve ] [ Reject ] [ Approve for a shorter time ] [ Details ]" in await post(told(Topic.REMINDER))
    late = notices.build(notice(Topic.REMINDER), STATES[Status.REJECTED], LINKS, NOW)
    assert "Approve" not in await post(late)


async def test_the_requester_is_told_what_of_the_time_asked_for_was_approved(post: Post) -> None:
    request = replace(TOLD[Topic.APPROVED], duration=timedelta(minutes=45), asked_duration=timedelta(hours=2))
    shown = await post(notices.build(notice(Topic.APPROVED), request, LINKS, NOW))
    assert "was approved by Bob Kahn, for 45 min of the 2 h asked for." in shown


async def test_a_failure_gives_aws_words_and_what_is_left(post: Post) -> None:
    shown = await post(told(Topic.FAILED))
    assert "AWS says: “AWS: the role is at its limit”" in shown
    assert "Nothing was left behind" in shown


async def test_ended_says_what_lives_on(post: Post) -> None:
    assert "Sessions already open may go on until" in await post(told(Topic.ENDED))


async def test_an_end_under_which_access_goes_on_says_so(post: Post) -> None:
    request = replace(STATES[Status.ENDED], continued_by=RequestId(1043))
    shown = await post(notices.build(notice(Topic.ENDED), request, LINKS, NOW))
    assert "R-1042 has ended. Access continues under R-1043." in shown
    assert f"{ACCESS} has ended" not in shown


async def test_what_was_called_off_never_began(post: Post) -> None:
    shown = await post(notices.build(notice(Topic.REVOKED), CALLED_OFF, LINKS, NOW))
    assert "was called off by Ada Lovelace before it began." in shown


def test_a_late_message_does_not_claim_what_is_over() -> None:
    for topic in (Topic.ACTIVE, Topic.ENDING_SOON):
        late = notices.build(notice(topic), STATES[Status.ENDED], LINKS, NOW + timedelta(days=1))
        assert "was active and is no longer: ended." in mrkdwn(late.summary)
        assert ActionId.REVOKE not in pressable(late)


OLD_TRUTHS = {
    (Topic.ACTIVE, Status.ENDED): "⚪ *Ended*",
    (Topic.ACTIVE, Status.REVOKING): "🟠 *Being ended",
    (Topic.ENDING_SOON, Status.REVOKED): "⚪ *Ended early by",
    (Topic.REMINDER, Status.ACTIVE): "✅ *Approved by Bob Kahn*",
    (Topic.REMINDER, Status.REJECTED): "⛔ *Rejected by Bob Kahn*",
    (Topic.REMINDER, Status.CANCELLED): "⚪ *Withdrawn by Ada Lovelace*",
    (Topic.SUBMITTED, Status.SCHEDULED): "✅ *Approved by Bob Kahn*",
    (Topic.SUBMITTED, Status.EXPIRED): "⌛ *Not decided in time*",
    (Topic.APPROVED, Status.FAILED): "🔴 *Failed:*",
}


@pytest.mark.parametrize(("said", "words"), OLD_TRUTHS.items(), ids=str)
async def test_an_old_message_says_what_is_so_now_first_and_has_no_button_without_use(
    said: tuple[Topic, Status], words: str, post: Post
) -> None:
    topic, status = said
    message = notices.edited(notice(topic, Form.EDIT), STATES[status], LINKS, NOW, "/team")
    assert render_message(message)["blocks"][0]["text"]["text"].startswith(words)
    assert pressable(message) == [ActionId.DETAILS]
    assert await post(message)


def test_a_late_approval_does_not_promise_what_failed() -> None:
    late = notices.build(notice(Topic.APPROVED), STATES[Status.FAILED], LINKS, NOW)
    assert "It is being set up" not in mrkdwn(late.summary)


@pytest.mark.parametrize("result", Result)
async def test_an_answer_that_came_later_is_the_outcome_in_words(result: Result, post: Post) -> None:
    outcome = Outcome(result, refusals=(Refusal(Reason.OWN_REQUEST),))
    assert await post(told(Answer(7, outcome, "")))


async def test_an_audit_line_says_who_what_and_how(post: Post) -> None:
    shown = await post(told(Topic.ACTIVE, Form.LINE))
    assert shown == "🟢 R-1042 · Ada Lovelace, PowerUserAccess in Payments Prod: Active until 14:00."


@pytest.mark.parametrize("topic", TOLD)
def test_a_line_is_one_line(topic: Topic) -> None:
    assert "\n" not in mrkdwn(told(topic, Form.LINE).summary)


async def test_admins_read_which_channel_gets_nothing_and_who_is_out_of_reach(post: Post) -> None:
    shared = await post(alone(ChannelShared(ConversationId("C0PAYMENTS"))))
    assert "is shared with another company, so nothing is posted there any more" in shared
    removed = await post(alone(ChannelsLost("Payments")))
    assert "TEAM Bot was taken out of the team Payments, so nothing is posted in its channels any more" in removed
    request = STATES[Status.PENDING]
    lost = await post(notices.build(notice(Unreached("Bob Kahn", nobody=False)), request, LINKS, NOW))
    assert "R-1042 is waiting for approval, and Bob Kahn, who may decide it, cannot be reached in chat" in lost
    nobody = await post(notices.build(notice(Unreached("", nobody=True)), request, LINKS, NOW))
    assert "nobody who may decide it can be reached in chat" in nobody
