"""A message that Teams sends along with a command from its menu: its words as people read them, and its link."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.bot_connector.quoted_messages import LONGEST_LINK, QuotedMessage, read_quoted_message

LINK = "https://teams.microsoft.com/l/message/19%3Ageneral%40thread.tacv2/1700000000000?tenantId=x"


def told(content: object, kind: str = "html", link: object = LINK) -> dict[str, Any]:
    return {"messagePayload": {"body": {"contentType": kind, "content": content}, "linkToMessage": link}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<p>The site is <b>down</b> &amp; we need hands</p>", "The site is down & we need hands"),
        ("<div><div>one</div>\n<div>two<br>three</div></div>", "one\ntwo\nthree"),
        ('<p><at id="0">Bob Kahn</at>&nbsp;look <emoji alt="👀"></emoji></p>', "@Bob Kahn look 👀"),
        ('<p>see</p><attachment id="1">{"card": 1}</attachment>', "see"),
        ("<ul><li>a</li><li>b</li></ul><style>x{}</style>", "a\nb"),
        ("&lt;script&gt; is text", "<script> is text"),
        ("", ""),
        (None, ""),
        (["x"], ""),
    ],
)
def test_markup_is_read_as_people_read_it(content: object, words: str) -> None:
    assert read_quoted_message(told(content)) == QuotedMessage(words, LINK)


def test_plain_text_is_taken_as_it_is() -> None:
    assert read_quoted_message(told(" 1 < 2 <b>\n", "text")).words == "1 < 2 <b>"


@pytest.mark.parametrize(
    "link", [None, 7, "", "http://teams.microsoft.com/x", "javascript:1", "https://a b", "https://a\nb", "https://é"]
)
def test_what_is_no_address_is_no_link(link: object) -> None:
    assert read_quoted_message(told("x", link=link)) == QuotedMessage("x")
    assert read_quoted_message(told("x", link=f"https://{'a' * LONGEST_LINK}")) == QuotedMessage("x")


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"body": None}, {"body": []}, {"body": {"content": {}}}])
def test_what_teams_left_out_is_empty(payload: object) -> None:
    assert read_quoted_message({"messagePayload": payload}) == QuotedMessage()
    assert read_quoted_message({}) == QuotedMessage()


@given(st.text())
def test_any_markup_is_read(content: str) -> None:
    assert "\r" not in read_quoted_message(told(content)).words
