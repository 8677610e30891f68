"""That a requester could not be told is said on the card, in the details and in the audit channel, with why."""

from dataclasses import replace

import pytest

from core.domain.notices import Form, Topic
from core.domain.request import Status
from handlers.screens import details, notices, request_card
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import LINKS, NOW, STATES, card, notice

ACTIVE = STATES[Status.ACTIVE]
WHY = {
    "user_disabled": "the Slack account is deactivated.",
    "users_not_found": "the Slack account is gone.",
    "no_recipient": "no chat account belongs to this person.",
    "messages_tab_disabled": "TEAM Bot's Messages tab is turned off in Slack (turn on its Messages tab).",
    "cannot_dm_bot": "Slack delivers no messages to this person (cannot_dm_bot).",
    "ConversationBlockedByUser": "they blocked TEAM Bot in Teams (they can unblock it in their chat with it).",
    "BotNotInConversationRoster": ("TEAM Bot is not installed for them in Teams (add it in the app setup policy)."),
    "ConversationNotFound": "Teams delivers no messages to this person (ConversationNotFound).",
}


@pytest.mark.parametrize("code", WHY)
async def test_why_is_said_in_words(code: str, post: Post, show: Open) -> None:
    request = replace(ACTIVE, untold=code)
    words = f"Ada Lovelace could not be told: {WHY[code]}"
    assert words in await post(request_card.build(card(request), LINKS))
    assert words in await show(details.build(card(request), (), LINKS))
    line = await post(notices.build(notice(Topic.UNTOLD, Form.LINE), request, LINKS, NOW))
    assert f"could not be told: {WHY[code]}" in line
    assert "R-1042" in line


async def test_nothing_is_said_while_messages_arrive(post: Post) -> None:
    assert "could not be told" not in await post(request_card.build(card(ACTIVE), LINKS))
