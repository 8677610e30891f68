"""The owner of an assignment follows from AWS's operations and from who asked for them, and from nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.assignment import Assignment, AssignmentChange, Operation, OperationKind, OperationState
from core.domain.aws_changes import AwsChange, Forgotten, forgotten, last_changes
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target, membership_of
from core.domain.request import Status
from tests.handlers.samples import STATES

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TARGET = Target(AccountId("111122223333"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1"))
ADA = PrincipalId("p-ada")
CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
DONE, FAILED, GOING_ON = OperationState.SUCCEEDED, OperationState.FAILED, OperationState.IN_PROGRESS


def change(kind: OperationKind, at: int, aws_id: str = "", state: OperationState = DONE) -> AwsChange:
    return AwsChange(kind, ADA, TARGET, aws_id or f"op-{at}", NOW + at * SECOND, state)


HISTORIES = st.lists(st.tuples(st.sampled_from(OperationKind), st.booleans()), max_size=8).map(
    lambda steps: [change(kind, at, f"{'bot' if ours else 'hand'}-{at}") for at, (kind, ours) in enumerate(steps)]
)


def maker(history: Sequence[AwsChange]) -> str:
    """The maker of what exists, by doing as AWS does: creating what is there adds nothing. Empty: nothing exists."""
    holder = ""
    for each in history:
        if each.kind is DELETE:
            holder = ""
        elif not holder:
            holder = each.aws_id
    return holder


@given(HISTORIES, st.randoms())
def test_ours_is_what_the_first_creation_of_ours_since_the_last_deletion_made(
    history: list[AwsChange], chance: object
) -> None:
    shuffled = sorted(history, key=lambda _: chance.random())  # type: ignore[attr-defined]
    changes = last_changes(shuffled).get((ADA, TARGET), ())
    made_by = maker(history)
    assert [each.aws_id for each in changes if each.kind is CREATE] == ([made_by] if made_by else [])
    deleted = [each.aws_id for each in history if each.kind is DELETE]
    assert [each.aws_id for each in changes if each.kind is DELETE] == deleted[-1:]
    ours = {each.aws_id for each in history if each.aws_id.startswith("bot")}
    assert bool(forgotten(changes, ours, None, ())) == made_by.startswith("bot")


def test_the_last_creation_made_a_membership_because_there_was_none_then() -> None:
    joining = membership_of(GroupId("g-operators"))
    made = [replace(change(CREATE, at), target=joining) for at in (1, 2)]
    assert last_changes(reversed(made))[ADA, joining] == [made[-1]]


def test_a_creation_that_failed_may_have_done_the_work_and_a_deletion_that_failed_has_not() -> None:
    failed = [change(CREATE, 1, state=FAILED), change(DELETE, 2, state=FAILED)]
    assert last_changes(failed)[ADA, TARGET] == failed[:1]


def test_what_is_still_going_on_has_made_nothing() -> None:
    assert last_changes([change(CREATE, 1, state=GOING_ON)]) == {}


def test_of_what_the_book_knows_or_has_seen_later_nothing_is_forgotten() -> None:
    made, ours = [change(CREATE, 5)], {"op-5"}
    nothing = Assignment(ADA, TARGET)
    assert forgotten(made, ours, nothing, ()) == [(Forgotten.GRANT, made[0])]
    for known in (
        replace(nothing, ours=True),
        replace(nothing, operation=Operation(CREATE, NOW)),
        replace(nothing, hanging=(Operation(CREATE, NOW),)),
        replace(nothing, changed=AssignmentChange(DELETE, NOW, NOW + 9 * SECOND)),
        replace(nothing, changed=AssignmentChange(CREATE, NOW, NOW, "op-5")),
        replace(nothing, missing_since=NOW + 9 * SECOND),
    ):
        assert forgotten(made, ours, known, ()) == []
    earlier = replace(nothing, changed=AssignmentChange(DELETE, NOW, NOW - SECOND))
    assert forgotten(made, ours, earlier, ()) == [(Forgotten.GRANT, made[0])]


def test_an_end_is_forgotten_where_the_book_calls_live_what_we_took_away() -> None:
    gone, ours = [change(DELETE, 5)], {"op-5"}
    held = Assignment(ADA, TARGET, ours=True, changed=AssignmentChange(CREATE, NOW, NOW))
    active = replace(STATES[Status.ACTIVE], granting_at=NOW)
    assert forgotten(gone, ours, held, [active]) == [(Forgotten.END, gone[0])]
    assert forgotten(gone, set(), held, [active]) == [], "somebody else's hand is drift, and no end of ours"
    assert forgotten(gone, ours, held, ()) == []
    assert forgotten(gone, ours, held, [replace(active, granting_at=NOW + 6 * SECOND)]) == [], "it began after that"
    later = replace(held, changed=AssignmentChange(CREATE, NOW, NOW + 9 * SECOND))
    assert forgotten(gone, ours, later, [active]) == []
    assert forgotten(gone, ours, None, [active]) == []


def test_what_was_made_anew_after_a_forgotten_end_is_of_its_own_maker() -> None:
    gone, made = changes = [change(DELETE, 5), change(CREATE, 7)]
    held = Assignment(ADA, TARGET, ours=True, changed=AssignmentChange(CREATE, NOW, NOW))
    live = [replace(STATES[Status.ACTIVE], granting_at=NOW)]
    assert forgotten(changes, {"op-5", "op-7"}, held, live) == [(Forgotten.END, gone), (Forgotten.GRANT, made)]
    assert forgotten(changes, {"op-5"}, held, live) == [(Forgotten.REPLACED, gone)]
    assert forgotten(changes, {"op-7"}, held, live) == []
