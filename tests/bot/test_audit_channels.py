"""Admins see on their Home that nothing is posted in an audit channel."""

from dataclasses import replace

import pytest

from bot.doctor.audit_channels import audit_channel_lines
from core.domain.errors import UpstreamBusy
from core.domain.ids import ConversationId
from core.domain.platforms import SLACK
from core.ports import ChatPlatform, ChatPlatforms, Conversation
from tests.fakes.chat import FakeChatDirectory, FakeFiles, FakeHomeScreens, FakeMessenger

AUDIT = ConversationId("C0AUDIT")
WELL = Conversation(AUDIT, "audit")


async def said(directory: FakeChatDirectory, channel: ConversationId = AUDIT) -> list[str]:
    slack = ChatPlatform(directory, FakeMessenger(), FakeHomeScreens(), FakeFiles())
    found = audit_channel_lines([channel], ChatPlatforms({SLACK: slack}))
    return [f"{line.what} {line.detail}" async for line in found]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(WELL, is_archived=True), "is archived"),
        (replace(WELL, is_shared_outside=True), "is shared outside"),
        (replace(WELL, bot_is_member=False), "does not have the bot in it"),
        (replace(WELL, exists=False), "does not exist"),
    ],
)
async def test_a_channel_that_takes_no_line_is_named_with_the_reason(seen: Conversation, words: str) -> None:
    directory = FakeChatDirectory()
    directory.conversations[AUDIT] = seen
    (line,) = await said(directory)
    assert line.startswith("Audit channel C0AUDIT ")
    assert words in line
    assert "No line of the audit trail is posted there." in line


async def test_a_channel_that_is_well_is_not_named() -> None:
    directory = FakeChatDirectory()
    directory.conversations[AUDIT] = WELL
    assert await said(directory) == []


async def test_nothing_is_said_while_the_platform_is_away_or_not_set_up() -> None:
    directory = FakeChatDirectory()
    directory.down = UpstreamBusy("away")
    assert await said(directory) == []
    assert await said(FakeChatDirectory(), ConversationId("teams:19:abc@thread.tacv2")) == []
