"""Every refusal and outcome has a sentence of its own: calm, whole, and with what to do next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.approval import Approval
from core.domain.commands import ExportKind
from core.domain.errors import (
    AccessError,
    AnswerLost,
    Conflict,
    Field,
    InvalidPolicies,
    NotFound,
    Problem,
    Reason,
    Refusal,
    Refused,
    Side,
    SourceTrouble,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from core.domain.evaluation import Eligibility, Evaluation
from core.domain.notice_content import Exported, ExportFailed, OtherFailure, RefusedFailure, SourceFailure
from core.domain.outcome import InHand, Outcome, Result
from core.domain.request import Status
from handlers.screens import phrases
from handlers.slack.drawing.spans import mrkdwn
from handlers.words import explain_words, export_words, policy_words, sentences, waiting_words
from handlers.words.states import state_of
from tests.handlers.samples import ADA, NOW, REQUEST, STATES

FOUND = Eligibility(("payments-engineers",), timedelta(hours=4), "payments-engineers", approval_required=True)


def is_calm(sentence: str) -> bool:
    whole = sentence.rstrip().endswith((".", ".)"))
    return whole and "!" not in sentence and "sorry" not in sentence.lower() and "None" not in sentence


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_calm_whole_sentence(reason: Reason) -> None:
    assert is_calm(sentences.refusal(Refusal(reason)))


def test_no_two_reasons_read_alike() -> None:
    said = [sentences.refusal(Refusal(reason)) for reason in Reason]
    assert len(set(said)) == len(said)


def test_a_bound_is_named_with_the_policy_it_comes_from() -> None:
    refusal = Refusal(Reason.DURATION_TOO_LONG, Field.DURATION, ("payments-engineers",), timedelta(hours=4))
    assert sentences.refusal(refusal) == ("The maximum here is 4 h (policy payments-engineers). Ask for that or less.")


def test_a_bound_without_a_policy_comes_from_settings() -> None:
    refusal = Refusal(Reason.DURATION_TOO_LONG, Field.DURATION, limit=timedelta(hours=9))
    assert "9 h (settings, max_duration)" in sentences.refusal(refusal)


@pytest.mark.parametrize("result", Result)
def test_every_outcome_is_a_calm_whole_sentence(result: Result) -> None:
    came = Outcome(result, REQUEST.id, (Refusal(Reason.OWN_REQUEST),))
    assert is_calm(sentences.outcome(came, REQUEST, NOW))
    assert is_calm(sentences.outcome(came, None, NOW))


@pytest.mark.parametrize("status", Status)
def test_who_was_faster_is_said_for_every_status(status: Status) -> None:
    assert is_calm(sentences.overtaken(STATES[status], NOW + timedelta(minutes=2)))


def test_the_slower_of_two_approvers_learns_who_and_when() -> None:
    came = Outcome(Result.TOO_LATE, REQUEST.id)
    said = sentences.outcome(came, STATES[Status.SCHEDULED], NOW + timedelta(minutes=2))
    assert said.startswith("Bob Kahn approved this 2 min ago.")


@pytest.mark.parametrize(
    "raised",
    [
        Refused(Refusal(Reason.GUEST)),
        NotFound(),
        Conflict("internal words"),
        InvalidPolicies([Problem(3, "unknown key."), Problem(0, "no version.")]),
        UpstreamBusy("internal words", retry_after=timedelta(minutes=5)),
        AnswerLost("internal words"),
        UpstreamRefused("internal words", code="AccessDeniedException"),
        Upstream("internal words"),
        AccessError("internal words"),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_every_error_is_told_without_its_internal_words(raised: AccessError) -> None:
    said = sentences.error(raised)
    assert is_calm(said)
    assert "internal" not in said


CALLED = {
    Side.AWS: "AWS",
    Side.CHAT: "The chat platform",
    Side.SLACK: "Slack",
    Side.TEAMS: "Teams",
    Side.STORAGE: "The database",
    Side.RECEIVER: "The receiver of events",
}


@pytest.mark.parametrize("raised", [UpstreamBusy("internal"), UpstreamRefused("internal"), Upstream("internal")])
def test_who_does_not_answer_is_named_where_it_is_known(raised: Upstream) -> None:
    called = {Side.AWS: "AWS", Side.SLACK: "Slack", Side.TEAMS: "Teams", Side.CHAT: "The chat platform"}
    called |= {Side.STORAGE: "The database", Side.BOT: "TEAM Bot"}
    for side, name in called.items():
        assert sentences.error(raised.at(side)).startswith(f"{name} ")


@pytest.mark.parametrize("side", [Side.AWS, Side.CHAT, Side.STORAGE])
def test_an_outage_says_what_became_of_what_was_asked_for(side: Side) -> None:
    said = sentences.error(UpstreamBusy("internal", side=side))
    assert ("Nothing was changed" in said) == (side is not Side.STORAGE)


@pytest.mark.parametrize("side", [*Side, None])
@pytest.mark.parametrize("refused", [False, True])
def test_what_is_in_hand_names_the_side_that_is_away_and_says_that_it_is_saved(
    side: Side | None, refused: bool
) -> None:
    said = waiting_words.in_hand(InHand(side, refused=refused), "your approval")
    does = "refuses it for now." if refused else "hasn't answered yet."
    begin = f"{CALLED[side]} {does}" if side in CALLED else "This is taking longer than usual."
    assert said == f"{begin} Your approval is saved; you'll get a message with the result."


def test_unknown_and_foreign_requests_read_the_same() -> None:
    assert sentences.error(NotFound()) == sentences.outcome(Outcome(Result.NOT_FOUND), None, NOW) == "No such request."


def test_a_stored_reason_is_our_words_and_anything_else_is_aws_words() -> None:
    assert sentences.failure("not_eligible") == ("No policy allows this access any more.", "")
    assert sentences.failure("Role limit exceeded") == ("AWS did not carry it out.", "Role limit exceeded")


#: What a stored request is judged by once more, at the click or at the start.
JUDGED_AGAIN = [
    Reason.NO_PRINCIPAL,
    Reason.PRINCIPAL_DISABLED,
    Reason.UNKNOWN_ACCOUNT,
    Reason.UNKNOWN_PERMISSION_SET,
    Reason.NOT_ELIGIBLE,
    Reason.DURATION_TOO_LONG,
    Reason.APPROVAL_NOW_REQUIRED,
    Reason.TOO_FEW_APPROVALS,
    Reason.IDENTITY_SUSPENDED,
    Reason.DEACTIVATED,
    Reason.ALREADY_ASSIGNED,
    Reason.MANAGEMENT_ACCOUNT,
    Reason.PROTECTED_ACCOUNT,
    Reason.PROTECTED_PERMISSION_SET,
]


@pytest.mark.parametrize("reason", JUDGED_AGAIN)
def test_a_failure_that_all_read_speaks_to_nobody_in_particular(reason: Reason) -> None:
    ours, _ = sentences.failure(reason.value)
    assert is_calm(ours)
    assert not {"you", "your"} & set(ours.lower().replace(".", "").split())


def test_long_lists_of_names_end_in_a_number() -> None:
    people = [f"Person {n}" for n in range(200)]
    assert sentences.who_decides(people, ["Payments Leads"]).endswith("Person 9 and 190 more (Payments Leads)")


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_mark_and_a_word(status: Status) -> None:
    assert state_of(status).mark
    assert state_of(status).word


def test_states_that_differ_have_different_words() -> None:
    assert len({state_of(status).word for status in Status}) == len(Status)


def test_an_explanation_says_who_how_long_and_who_decides_each_with_its_policies() -> None:
    approval = Approval(policies=("payments-approvers",), quorum=2)
    judgement = Evaluation((), replace(FOUND, approval_because=("payments-engineers",)), approval, frozenset())
    assert explain_words.explain(judgement, approvers=("Bob", "Carol"), groups=("Payments Leads",)) == (
        "May ask: yes, by policy payments-engineers.",
        "How long: up to 4 h, by policy payments-engineers.",
        "Approval: needed, because of policy payments-engineers.",
        "Who decides: 2 approvals from Bob or Carol (Payments Leads), by policy payments-approvers.",
        "Target: not protected, and not in the management account.",
        "Already assigned: no direct assignment from outside TEAM Bot.",
    )


def test_an_explanation_tells_a_switch_from_a_policy() -> None:
    judgement = Evaluation((), replace(FOUND, approval_required=False, limit_from=""), Approval(), frozenset())
    assert explain_words.explain(judgement)[1:3] == (
        "How long: up to 4 h, by the global maximum in settings.",
        "Approval: not needed; no matching policy asks for it.",
    )
    said = explain_words.explain(judgement, approvals_on=False)
    assert said[2] == "Approval: not needed; it is switched off in settings."


def test_an_explanation_of_a_no_gives_every_reason() -> None:
    refusals = (Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET), Refusal(Reason.PROTECTED_ACCOUNT))
    (said,) = explain_words.explain(Evaluation(refusals, None, Approval(), frozenset()))
    assert said == (
        "May ask: no. No policy lets this person ask for this permission set in this account. "
        f"{sentences.refusal(refusals[1])}"
    )


@pytest.mark.parametrize(
    "reason", [Reason.MANAGEMENT_ACCOUNT, Reason.PROTECTED_ACCOUNT, Reason.PROTECTED_PERMISSION_SET]
)
def test_an_explanation_says_what_bars_a_target_whoever_asks(reason: Reason) -> None:
    closed = Evaluation((Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET),), None, Approval(), frozenset())
    (said,) = explain_words.explain(closed, barred=Refusal(reason))
    assert said.endswith(sentences.refusal(Refusal(reason)))
    assert "No policy lets this person" in said


@pytest.mark.parametrize("reason", policy_words.OF_ANOTHER)
def test_an_explanation_never_addresses_the_reader_as_the_one_asked_about(reason: Reason) -> None:
    judgement = Evaluation((Refusal(reason, detail="1 of 2"),), FOUND, Approval(), frozenset())
    said = explain_words.explain(judgement)[0]
    assert not {"you", "your", "choose"} & set(said.casefold().split())


def test_an_explanation_names_the_policies_that_would_do_but_for_one_half() -> None:
    assert policy_words.near_misses(("a", "b"), ("c",)) == (
        "Policies that allow this to other people: a, b.",
        "Policies that allow this person something else: c.",
    )
    assert policy_words.near_misses((), tuple(map(str, range(12))))[0].endswith("8, 9 and 2 more.")


NOT_PERMITTED = Refusal(Reason.NOT_PERMITTED, detail="auditors and admins")


@pytest.mark.parametrize(
    ("failed", "subject", "why"),
    [
        (
            ExportFailed(ExportKind.REQUESTS, "ada", RefusedFailure((NOT_PERMITTED,))),
            "The requests (ada)",
            "Only auditors and admins can use this. Ask one of them.",
        ),
        (
            ExportFailed(ExportKind.ACTIVITY, "R-42", RefusedFailure(())),
            "Session activity of R-42",
            "No such request.",
        ),
        (
            ExportFailed(ExportKind.ACTIVITY, "R-42 2026-11-22", SourceFailure(SourceTrouble.TOO_SLOW, "3 min", "")),
            "Session activity of R-42 on 2026-11-22",
            "The logs did not answer within 3 min, so the query was stopped. Try again later.",
        ),
        (
            ExportFailed(ExportKind.REQUESTS, "", OtherFailure("Slack is busy.")),
            "The requests",
            "Slack is busy. Export again once that is fixed.",
        ),
    ],
)
def test_a_file_that_does_not_come_is_told_of_with_why_and_what_to_do(
    failed: ExportFailed, subject: str, why: str
) -> None:
    assert export_words.export(failed, None) == f"{subject} could not be exported, and nothing was sent. {why}"


@pytest.mark.parametrize(
    ("exported", "sentence"),
    [
        (Exported(ExportKind.REQUESTS, "", 1), "1 request as CSV, as of when this was made."),
        (Exported(ExportKind.REQUESTS, "ada", 0), "No requests as CSV (ada), as of when this was made."),
        (Exported(ExportKind.ACTIVITY, "R-1042", 15), "Session activity of R-1042: 15 events as CSV"),
        (Exported(ExportKind.ACTIVITY, "R-1042", unsure=True), "Slack did not confirm it"),
        (Exported(ExportKind.ACTIVITY, "R-1042", 9, ("cut",), unsure=True), "missing. There are more events than"),
        (Exported(ExportKind.REQUESTS, "", 1, ("of_others",)), "Only your own requests are included, and those of"),
        (Exported(ExportKind.REQUESTS, "", 1, ("of_addresses",)), "somebody who has left is found by a part of their"),
        (
            Exported(ExportKind.ACTIVITY, "R-1042", 9, ("cut", "incomplete")),
            "Times are in UTC. There are more events than were read: these are the first. Sessions may still be open",
        ),
    ],
)
def test_a_file_says_what_it_holds(exported: Exported, sentence: str) -> None:
    assert sentence in export_words.export(exported, ADA)


@pytest.mark.parametrize(
    ("groups", "personal", "words"),
    [
        (["Leads"], [], "1 approval from Bob or Carol (Leads)"),
        (["Leads"], ["Olivia"], "1 approval from Bob or Carol (Leads), or Olivia"),
        ([], ["Olivia", "Peggy"], "1 approval from Bob or Carol, or Olivia or Peggy"),
    ],
)
def test_approvers_are_named_by_what_makes_them_one(groups: list[str], personal: list[str], words: str) -> None:
    assert sentences.who_decides(["Bob", "Carol"], groups, 1, personal) == words


def test_nobody_who_could_approve_is_said() -> None:
    assert sentences.who_decides([], []) == "1 approval from nobody at present"


@pytest.mark.parametrize("why", ["visible there.", "why?", "now!"])
def test_a_quotation_that_ends_with_a_stop_gets_no_second_one(why: str) -> None:
    assert mrkdwn(phrases.because(why)) == f": “{why}”"
    assert mrkdwn(phrases.because("plain")) == ": “plain”."
