"""Answers to an offered file as they are read: one that is not such an answer leads to no export and to no address."""

import pytest

from handlers.teams.file_answers import _export_id, _told


@pytest.mark.parametrize(
    "context", [None, [], "7", {}, {"export": "7"}, {"export": True}, {"export": -1}, {"export": 2**60}]
)
def test_an_id_that_is_none_is_that_of_no_export(context: object) -> None:
    assert _export_id(context) == 0


def test_an_offer_brings_its_export_back() -> None:
    assert _export_id({"export": 7}) == 7


@pytest.mark.parametrize("upload", [None, [], "x", {"uploadUrl": 7}, {"uploadUrl": "x" * 5000}, {"other": "x"}])
def test_an_address_that_is_none_is_not_there(upload: object) -> None:
    assert _told(upload) == {}


def test_only_what_is_known_is_taken() -> None:
    assert _told({"uploadUrl": "https://x", "name": "a.csv", "more": {"deep": 1}}) == {
        "uploadUrl": "https://x",
        "name": "a.csv",
    }
