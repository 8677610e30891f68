"""Nothing that a person, AWS or a policy named becomes markup, is cut in two, or hides."""

import html
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.request import Shown
from handlers.screens.clean import ELLIPSIS, clean, plain
from handlers.slack.drawing import markup
from tests.handlers.samples import HOSTILE, NOW

ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<https://evil.test|Approve>", "&lt;https://evil.test|Approve&gt;"),
        ("*bold*", "∗bold∗"),
        ("_it_ in_word", "ˍitˍ in_word"),
        ("~no~", "∼no∼"),
        ("`code`", "ˋcodeˋ"),
        (":tada:", "∶tada:"),
        ("12:30", "12:30"),
        ("one\ntwo", "one two"),
        ("\u202eevil\u200b\u0007", "evil"),
        ("a & b", "a &amp; b"),
        ("\u2028", ""),
    ],
)
def test_prose_shows_it_as_it_is(typed: str, shown: str) -> None:
    assert markup.prose(typed) == shown


def test_a_quote_keeps_what_was_typed_and_formats_nothing() -> None:
    (piece,) = markup.quote("*why*\n  <!here> `x` & y")
    assert piece == "```\n*why*\n  &lt;!here&gt; `x` &amp; y\n```"


@pytest.mark.parametrize("typed", ["```", "a```b``` c", "``````", "`", "ends in ```"])
def test_a_quote_cannot_end_its_own_fence(typed: str) -> None:
    (piece,) = markup.quote(typed)
    assert piece.count("```") == 2
    assert piece.startswith("```\n")
    assert piece.endswith("\n```")


def test_nothing_typed_is_quoted_as_nothing() -> None:
    assert markup.quote(" \u200b\n ") == []


@given(st.text(max_size=2000), st.integers(20, 300))
def test_prose_fits_its_limit_with_no_entity_cut_in_two(typed: str, limit: int) -> None:
    shown = markup.prose(typed, limit)
    assert len(shown) <= limit
    assert not ENTITY.search(shown)
    assert not set("<>*~`\n") & set(shown)


@given(st.text(max_size=3000))
def test_a_quote_loses_nothing_visible_however_long_it_is(typed: str) -> None:
    pieces = markup.quote(typed, 200)
    assert all(len(piece) <= 200 for piece in pieces)
    inside = "".join(piece[4:-4] for piece in pieces).replace("\u200b", "")
    read = inside.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert read == clean(typed, lines=True)


@given(st.text(max_size=500))
def test_cleaning_twice_is_cleaning_once(typed: str) -> None:
    assert clean(clean(typed)) == clean(typed)


def test_plain_text_is_cut_with_an_ellipsis_and_not_escaped() -> None:
    assert plain("a & b", 75) == "a & b"
    assert plain("x" * 100, 75) == "x" * 74 + "…"


def test_a_mention_is_made_of_ids_alone() -> None:
    assert markup.mention(ChatUser("slack", "T1", "U0ADA")) == "<@U0ADA>"
    assert markup.mention(ChatUser("slack", "T1", "U1> <!channel")) == ""
    assert markup.channel(ConversationId("C0PAY")) == "<#C0PAY>"
    assert markup.channel(ConversationId("C0|x>")) == ""


def test_a_link_is_made_of_safe_addresses_alone() -> None:
    assert markup.link("https://a.test/x?a=1&b=2", "R-1") == "<https://a.test/x?a=1&amp;b=2|R-1>"
    assert markup.link("javascript:alert(1)", "R-1") == "R-1"
    assert markup.link("https://a.test/>|", "R-1") == "R-1"


def test_an_instant_is_the_readers_own_with_a_fallback_in_utc() -> None:
    assert markup.when(NOW) == f"<!date^{int(NOW.timestamp())}^{{date_short_pretty}} at {{time}}|2026-03-02 12:00 UTC>"
    near = markup.when(NOW + timedelta(hours=1), NOW)
    assert near.endswith("^{time}|13:00 UTC>")


def test_hostile_text_survives_as_words() -> None:
    shown = markup.prose(HOSTILE)
    assert "evil" in shown
    assert "Approve here" in shown


@pytest.mark.parametrize("value", ["", "R-1042", "0:ab", "1042", "1042:<x>", "-1:ab", None, 7])
def test_a_button_value_that_this_program_did_not_write_is_none(value: object) -> None:
    assert Shown.read(value) is None


@given(st.text(st.characters(max_codepoint=0x7F), max_size=60), st.booleans())
def test_words_without_foreign_letters_are_cleaned_as_all_others_are(text: str, lines: bool) -> None:
    assert clean(f"{text}x", lines=lines) == clean(f"{text}é", lines=lines).removesuffix("é") + "x"


@given(st.text(st.sampled_from("a&<>"), max_size=60), st.integers(10, 40))
def test_what_is_cut_fits_its_limit_and_loses_no_more_than_it_must(text: str, limit: int) -> None:
    shown = markup.prose(text, limit)
    assert len(shown) <= limit
    if not shown.endswith(ELLIPSIS):
        assert html.unescape(shown) == text.strip()
    else:
        kept = html.unescape(shown.removesuffix(ELLIPSIS))
        assert text.startswith(kept)
        assert len(markup.entities(text[: len(kept) + 1])) + len(ELLIPSIS) > limit
