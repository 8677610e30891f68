"""The names of ids, and those under which a book keeps them."""

from core.domain.ids import GroupId
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.services.policies.names import CurrentNames
from tests.services.world import World


async def test_a_book_keeps_groups_of_one_name_by_id_so_that_a_file_tells_them_apart(world: World) -> None:
    one, other, alone = (GroupId(f"group-{n}") for n in range(3))
    organization = await world.services.organizations.current()
    names = CurrentNames(organization, {one: "Twins", other: "Twins", alone: "Only"}, {})
    book = PolicyBook(eligibility=(EligibilityPolicy("p", groups=frozenset({one, alone})),), labels={one: "Twins"})
    labels = names.labels(book)
    assert (labels[one], labels[alone]) == (one, "Only")
    assert other not in labels
