"""Text as a person reads it: markdown of Teams, mentions, times, and everything else as it was typed."""

import pytest

from infra.sandbox.local_teams.markup import as_typed, links, plain
from infra.sandbox.local_teams.reading import CardReader
from infra.sandbox.tests.teams.sample_bot import card, text

MENTION = {"type": "mention", "text": "<at>Ada</at>", "mentioned": {"id": "29:1", "name": "Ada [Love]lace"}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**bold** _slanted_ [label](https://example.com)", "bold slanted label"),
        (r"\*\*not bold\*\*", "**not bold**"),
        ("one\n\ntwo\n\n- a\n- b\n\n1. c", "one\ntwo\n- a\n- b\n1. c"),
        ("<b>as typed</b> & `so` # too", "<b>as typed</b> & `so` # too"),
        ("[run](javascript:alert(1))", "[run](javascript:alert(1))"),
        ("{{DATE(2026-11-29T23:30:00Z,SHORT)}} {{TIME(2026-11-29T23:30:00Z)}}", "Mon, 30 Nov 2026 00:30"),
        ("{\u2060{TIME(2026-11-29T23:30:00Z)}}", "{{TIME(2026-11-29T23:30:00Z)}}"),
    ],
)
def test_markdown_is_read_as_teams_draws_it(written: str, read: str) -> None:
    assert plain(written, "Europe/Berlin") == read


def test_a_mention_counts_where_an_entity_names_it() -> None:
    assert plain("<at>Ada</at> and <at>Bob</at>", "Etc/UTC", [MENTION]) == "@Ada [Love]lace and <at>Bob</at>"
    assert as_typed("<at>Ada</at> *x*", [MENTION]) == "@Ada [Love]lace *x*"


def test_links_are_told_with_their_labels() -> None:
    assert links("a [b](https://b.example) [c **d**](https://d.example)") == [
        ("b", "https://b.example"),
        ("c d", "https://d.example"),
    ]


def test_what_is_hidden_is_not_read_and_what_cannot_be_drawn_is_said() -> None:
    shown = card(
        text("seen"),
        text("hidden", isVisible=False),
        {"type": "ColumnSet", "columns": [{"items": [text("left")]}, {"items": [text("right")]}]},
        {"type": "Table", "rows": [{"cells": [{"items": [text("a")]}, {"items": [text("b")]}]}]},
        {"type": "Chart.Line"},
        {"type": "Input.Toggle", "id": "t", "title": "Tell me", "value": "true"},
    )
    assert CardReader(shown, "Etc/UTC").lines() == [
        "seen",
        "left  right",
        "a | b",
        "[Teams can't draw: Chart.Line]",
        "Tell me: [ x ]",
    ]
