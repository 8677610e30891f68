"""The accounts that a key of a type-ahead finds, and the work that it need not do again."""

import string
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.domain.people import Person
from core.services.context.policy_context import RulesSnapshot
from core.services.context.type_ahead import Index, best_matches
from core.services.queries.offered_accounts import OfferedAccounts
from tests.services.world import World

names = st.text(string.ascii_letters + " -0ß", max_size=12)
texts = st.lists(names, min_size=1, max_size=3).map(tuple)


@given(choices=st.lists(texts, max_size=120), typed=names | st.just(""), refused=st.sets(texts))
def test_an_index_finds_what_a_search_finds(
    choices: list[tuple[str, ...]], typed: str, refused: set[tuple[str, ...]]
) -> None:
    index = Index(choices, texts=lambda choice: choice, order=lambda choice: choice)
    offered = [choice for choice in sorted(choices) if choice not in refused]
    assert index.best(typed, lambda choice: choice not in refused) == best_matches(offered, typed, lambda c: c)


async def rules_and_ada(world: World) -> tuple[RulesSnapshot, Person]:
    rules = RulesSnapshot(await world.services.policies.current(), await world.services.organizations.current())
    return rules, await world.services.identity.identify(world.ada.chat)


async def test_a_change_of_groups_policies_or_accounts_shows_at_the_next_key(world: World) -> None:
    rules, ada = await rules_and_ada(world)
    offered = OfferedAccounts()
    everything = offered.best(rules, ada, "", None)
    assert len(everything) > 1
    assert offered.best(rules, replace(ada, groups=frozenset()), "", None) == []
    assert offered.best(replace(rules, book=replace(rules.book, eligibility=())), ada, "", None) == []
    assert offered.best(rules, ada, "", None) == everything
    accounts = {key: each for key, each in rules.organization.accounts.items() if key != everything[0].account.id}
    smaller = replace(rules, organization=replace(rules.organization, accounts=accounts))
    assert offered.best(smaller, ada, "", None) == everything[1:]
