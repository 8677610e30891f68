from dataclasses import replace
from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import (
    EvaluationInput,
    accounts_open_to,
    eligibility,
    evaluate_target,
    never_granted,
    permission_sets_open_to,
)
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person
from core.domain.policy import EVERY_PERMISSION_SET, EligibilityPolicy, PolicyBook
from core.domain.settings import Settings
from tests.strategies import (
    ACCOUNTS,
    NOW,
    PEOPLE,
    PERMISSION_SETS,
    Situation,
    eligibility_policies,
    organizations,
    persons,
    policy_books,
    policy_settings,
    principal,
    situations,
    targets,
)

TARGET = Target(ACCOUNTS[0], PERMISSION_SETS[0])

HELD_BACK = {
    Reason.NOT_ELIGIBLE,
    Reason.MANAGEMENT_ACCOUNT,
    Reason.PROTECTED_ACCOUNT,
    Reason.PROTECTED_PERMISSION_SET,
    Reason.UNKNOWN_ACCOUNT,
    Reason.UNKNOWN_PERMISSION_SET,
}


def is_in(organization: Organization, account: AccountId, ou: OuId) -> bool:
    return any(found.id == account and found.ou == ou for found in organization.accounts.values())


def is_below(organization: Organization, account: AccountId, ou: OuId) -> bool:
    """Walk down from the unit, where the product walks up from the account."""
    if is_in(organization, account, ou):
        return True
    children = [unit.id for unit in organization.ous.values() if unit.parent == ou]
    return any(is_below(organization, account, child) for child in children)


def oracle(
    book: PolicyBook, organization: Organization, person: Person, target: Target
) -> tuple[set[str], timedelta, bool] | None:
    """Rules 3, 4 and 5 written as loops: the policies, the limit, whether approval is needed."""
    names, limit, approval = set(), timedelta(0), False
    for policy in book.eligibility:
        who = list(policy.users) + [PEOPLE[0] for group in policy.groups if group in person.groups]
        if person.id not in policy.users and len(who) == len(policy.users):
            continue
        is_every = EVERY_PERMISSION_SET in policy.permission_sets
        if target.permission_set not in (organization.permission_sets if is_every else policy.permission_sets):
            continue
        is_named = target.account in policy.accounts or any(
            is_below(organization, target.account, ou) for ou in policy.ous
        )
        if not is_named and not any(is_in(organization, target.account, ou) for ou in policy.direct_ous):
            continue
        names.add(policy.name)
        allowed = book.settings.max_duration if policy.max_duration is None else policy.max_duration
        limit = max(limit, min(allowed, book.settings.max_duration))
        approval |= policy.approval_required and book.settings.approval_required
    return (names, limit, approval) if names else None


def judged(situation: Situation) -> tuple[set[str], timedelta, bool] | None:
    seen, target = situation.seen, situation.ask.target
    found = eligibility(seen.book, seen.organization, seen.person, target)
    return (set(found.policies), found.limit, found.approval_required) if found else None


@given(situations())
def test_eligibility_agrees_with_the_rules_read_aloud(situation: Situation) -> None:
    """Rules 3, 4 and 5."""
    seen = situation.seen
    assert judged(situation) == oracle(seen.book, seen.organization, seen.person, situation.ask.target)


@given(situations(), st.data())
def test_the_order_of_policies_never_matters(situation: Situation, data: st.DataObject) -> None:
    """Rule 3: a union has no order."""
    seen, target = situation.seen, situation.ask.target
    other = replace(seen.book, eligibility=tuple(data.draw(st.permutations(seen.book.eligibility))))
    assert eligibility(other, seen.organization, seen.person, target) == eligibility(
        seen.book, seen.organization, seen.person, target
    )


@given(situations(), eligibility_policies)
def test_one_more_policy_never_takes_anything_away(situation: Situation, policy: EligibilityPolicy) -> None:
    """Rules 3 and 4: a union and a maximum only grow."""
    seen, target = situation.seen, situation.ask.target
    more = replace(seen.book, eligibility=(*seen.book.eligibility, replace(policy, name="more")))
    before = eligibility(seen.book, seen.organization, seen.person, target)
    after = eligibility(more, seen.organization, seen.person, target)
    if before:
        assert after is not None
        assert after.limit >= before.limit
        assert after.approval_required >= before.approval_required


@given(persons, organizations(), policy_settings, st.data())
def test_account_and_permission_set_must_match_inside_one_policy(
    person: Person, organization: Organization, settings: Settings, data: st.DataObject
) -> None:
    """Rule 3: one policy's account with another policy's permission set is nobody's."""
    one, other = data.draw(st.permutations(ACCOUNTS))[:2]
    reader, writer = data.draw(st.permutations(PERMISSION_SETS))[:2]
    book = PolicyBook(settings=settings, eligibility=(_about(person, one, reader), _about(person, other, writer)))
    for account, permission_set in ((one, writer), (other, reader)):
        assert eligibility(book, organization, person, Target(account, permission_set)) is None
    for account, permission_set in ((one, reader), (other, writer)):
        assert eligibility(book, organization, person, Target(account, permission_set)) is not None


def _about(person: Person, account: AccountId, permission_set: PermissionSetArn) -> EligibilityPolicy:
    return EligibilityPolicy(
        f"{account} {permission_set}",
        users=frozenset({person.id}),
        accounts=frozenset({account}),
        permission_sets=frozenset({permission_set}),
    )


@given(organizations(), policy_settings, persons)
def test_every_permission_set_opens_all_that_there_are_and_none_that_is_protected(
    organization: Organization, settings: Settings, person: Person
) -> None:
    """Rules 3 and 9."""
    every = EligibilityPolicy(
        "p",
        users=frozenset({person.id}),
        accounts=frozenset(organization.accounts),
        permission_sets=frozenset({EVERY_PERMISSION_SET}),
    )
    book = PolicyBook(settings=settings, eligibility=(every,))
    new = PermissionSet(PermissionSetArn("arn:new"), "New")
    grown = replace(organization, permission_sets={**organization.permission_sets, new.arn: new})
    assert eligibility(book, organization, person, Target(ACCOUNTS[0], new.arn)) is None
    for account, arn in product(grown.accounts, grown.permission_sets):
        assert eligibility(book, grown, person, Target(account, arn)) is not None
    assert permission_sets_open_to(book, grown, person).isdisjoint(settings.protected_permission_sets)


def test_an_organizational_unit_covers_an_account_five_levels_below_it() -> None:
    """Rule 3."""
    ous = [OuId(f"ou-{n}") for n in range(6)]
    units = {ou: OrganizationalUnit(ou, ou, ous[n - 1] if n else None) for n, ou in enumerate(ous)}
    accounts = {ACCOUNTS[0]: Account(ACCOUNTS[0], "deep", ous[5])}
    organization = Organization(accounts, units, {}, management_account=ACCOUNTS[1], taken_at=NOW)
    person = Person(principal(PEOPLE[0]))
    for ou in ous:
        policy = EligibilityPolicy(
            "p", frozenset({person.id}), ous=frozenset({ou}), permission_sets=frozenset(PERMISSION_SETS)
        )
        assert eligibility(
            PolicyBook(eligibility=(policy,)), organization, person, Target(ACCOUNTS[0], PERMISSION_SETS[0])
        )


@given(situations())
def test_the_limit_is_the_longest_of_the_matching_policies_capped_by_the_global_one(situation: Situation) -> None:
    """Rule 4."""
    seen = situation.seen
    found = eligibility(seen.book, seen.organization, seen.person, situation.ask.target)
    if found is None:
        return
    most = seen.book.settings.max_duration
    own = [p.max_duration or most for p in seen.book.eligibility if p.name in found.policies]
    assert found.limit == min(max(own), most)
    if found.limit_from:
        assert {p.max_duration for p in seen.book.eligibility if p.name == found.limit_from} == {found.limit}
    else:
        assert found.limit == most


@given(persons, organizations(), targets)
def test_a_policy_that_allows_no_time_at_all_does_not_allow_the_global_maximum(
    person: Person, organization: Organization, target: Target
) -> None:
    """Rule 4: fail closed, whatever a policy file let through."""
    none = replace(_about(person, target.account, target.permission_set), max_duration=timedelta(0))
    found = eligibility(PolicyBook(eligibility=(none,)), organization, person, target)
    assert found is not None
    assert found.limit == timedelta(0)


@given(situations())
def test_approval_is_needed_when_any_matching_policy_says_so_unless_the_global_switch_is_off(
    situation: Situation,
) -> None:
    """Rule 5."""
    seen = situation.seen
    found = eligibility(seen.book, seen.organization, seen.person, situation.ask.target)
    if found is None:
        return
    asking = [p.name for p in seen.book.eligibility if p.name in found.policies and p.approval_required]
    assert set(found.approval_because) == set(asking)
    assert found.approval_required == (len(asking) > 0 and seen.book.settings.approval_required)


@given(organizations(), policy_settings, targets)
def test_the_management_account_and_what_is_protected_are_never_granted(
    organization: Organization, settings: Settings, target: Target
) -> None:
    """Rule 9: with the reason."""
    refusal = never_granted(organization, settings, target)
    grounds = {
        Reason.MANAGEMENT_ACCOUNT: target.account == organization.management_account,
        Reason.PROTECTED_ACCOUNT: target.account in settings.protected_accounts,
        Reason.PROTECTED_PERMISSION_SET: target.permission_set in settings.protected_permission_sets,
    }
    assert grounds[refusal.reason] if refusal else not any(grounds.values())


@given(situations())
def test_type_ahead_offers_exactly_the_pairs_that_would_not_be_refused(situation: Situation) -> None:
    """Rules 3, 9 and 22: never a name that the asker could not request, and never one too few."""
    seen = situation.seen
    book, organization, person = seen.book, seen.organization, seen.person
    for account, permission_set in product(ACCOUNTS, PERMISSION_SETS):
        askable = may_be_asked_for(seen, Target(account, permission_set))
        assert (account in accounts_open_to(book, organization, person, permission_set)) == askable
        assert (permission_set in permission_sets_open_to(book, organization, person, account)) == askable


@given(situations())
def test_before_the_other_half_is_chosen_type_ahead_offers_what_some_choice_makes_possible(
    situation: Situation,
) -> None:
    """Rule 22."""
    seen = situation.seen
    pairs = [pair for pair in product(ACCOUNTS, PERMISSION_SETS) if may_be_asked_for(seen, Target(*pair))]
    assert accounts_open_to(seen.book, seen.organization, seen.person) == {account for account, _ in pairs}
    assert permission_sets_open_to(seen.book, seen.organization, seen.person) == {arn for _, arn in pairs}


def may_be_asked_for(seen: EvaluationInput, target: Target) -> bool:
    return HELD_BACK.isdisjoint(refusal.reason for refusal in evaluate_target(target, seen).refusals)


@given(policy_books, organizations(), persons)
def test_without_a_policy_nothing_may_be_asked_for(
    book: PolicyBook, organization: Organization, person: Person
) -> None:
    """Rule 3: the default is no."""
    silent = replace(book, eligibility=())
    assert not accounts_open_to(silent, organization, person)
    assert not permission_sets_open_to(silent, organization, person)


@given(organizations())
def test_a_set_that_is_out_of_the_bots_reach_is_never_granted(organization: Organization) -> None:
    """Rule 9."""
    away = replace(organization, management_account=ACCOUNTS[-1], out_of_reach=frozenset({TARGET.permission_set}))
    why = Refusal(Reason.PERMISSION_SET_OUT_OF_REACH, Field.PERMISSION_SET)

    assert never_granted(away, Settings(), TARGET) == why
    assert never_granted(replace(away, out_of_reach=frozenset()), Settings(), TARGET) is None


@given(policy_books, persons)
def test_the_policies_of_somebody_are_those_that_name_them_in_their_order(book: PolicyBook, person: Person) -> None:
    assert book.naming(person) == [policy for policy in book.eligibility if policy.names(person)]
