import pytest

from core.domain.setting_kinds import OneOf, OnOff
from core.domain.settings import SETTINGS
from handlers.words.policy_words import field_name
from handlers.words.setting_words import SETTING_WORDS


def test_every_setting_has_its_words_and_no_others_are_there() -> None:
    assert SETTING_WORDS.keys() == SETTINGS.keys()


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_choice_of_a_setting_has_its_words(setting: str) -> None:
    match SETTINGS[setting].kind:
        case OnOff():
            values = {"true", "false"}
        case OneOf(words):
            values = {choice.value for choice in words}
        case _:
            values = set()
    assert {*map(str, SETTING_WORDS[setting].choices)} == values


def test_no_two_settings_are_called_alike() -> None:
    called = [words.label for words in SETTING_WORDS.values()]
    assert len(called) == len(set(called))
    assert all(field_name(setting) == words.label for setting, words in SETTING_WORDS.items())
