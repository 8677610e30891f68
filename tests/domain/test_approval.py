from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import (
    Approval,
    Tally,
    Verdict,
    Vote,
    approval_for,
    decides_anywhere,
    may_decide,
    tally,
    too_few_approvers,
    too_few_votes,
)
from core.domain.errors import Reason, Refusal
from core.domain.ids import ConversationId, GroupId, PrincipalId, RequestId
from core.domain.organization import Organization, Target
from core.domain.people import ChatUser, Person
from core.domain.policy import ApprovalPolicy, Notify, PolicyBook
from tests.strategies import (
    CHAT_USERS,
    GROUPS,
    NOW,
    PEOPLE,
    Parts,
    approval_policies,
    one_of,
    organizations,
    persons,
    picks,
    policy_books,
    principal,
    subsets,
    targets,
    votes,
)

REQUESTER = PEOPLE[0]

ballots = st.lists(votes, max_size=5, unique_by=lambda vote: vote.principal_id)
"""Votes as storage keeps them: one a principal."""

memberships = picks(*(Parts(PEOPLE) for _ in GROUPS)).map(lambda members: dict(zip(GROUPS, members, strict=True)))

approvals = st.builds(Approval, users=subsets(PEOPLE), groups=subsets(GROUPS), quorum=st.integers(1, 3))


@given(policy_books, organizations(), targets)
def test_approvers_and_channels_are_the_union_over_every_matching_policy(
    book: PolicyBook, organization: Organization, target: Target
) -> None:
    """Rule 10."""
    found = approval_for(book, organization, target)
    users: set[PrincipalId] = set()
    groups: set[GroupId] = set()
    channels: set[ConversationId] = set()
    tells_each = False
    for policy in book.approval:
        if policy.covers(target, organization):
            users.update(policy.approver_users)
            groups.update(policy.approver_groups)
            channels.update(policy.channels if policy.notify is not Notify.EACH else ())
            tells_each = tells_each or policy.notify is not Notify.CHANNEL
            assert policy.name in found.policies
    assert (set(found.users), set(found.groups), set(found.channels)) == (users, groups, channels)
    assert found.tells_each == tells_each


@given(policy_books, organizations(), targets)
def test_a_channel_that_two_policies_name_is_asked_once(
    book: PolicyBook, organization: Organization, target: Target
) -> None:
    """Rule 10."""
    channels = approval_for(book, organization, target).channels
    assert len(channels) == len(set(channels))


@given(policy_books, organizations(), targets, st.data())
def test_the_order_of_approval_policies_never_matters(
    book: PolicyBook, organization: Organization, target: Target, data: st.DataObject
) -> None:
    """Rule 10."""
    other = replace(book, approval=tuple(data.draw(st.permutations(book.approval))))
    assert approval_for(other, organization, target) == approval_for(book, organization, target)


@given(policy_books, organizations(), targets, st.integers(-1, 3))
def test_the_quorum_is_the_largest_of_the_matching_policies_and_never_none(
    book: PolicyBook, organization: Organization, target: Target, asked: int
) -> None:
    """Rule 10. Approval by nobody is no approval, whatever a policy file let through."""
    covering = ApprovalPolicy("covering", accounts=frozenset({target.account}), approvals_required=asked)
    book = replace(book, approval=(*book.approval, covering))
    matching = [p.approvals_required for p in book.approval if p.covers(target, organization)]
    assert approval_for(book, organization, target).quorum == max(1, *matching, asked)


@given(policy_books, organizations(), targets, approval_policies)
def test_one_more_approval_policy_never_lowers_the_quorum_or_excludes_an_approver(
    book: PolicyBook, organization: Organization, target: Target, policy: ApprovalPolicy
) -> None:
    """Rule 10."""
    before = approval_for(book, organization, target)
    after = approval_for(replace(book, approval=(*book.approval, policy)), organization, target)
    assert after.quorum >= before.quorum
    assert after.users >= before.users
    assert after.groups >= before.groups


@given(approvals, memberships)
def test_a_person_is_an_approver_exactly_when_listed_among_the_approvers(
    approval: Approval, members: dict[GroupId, frozenset[PrincipalId]]
) -> None:
    """Rules 10 and 11: what is shown on the card and what is judged at the click are one thing."""
    for person in everybody(members):
        assert approval.includes(person) == (person.id in approval.approvers(members))


def everybody(members: dict[GroupId, frozenset[PrincipalId]]) -> list[Person]:
    return [Person(principal(who), frozenset(g for g in GROUPS if who in members[g])) for who in PEOPLE]


@given(policy_books, persons)
def test_who_decides_about_nothing_is_no_approver(book: PolicyBook, person: Person) -> None:
    """Rule 2."""
    named = [p for p in book.approval if person.id in p.approver_users or person.groups & p.approver_groups]
    assert decides_anywhere(book, person) == bool(named)


@given(approvals, st.lists(one_of(PEOPLE), max_size=6))
def test_what_fewer_distinct_principals_than_the_quorum_could_approve_is_refused_at_once(
    approval: Approval, approvers: list[PrincipalId]
) -> None:
    """Rule 7: several chat users of one principal are one, and the requester is none."""
    refusal = too_few_approvers(approval, approvers, REQUESTER)
    others = len({who for who in approvers if who != REQUESTER})
    if others == 0:
        assert refusal is not None
        assert refusal.reason is Reason.NO_APPROVER
    elif others < approval.quorum:
        assert refusal is not None
        assert refusal.reason is Reason.QUORUM_UNREACHABLE
    else:
        assert refusal is None


@given(approvals, subsets(PEOPLE))
def test_what_is_not_refused_for_want_of_approvers_could_indeed_be_approved(
    approval: Approval, approvers: frozenset[PrincipalId]
) -> None:
    """Rules 7 and 12: the two count alike."""
    everyone = [vote_of(who) for who in sorted(approvers)]
    possible = tally(everyone, approval.quorum, REQUESTER) is Tally.APPROVED
    assert possible == (too_few_approvers(approval, approvers, REQUESTER) is None)


def vote_of(who: PrincipalId, verdict: Verdict = Verdict.APPROVE) -> Vote:
    return Vote(RequestId(1001), who, "Somebody", verdict, comment="", at=NOW)


@given(approvals, persons, ballots, one_of(CHAT_USERS))
def test_nobody_decides_on_their_own_request_through_whichever_chat_user(
    approval: Approval, person: Person, cast: list[Vote], chat_user: ChatUser
) -> None:
    """Rule 11: compared by UserId, no exception."""
    approval = replace(approval, users=approval.users | {person.id})
    twin = replace(person, chat_user=chat_user)
    refusal = may_decide(approval, twin, person.id, cast)
    assert refusal is not None
    assert refusal.reason is Reason.OWN_REQUEST


@given(approvals, persons, ballots)
def test_only_an_approver_who_has_not_decided_yet_may_decide(
    approval: Approval, person: Person, cast: list[Vote]
) -> None:
    """Rules 11 and 12."""
    allowed = may_decide(approval, person, REQUESTER, cast) is None
    is_approver = person.id in approval.users or any(group in approval.groups for group in person.groups)
    has_voted = person.id in [vote.principal_id for vote in cast]
    assert allowed == (is_approver and not has_voted and person.id != REQUESTER)


@given(approvals, persons, ballots, one_of(CHAT_USERS))
def test_one_vote_a_principal_through_whichever_chat_user(
    approval: Approval, person: Person, cast: list[Vote], chat_user: ChatUser
) -> None:
    """Rule 12."""
    approval = replace(approval, users=approval.users | {person.id})
    again = [*(vote for vote in cast if vote.principal_id != person.id), vote_of(person.id)]
    refusal = may_decide(approval, replace(person, chat_user=chat_user), PrincipalId("user-9"), again)
    assert refusal is not None
    assert refusal.reason is Reason.ALREADY_VOTED


@given(ballots, st.integers(1, 3))
def test_any_rejection_is_final(cast: list[Vote], quorum: int) -> None:
    """Rule 12."""
    others = [vote for vote in cast if vote.principal_id != REQUESTER]
    rejected = any(vote.verdict is Verdict.REJECT for vote in others)
    assert (tally(cast, quorum, REQUESTER) is Tally.REJECTED) == rejected


@given(st.lists(votes, max_size=6), st.integers(1, 3))
def test_the_quorum_counts_distinct_principals_and_never_the_requester(cast: list[Vote], quorum: int) -> None:
    """Rules 11 and 12: even if storage let a second vote through."""
    approving = {vote.principal_id for vote in cast if vote.verdict is Verdict.APPROVE} - {REQUESTER}
    approved = tally(cast, quorum, REQUESTER) is Tally.APPROVED
    no_rejection = tally(cast, quorum, REQUESTER) is not Tally.REJECTED
    assert approved == (len(approving) >= quorum and no_rejection)


@given(st.lists(votes, max_size=5), st.integers(1, 3), st.data())
def test_the_order_of_votes_never_matters(cast: list[Vote], quorum: int, data: st.DataObject) -> None:
    """Rule 12."""
    other = data.draw(st.permutations(cast))
    assert tally(other, quorum, REQUESTER) is tally(cast, quorum, REQUESTER)


@given(ballots, st.integers(1, 3))
def test_what_the_requester_says_counts_for_nothing(cast: list[Vote], quorum: int) -> None:
    """Rule 11."""
    without = [vote for vote in cast if vote.principal_id != REQUESTER]
    for verdict in Verdict:
        assert tally([*without, vote_of(REQUESTER, verdict)], quorum, REQUESTER) is tally(without, quorum, REQUESTER)


def vote(who: int, verdict: Verdict = Verdict.APPROVE) -> Vote:
    return Vote(RequestId(1), PEOPLE[who], "", verdict, "", NOW)


def test_too_few_approvals_are_left_when_fewer_distinct_people_than_the_quorum_gave_one() -> None:
    """Rule 14: where the policies ask for more than was given by the start, the request fails."""
    two = Approval(policies=("leads",), quorum=2)
    why = Refusal(Reason.TOO_FEW_APPROVALS, policies=("leads",), detail="1 of 2")

    assert too_few_votes(two, [vote(1), vote(2)], PEOPLE[0]) is None
    assert too_few_votes(two, [vote(1)], PEOPLE[0]) == why
    assert too_few_votes(two, [vote(1), vote(1)], PEOPLE[0]) == why
    assert too_few_votes(two, [vote(1), vote(0)], PEOPLE[0]) == why
    assert too_few_votes(two, [vote(1), vote(2, Verdict.REJECT)], PEOPLE[0]) == why


def test_a_second_account_decides_nothing() -> None:
    """Rule 1."""
    second = Person(principal(PEOPLE[1]), frozenset(), ChatUser("slack", "T1", "U9"), barred_by=Reason.SECOND_ACCOUNT)
    approval = Approval(policies=("leads",), users=frozenset({PEOPLE[1]}))

    assert may_decide(approval, second, PEOPLE[0], ()) == Refusal(Reason.SECOND_ACCOUNT)
    assert may_decide(approval, replace(second, barred_by=None), PEOPLE[0], ()) is None
