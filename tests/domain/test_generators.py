"""The generators are measured: a property about a branch that is hardly ever reached is green and proves nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from core.domain.approval import Approval, Tally, Vote, may_decide, tally
from core.domain.assignment import Step
from core.domain.errors import Reason, Refused
from core.domain.evaluation import Eligibility, evaluate
from core.domain.ids import PrincipalId
from core.domain.people import Person, Principal, match_principal
from core.domain.request import Status
from tests import strategies
from tests.looks import Look, looks
from tests.strategies import PEOPLE, Move, Situation

BATCHES, BATCH, SIMPLEST = 72, 10, 3
"""About 500 examples in many small runs, because these alone are drawn as the generator says: the first few of
a run are the simplest there are, and after ten Hypothesis makes new ones by changing old ones."""
SHARE = 0.10
"""The least part of the examples that reaches a branch."""
EVEN = 2 / 3
"""The same where there are many branches, as a part of what each would have if all came up equally often."""

NEVER_GRANTED = {Reason.MANAGEMENT_ACCOUNT, Reason.PROTECTED_ACCOUNT, Reason.PROTECTED_PERMISSION_SET}
UNKNOWN = {Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET}
NOBODY_DECIDES = {Reason.NO_APPROVER, Reason.QUORUM_UNREACHABLE}
LENGTH = {Reason.DURATION_TOO_SHORT, Reason.DURATION_TOO_LONG}
START = {Reason.START_IN_PAST, Reason.START_TOO_FAR}
JUSTIFICATION = {Reason.JUSTIFICATION_MISSING, Reason.JUSTIFICATION_TOO_LONG}
TICKET = {Reason.TICKET_MISSING, Reason.TICKET_MISMATCH}


def outcomes_of_an_ask(situation: Situation) -> Iterable[str]:
    judgement = evaluate(situation.ask, situation.seen)
    if judgement.allowed:
        yield "allowed with approval" if judgement.needs_approval else "allowed without approval"
    groups = {
        "never granted": NEVER_GRANTED,
        "unknown": UNKNOWN,
        "nobody decides": NOBODY_DECIDES,
        "length": LENGTH,
        "start": START,
        "justification": JUSTIFICATION,
        "ticket": TICKET,
        "not eligible": {Reason.NOT_ELIGIBLE},
        "already assigned": {Reason.ALREADY_ASSIGNED},
    }
    reasons = {refusal.reason for refusal in judgement.refusals}
    yield from (name for name, group in groups.items() if reasons & group)
    yield from kinds_of(judgement.eligibility)


def kinds_of(found: Eligibility | None) -> Iterable[str]:
    if found is None:
        return
    yield "approval" if found.approval_required else "no approval"
    yield "limit of a policy" if found.limit_from else "global limit"
    yield "several policies" if len(found.policies) > 1 else "one policy"


def steps(look: Look) -> Iterable[str]:
    yield look.step


def tallies(drawn: tuple[list[Vote], int]) -> Iterable[str]:
    yield tally(drawn[0], drawn[1], PEOPLE[0])


def verdicts_on_a_decider(drawn: tuple[Person, frozenset[PrincipalId], list[Vote]]) -> Iterable[str]:
    person, approvers, votes = drawn
    refusal = may_decide(Approval(users=approvers), person, PEOPLE[0], votes)
    yield refusal.reason if refusal else "may decide"


def matches(drawn: tuple[str, list[Principal]]) -> Iterable[str]:
    try:
        match_principal(*drawn)
    except Refused as refused:
        yield refused.refusal.reason
    else:
        yield "found"


def ends_of_histories(moves: tuple[Move, ...]) -> Iterable[str]:
    yield "approved first" if moves[0].before is None and moves[0].after.status is Status.PENDING else "not asked for"
    yield from (move.after.status for move in moves)


MEASURED: Mapping[str, tuple[st.SearchStrategy[Iterable[str]], AbstractSet[str]]] = {
    "ask": (
        strategies.situations().map(outcomes_of_an_ask),
        {
            *("allowed with approval", "allowed without approval", "not eligible", "never granted", "unknown"),
            *("nobody decides", "already assigned", "length", "start", "justification", "ticket"),
            *("approval", "no approval", "limit of a policy", "global limit", "one policy", "several policies"),
        },
    ),
    "next step": (
        looks().map(steps),
        set(Step),
    ),
    "tally": (
        st.tuples(st.lists(strategies.votes, max_size=4), st.integers(1, 3)).map(tallies),
        set(Tally),
    ),
    "deciding": (
        st.tuples(
            strategies.persons,
            st.just(frozenset(PEOPLE)) | strategies.subsets(PEOPLE),
            st.lists(strategies.votes, max_size=4),
        ).map(verdicts_on_a_decider),
        {"may decide", Reason.OWN_REQUEST, Reason.NOT_AN_APPROVER, Reason.ALREADY_VOTED},
    ),
    "identity": (
        st.tuples(strategies.addresses, strategies.directories).map(matches),
        {"found", Reason.NO_PRINCIPAL, Reason.PRINCIPAL_DISABLED, Reason.SEVERAL_PRINCIPALS},
    ),
    "history": (
        strategies.histories().map(ends_of_histories),
        set(Status),
    ),
}


def drawn(source: st.SearchStrategy[Iterable[str]], batch: int) -> list[AbstractSet[str]]:
    """The outcomes of one small run, the same every time."""
    outcomes: list[AbstractSet[str]] = []

    @seed(batch)
    @settings(max_examples=BATCH, phases=[Phase.generate], database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(source)
    def keep(outcome: Iterable[str]) -> None:
        outcomes.append(frozenset(outcome))

    keep()
    return outcomes[SIMPLEST:]


@pytest.mark.parametrize("decision", MEASURED)
def test_every_branch_is_reached_by_many_examples(decision: str) -> None:
    source, branches = MEASURED[decision]
    outcomes = [outcome for batch in range(BATCHES) for outcome in drawn(source, batch)]
    reached = Counter(branch for outcome in outcomes for branch in outcome)
    share = min(SHARE, EVEN / len(branches))
    rare = {branch: reached[branch] for branch in branches if reached[branch] < share * len(outcomes)}
    assert not rare, f"of {len(outcomes)} examples: {dict(reached)}"
