"""Text is read as it was typed, in every client: for desktops (markdown-it, as theirs is), and for phones."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.domain.people import ChatUser
from handlers.screens.clean import clean
from handlers.screens.plain_text import Reader
from handlers.screens.spans import (
    Emphasis,
    Link,
    PersonRef,
    Quotation,
    Said,
    Untrusted,
    joined,
    name,
    strong,
    text,
)
from handlers.teams.drawing.markup import JOINER, paragraphs, quote
from handlers.teams.drawing.spans import Pen
from tests.handlers.samples import HOSTILE

_DESK = MarkdownIt("default", {"linkify": False, "html": True}).enable(["table", "strikethrough"])
_READ = str.maketrans({"∗": "*", "ˋ": "`", "ˍ": "_", "∼": "~", "\u00a0": " ", JOINER: None})
_PLAIN = {"text", "softbreak", "paragraph_open", "paragraph_close", "inline"}
SIGNS = "*_`~[]()<>&{}#+-=.!|:/\\$^\"' 1aZé\n"
PIECES = (
    *("**bold**", "_it_", "~~no~~", "[Approve](https://evil.test)", "<https://evil.test>", "https://evil.test"),
    *("www.evil.test", "<at>Bob</at>", "&lt;at&gt;", "&#60;b&#62;", "{{DATE(2026-03-02T12:00:00Z)}}"),
    *(
        "{{TIME(2026-03-02T12:00:00Z)}}",
        "- one",
        "1. one",
        "1) one",
        "# Title",
        "> quote",
        "---",
        "===",
        "| a |\n|---|",
    ),
    *("```\ncode\n```", "    code", "![x](https://evil.test/x.png)", "[x]: https://evil.test", "<b>", "<!-- x -->"),
    *("\\", "\\*", "\\[x](https://evil.test)", "a  \nb", "__init__", "snake_case", "2*3*4", "AT&T", "R&D;", "C:\\*.*"),
)
TYPED = st.one_of(
    st.text(),
    st.text(alphabet=SIGNS, max_size=40),
    st.lists(st.sampled_from(PIECES) | st.text(alphabet=SIGNS, max_size=5), max_size=6).map("".join),
)


def on_a_desk(markdown: str) -> str:
    """The text as it is read; fails where anything is more than words."""
    lines = []
    for token in _DESK.parse(markdown):
        assert token.type in _PLAIN, token.type
        for inner in token.children or ():
            assert inner.type in _PLAIN, inner.type
        if token.type == "inline":
            lines.append("".join("\n" if each.type == "softbreak" else each.content for each in token.children or ()))
    return "\n".join(lines)


def on_a_phone(markdown: str) -> Iterator[str]:
    """The text that phones would make more than words of (microsoft/AdaptiveCards, MarkDownBlockParser.cpp)."""
    yield from re.findall(r"\[[^\]]*\]\(", markdown)
    yield from re.findall(r"\*", markdown)
    yield from re.findall(r"(?:^|[\r\n)\]])(?:-|\d+\.) ", markdown)
    yield from re.findall(r"(?<![^\W_])_(?=\w)|(?<=\w)_(?![^\W_])", markdown)


def elsewhere(markdown: str) -> list[str]:
    """The parts that Teams reads before any markdown: mentions, times; and those that it makes links of."""
    return re.findall(r"<\s*/?\s*at\b|\{\{\s*(?:DATE|TIME)|://|(?i:www\.)", markdown)


def read(markdown: str) -> str:
    """As eyes read it: a look-alike is what it looks like."""
    return " ".join(markdown.translate(_READ).split())


def typed(words: str) -> str:
    return " ".join(words.translate(_READ).split())


def drawn(*said: Said) -> str:
    return paragraphs(Pen(Reader()).markdown(text(*said)))


@given(TYPED)
@example(HOSTILE)
@example("]" + "(" * 3)
@example("\\")
def test_what_somebody_else_wrote_is_read_as_it_was_typed(words: str) -> None:
    shown = drawn("before ", Untrusted(words), " after")
    assert list(on_a_phone(shown)) == elsewhere(shown) == []
    assert read(on_a_desk(shown)) == typed(f"before {clean(words)[:2900]} after" if len(words) < 2900 else shown)


@given(TYPED)
@example(HOSTILE)
def test_a_quotation_keeps_its_lines_and_is_nothing_but_words(words: str) -> None:
    shown = quote(words)
    assert list(on_a_phone(shown)) == elsewhere(shown) == []
    assert [read(line) for line in on_a_desk(shown).split("\n")] == [
        typed(line) for line in clean(words, lines=True).split("\n")
    ]


@pytest.mark.parametrize("piece", PIECES)
def test_no_line_begins_a_list_a_heading_or_a_table(piece: str) -> None:
    for shown in (quote(piece), quote(f"a\n{piece}\n{piece}"), drawn(name(piece), "\n", name(piece))):
        on_a_desk(shown)
        assert list(on_a_phone(shown)) == elsewhere(shown) == []


@given(TYPED, TYPED)
@example(")", "- 0")
@example(":", "//")
def test_words_of_two_people_beside_each_other_make_nothing_together(first: str, second: str) -> None:
    for shown in (
        drawn(Untrusted(first), Untrusted(second)),
        drawn(joined(" ", (Untrusted(first), Quotation(second)))),
        drawn(name(first), "\n", Untrusted(second)),
    ):
        on_a_desk(shown)
        assert list(on_a_phone(shown)) == elsewhere(shown) == []


@given(TYPED)
@example("x")
@example("(x)")
@example("“x”")
def test_bold_is_bold_whatever_is_in_it(words: str) -> None:
    shown = drawn("a", strong(Untrusted(words)), "b", Emphasis(text("c")))
    inline = [token for token in _DESK.parse(shown) if token.type == "inline"]
    kinds = [each.type for each in inline[0].children or () if each.type != "text"]
    bold = ["strong_open", "strong_close"] if clean(words) else []
    assert kinds in (bold, [*bold, "em_open", "em_close"])


@given(TYPED)
def test_the_label_of_a_link_changes_nothing_about_where_it_leads(words: str) -> None:
    url = "https://example.test/a?b=(c)&d=1"
    shown = drawn(Link(url, words))
    links = [each for token in _DESK.parse(shown) for each in token.children or () if each.type == "link_open"]
    assert [each.attrs["href"] for each in links] == ["https://example.test/a?b=%28c%29&d=1"]


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://x.test/ y", "https://x.test/>", "//x.test"])
def test_what_is_no_address_of_ours_is_no_link(url: str) -> None:
    assert drawn(Link(url, "R-1042")) == "R-1042"


def test_a_person_is_mentioned_by_the_name_that_is_known_and_never_by_another() -> None:
    ada, other = ChatUser("teams", "tenant", "ada"), ChatUser("teams", "tenant", "other")
    pen = Pen(Reader(people={ada: "Ada</at> [x](https://evil.test)", other: "Ada</at> [x](https://evil.test)"}))
    first, second = (pen.markdown(text(PersonRef(user))) for user in (ada, other))
    assert first != second
    assert [each["text"] for each in pen.entities()] == [first, second]
    assert [each["mentioned"]["id"] for each in pen.entities()] == ["ada", "other"]
    assert first.startswith("<at>")
    assert first.endswith("</at>")
    assert "</at>" not in first[4:-5]


@pytest.mark.parametrize("user", [ChatUser("slack", "T0", "U0ADA"), ChatUser("teams", "tenant", "unknown")])
def test_who_is_unknown_to_teams_is_not_mentioned(user: ChatUser) -> None:
    assert Pen(Reader(people={ChatUser("slack", "T0", "U0ADA"): "Ada"})).markdown(text(PersonRef(user))) == ""
