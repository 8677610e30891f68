"""Messages as a person reads them: markup, dates in the reader's own time, every block in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox.slack import Message, TextRenderer, Workspace
from infra.sandbox.slack.reading.markup import Reference, references
from infra.sandbox.slack.reading.mrkdwn import spoken

Json = dict[str, Any]
NOON = 1_790_000_000  # Monday, September 21st, 2026, 14:13:20 UTC


@pytest.fixture
def ada(workspace: Workspace) -> TextRenderer:
    return TextRenderer(workspace, workspace.user("ada"))


@pytest.fixture
def bob(workspace: Workspace) -> TextRenderer:
    return TextRenderer(workspace, workspace.user("bob"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*bold* _it_ ~gone~ `co*d*e`", "bold it gone co*d*e"),
        ("a*b*c and snake_case_name", "a*b*c and snake_case_name"),
        ("&lt;!channel&gt; &amp;amp; so on", "<!channel> &amp; so on"),
        ("<!channel> <!here>", "@channel @here"),
        ("<https://x.test/a_b_c|*the* link> <https://x.test/>", "*the* link https://x.test/"),
        ("<mailto:a@x.test|a@x.test>", "a@x.test"),
        ("<#C0GENERAL> <#C0X|other> <@U0|gone>", "#general #other @gone"),
        ("<!date^1790000000^{date_num} {time}|later>", "2026-09-21 16:13"),
        ("<!date^1790000000^{date_short_pretty} {time}|later>", "today 16:13"),
        ("<!date^1790090000^{date_pretty}|later>", "tomorrow"),
        ("<!date^1790000000^{date_long}|later>", "Monday, September 21st, 2026"),
        ("<!date^1789990000^{ago}|later>", "2 hours ago"),
        ("<!date^nonsense^{time}|fallback>", "fallback"),
        ("said:\n&gt; first\n&gt;*second*\nafter", "said:\n> first\n> second\nafter"),
        ("see https://x.test/_a_/b.", "see https://x.test/_a_/b."),
        ("```\n*code*\n```", "*code*"),
        ("*_both_ <https://x.test|there>*", "both there"),
    ],
)
def test_markup_is_read_as_a_person_reads_it(ada: TextRenderer, written: str, read: str) -> None:
    assert ada.mrkdwn(written, verbatim=False) == read


def test_each_reader_has_an_own_clock(ada: TextRenderer, bob: TextRenderer) -> None:
    written = f"<!date^{NOON}^{{time}}|later>"
    assert (ada.mrkdwn(written), bob.mrkdwn(written)) == ("16:13", "10:13 AM")


def test_names_and_groups_are_spoken(workspace: Workspace, ada: TextRenderer) -> None:
    group = workspace.add_user_group("leads", "Payments Leads", ["bob"])
    bob = workspace.user("bob")
    assert ada.mrkdwn(f"<@{bob.id}> of <!subteam^{group.id}>") == "@Bob Brown of @leads"


def test_references_are_told_from_escaped_words() -> None:
    found = list(references("<https://x.test|Approve> &lt;https://evil.test|Approve&gt; <!channel>"))
    assert found == [Reference("https://x.test", "Approve"), Reference("!channel", "")]
    assert [each.is_link for each in found] == [True, False]


def test_every_kind_of_block_is_put_into_words(workspace: Workspace, ada: TextRenderer) -> None:
    def plain(text: str) -> Json:
        return {"type": "plain_text", "text": text}

    cells = [{"type": "raw_text", "text": "id"}, {"type": "raw_text", "text": "who"}]
    rich = {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "by "},
            {"type": "user", "user_id": workspace.user("bob").id},
            {"type": "date", "timestamp": NOON, "format": " at {time}"},
        ],
    }
    blocks: list[Json] = [
        {"type": "header", "text": plain("*Not* bold")},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Account*\nProd"}, plain("b")]},
        {"type": "image", "image_url": "https://x.test", "alt_text": "a chart"},
        {"type": "rich_text", "elements": [rich, {"type": "rich_text_list", "style": "ordered", "elements": [rich]}]},
        {"type": "rich_text", "elements": [{**rich, "type": "rich_text_quote"}]},
        {"type": "table", "rows": [cells]},
        {"type": "divider"},
    ]
    message = Message("C0GENERAL", "1.1", "UBOT", text="hidden behind blocks", blocks=blocks)
    assert ada.message(message).splitlines() == [
        "*Not* bold",
        "Account",
        "Prod",
        "b",
        "[image: a chart]",
        "by @Bob Brown at 16:13",
        "1. by @Bob Brown at 16:13",
        "> by @Bob Brown at 16:13",
        "id | who",
        "─" * 40,
    ]
    assert ada.notification(message) == "hidden behind blocks"


@given(st.text(st.sampled_from("ab *_~`>&|@#!\n.:/x"), max_size=60))
def test_a_text_is_read_to_its_end_and_loses_nothing_but_marks(text: str) -> None:
    workspace = Workspace()
    read = spoken(text, workspace, workspace.add_user("ada"))

    assert [each for each in read if each in "abx"] == [each for each in text if each in "abx"]
