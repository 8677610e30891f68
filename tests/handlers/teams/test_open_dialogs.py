"""Open dialogs are remembered for a while, and one person's never push out what others have typed (rule 26)."""

from core.domain.people import ChatUser
from handlers.screens.filled import Filled
from handlers.screens.screen import note
from handlers.teams.dialogs import MOST, Dialogs

ADA, MALLORY = (ChatUser("teams", "T1", name) for name in ("ada", "mallory"))
SCREEN = note("A title", ())


def test_a_flood_of_one_persons_dialogs_leaves_those_of_others() -> None:
    dialogs, typed = Dialogs(), Filled()
    dialogs.show(ADA, "policy", SCREEN)
    dialogs.fill(ADA, "policy", typed)

    for number in range(2 * MOST):
        dialogs.show(MALLORY, f"request {number}", SCREEN)

    kept = dialogs.find(ADA, "policy")
    assert kept is not None
    assert kept.filled is typed
    assert dialogs.find(MALLORY, "request 0") is None
    assert dialogs.find(MALLORY, f"request {2 * MOST - 1}") is not None


def test_of_many_people_the_dialog_that_was_left_alone_the_longest_goes() -> None:
    dialogs = Dialogs()
    people = [ChatUser("teams", "T1", f"person {number}") for number in range(MOST + 1)]

    for person in people:
        dialogs.show(person, "request", SCREEN)

    assert dialogs.find(people[0], "request") is None
    assert all(dialogs.find(person, "request") for person in people[1:])
