"""The name of an operator in the trail is not what the environment says."""

import os
import pwd

import pytest

from bot.operator import operator_name


def test_an_operator_is_called_as_the_system_calls_them(monkeypatch: pytest.MonkeyPatch) -> None:
    known = pwd.getpwuid(os.getuid()).pw_name
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert operator_name() == f"operator {known}"
    monkeypatch.setenv("LOGNAME", known)
    assert operator_name() == f"operator {known}"


def test_another_name_in_the_environment_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("LOGNAME", "ada\nlovelace" + "x" * 100)
    said = operator_name()
    assert said.startswith(f"operator {known} (calls itself adalovelace")
    assert len(said) < 120


def test_a_user_without_a_name_is_called_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setenv("LOGNAME", "somebody")
    assert operator_name() == f"operator uid {os.getuid()} (calls itself somebody)"
