import pytest

from core.domain.people import Persona
from handlers.flows.routes import subcommands
from handlers.words.subcommands import HOME, SUBCOMMANDS, Subcommand, nearest, open_to

EACH = pytest.mark.parametrize("subcommand", [HOME, *SUBCOMMANDS], ids=lambda subcommand: subcommand.word)


def test_every_subcommand_leads_somewhere_and_every_word_that_does_is_explained() -> None:
    assert {*subcommands()} == {each.word for each in (HOME, *SUBCOMMANDS)}
    assert len(SUBCOMMANDS) == len({each.word for each in SUBCOMMANDS})


@EACH
def test_every_example_has_what_its_subcommand_needs(subcommand: Subcommand) -> None:
    for use in subcommand.uses:
        assert len(use.example.split()) >= len(use.needs.split())
        assert bool(use.example) == bool(use.takes)
        words = [word for word in use.takes.split() if word.islower()]
        assert use.example.split()[: len(words)] == words


@EACH
def test_what_a_subcommand_does_is_a_clause_that_stands_behind_a_colon(subcommand: Subcommand) -> None:
    for use in subcommand.uses:
        assert use.does[0].islower()
        assert not use.does.endswith(".")


def test_a_subcommand_is_open_to_its_persona_and_an_auditors_to_admins_too() -> None:
    for each in SUBCOMMANDS:
        for persona in Persona:
            theirs = {each.persona, each.also or each.persona}
            may = not theirs.isdisjoint({None, persona}) or (Persona.AUDITOR in theirs and persona is Persona.ADMIN)
            assert (each in open_to({persona})) == may


def test_what_two_personas_may_use_is_explained_to_each_under_its_own_title_and_once() -> None:
    (search,) = [each for each in SUBCOMMANDS if each.word == "audit"]
    assert search.explained_to({Persona.AUDITOR}) is Persona.AUDITOR
    assert search.explained_to({Persona.APPROVER, Persona.AUDITOR}) is Persona.APPROVER


def test_a_word_is_never_near_a_subcommand_of_others() -> None:
    assert nearest("sett", {Persona.REQUESTER}) == ""
    assert nearest("sett", {Persona.ADMIN}) == "settings"
    assert nearest("reports", {Persona.ADMIN}) == "report"


def test_home_is_near_where_it_is_a_word_and_nowhere_else() -> None:
    assert nearest("hom", set(), (HOME, *SUBCOMMANDS)) == "home"
    assert nearest("home", set()) != "home"
