"""The messenger against Slack's moods: nothing is lost, nothing is said twice that was surely said once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.notices import Form, Topic
from core.domain.people import ChatUser
from core.domain.request import Status
from core.ports import GONE, MessageRef
from handlers.slack.messenger import SlackMessenger
from handlers.web_api.failures import OPERATORS_TURN
from infra.sandbox.ports import HeldPort
from infra.sandbox.slack import App, LocalSlack, SeenMessage
from tests.fakes.clock import FakeClock
from tests.handlers.samples import ADA, BOB, LINKS, NOW, REQUEST, STATES, TOLD, card, notice

Make = Callable[[AsyncWebClient], SlackMessenger]

CHANNEL = ConversationId("C0PAYMENTS")
FINAL = ["channel_not_found", "is_archived", "not_in_channel", "user_not_found", "cannot_dm_bot", "user_disabled"]
OPERATORS = ["invalid_auth", "token_revoked", "missing_scope", "account_inactive"]


async def seen(slack: LocalSlack, words: str, person: str = "bob") -> SeenMessage:
    return await slack.person(person).sees(words)


def arguments(slack: LocalSlack, method: str) -> list[dict[str, Any]]:
    return [call.arguments for call in slack.calls.named(method)]


async def test_a_card_is_posted_once_and_then_updated(messenger: SlackMessenger, slack: LocalSlack) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    again = await messenger.show_card(card(STATES[Status.ACTIVE]), CHANNEL, posted)
    assert again == posted
    found = await seen(slack, "Active until")
    assert found.message.ts == posted.message
    assert len(slack.workspace.messages.in_channel("C0PAYMENTS")) == 1


async def test_a_deleted_card_is_posted_anew(
    messenger: SlackMessenger, slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    await client.chat_delete(channel=posted.conversation, ts=posted.message)
    again = await messenger.show_card(card(REQUEST), CHANNEL, posted)
    assert again != posted
    assert (await seen(slack, "Waiting for approval")).message.ts == again.message


async def test_a_card_of_another_app_is_not_touched(messenger: SlackMessenger, slack: LocalSlack) -> None:
    foreign = slack.workspace.messages.post("C0PAYMENTS", "U0BOB", "mine")
    ref = await messenger.show_card(card(REQUEST), CHANNEL, MessageRef("slack", "C0PAYMENTS", foreign.ts))
    assert ref.message != foreign.ts
    assert foreign.text == "mine"


async def test_a_card_for_one_person_is_a_direct_message(messenger: SlackMessenger, slack: LocalSlack) -> None:
    ref = await messenger.show_card(card(REQUEST), BOB, None)
    assert ref.conversation.startswith("D")
    assert (await seen(slack, "Waiting for approval")).channel == ""
    assert await messenger.show_card(card(STATES[Status.ACTIVE]), BOB, ref) == ref


async def test_later_events_are_lines_in_the_thread(messenger: SlackMessenger, slack: LocalSlack) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    await messenger.reply(posted, notice(Topic.ACTIVE, Form.THREAD), TOLD[Topic.ACTIVE])
    (line,) = (await seen(slack, "Waiting for approval")).replies()
    assert line.text() == "🟢 Active until 14:00."


async def test_of_the_thread_only_a_reminder_shows_in_the_channel_and_it_pings_nobody(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    for topic in (Topic.ACTIVE, Topic.REMINDER):
        await messenger.reply(posted, notice(topic, Form.THREAD), TOLD[topic])
    quiet, reminder = (await seen(slack, "Waiting for approval")).replies()
    assert (quiet.message.reply_broadcast, reminder.message.reply_broadcast) == (False, True)
    assert "R-1042 is still waiting for a decision: Ada Lovelace asks for" in reminder.text()
    markup = str(reminder.message.blocks) + reminder.message.text
    assert not any(ping in markup for ping in ("<!channel", "<!here", "<!everyone", "<!subteam", "<@"))


async def test_a_direct_message_links_to_the_card(messenger: SlackMessenger, slack: LocalSlack) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    for _ in range(2):
        await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], posted)
    found = await seen(slack, "is active until 14:00", "ada")
    assert any("/archives/C0PAYMENTS/p" in link.target for link in found.links())
    assert len(slack.calls.named("chat.getPermalink")) == len(slack.calls.named("conversations.open")) == 1


async def test_what_says_more_takes_the_place_of_a_direct_message(messenger: SlackMessenger, slack: LocalSlack) -> None:
    at = await messenger.tell(ADA, notice(Topic.SUBMITTED), TOLD[Topic.SUBMITTED], None)
    assert await messenger.tell_instead(at, ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    assert len(slack.calls.named("chat.postMessage")) == 1
    shown = await seen(slack, "is active until 14:00", "ada")
    assert "waits for approval" not in shown.text()
    assert not await messenger.tell_instead(
        MessageRef("slack", at.conversation, "1.1"), ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None
    )


async def test_a_card_in_a_private_channel_is_linked_to_for_its_members_alone(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    posted = await messenger.show_card(card(REQUEST), ConversationId("C0AUDIT"), None)
    for person in (ADA, BOB):
        await messenger.tell(person, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], posted)
    outside = await seen(slack, "is active until 14:00", "ada")
    assert not any("C0AUDIT" in link.target for link in outside.links())
    assert LINKS.home.replace("&", "&amp;") in {link.target for link in outside.links()}
    inside = await seen(slack, "is active until 14:00", "bob")
    assert any("/archives/C0AUDIT/p" in link.target for link in inside.links())
    assert len(slack.calls.named("conversations.members")) == 1


async def test_who_may_open_a_channel_is_looked_up_anew_after_a_while(
    messenger: SlackMessenger, slack: LocalSlack, clock: FakeClock
) -> None:
    posted = await messenger.show_card(card(REQUEST), ConversationId("C0AUDIT"), None)
    slack.workspace.channels["C0AUDIT"].members.remove("U0BOB")
    slack.faults.add("conversations.members", status=500, times=1)
    await messenger.tell(BOB, notice(Topic.APPROVED), TOLD[Topic.APPROVED], posted)
    slack.workspace.channels["C0AUDIT"].members.append("U0BOB")
    await messenger.tell(BOB, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], posted)
    slack.workspace.channels["C0AUDIT"].members.remove("U0BOB")
    clock.move(timedelta(minutes=11))
    await messenger.tell(BOB, notice(Topic.ENDED), TOLD[Topic.ENDED], posted)
    linked = ["/archives/C0AUDIT/p" in str(said["blocks"]) for said in arguments(slack, "chat.postMessage")[1:]]
    assert linked == [False, True, False]


async def test_no_message_waits_for_a_link(messenger: SlackMessenger, slack: LocalSlack) -> None:
    slack.faults.add("chat.getPermalink", status=500)
    await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], MessageRef("slack", "C0PAYMENTS", "1.1"))
    found = await seen(slack, "is active until 14:00", "ada")
    assert LINKS.home.replace("&", "&amp;") in {link.target for link in found.links()}


async def test_the_audit_channel_gets_one_line(messenger: SlackMessenger, slack: LocalSlack) -> None:
    await messenger.write_line(ConversationId("C0AUDIT"), notice(Topic.FAILED, Form.LINE), TOLD[Topic.FAILED], None)
    assert (await seen(slack, "🔴 R-1042")).channel == "team-audit"


async def test_nothing_is_unfurled_and_nobody_is_linked_by_name(messenger: SlackMessenger, slack: LocalSlack) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    await messenger.show_card(card(REQUEST), CHANNEL, posted)
    (sent,), (updated,) = arguments(slack, "chat.postMessage"), arguments(slack, "chat.update")
    quiet = {"unfurl_links", "unfurl_media", "link_names"}
    assert {str(sent[name]).lower() for name in quiet} <= {"0", "false"}
    assert str(updated["link_names"]).lower() in {"0", "false"}
    assert sent["parse"] == updated["parse"] == "none"
    assert sent["text"]


async def test_the_rate_limit_says_when_to_come_back(messenger: SlackMessenger, slack: LocalSlack) -> None:
    slack.faults.add("chat.postMessage", status=429, retry_after=7, times=1)
    with pytest.raises(UpstreamBusy) as caught:
        await messenger.show_card(card(REQUEST), CHANNEL, None)
    assert caught.value.retry_after == timedelta(seconds=7)


async def test_a_rate_limit_on_an_update_is_no_reason_to_post_again(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    slack.faults.add("chat.update", status=429, retry_after=3)
    with pytest.raises(UpstreamBusy):
        await messenger.show_card(card(REQUEST), CHANNEL, posted)
    assert len(slack.workspace.messages.in_channel("C0PAYMENTS")) == 1


@pytest.mark.parametrize("code", FINAL)
async def test_what_is_final_is_refused_with_slacks_own_word(
    code: str, messenger: SlackMessenger, slack: LocalSlack
) -> None:
    slack.faults.add("chat.postMessage", error=code)
    with pytest.raises(UpstreamRefused) as caught:
        await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    assert caught.value.code == code


@pytest.mark.parametrize("code", OPERATORS)
async def test_what_the_operator_has_to_mend_loses_no_message(
    code: str, messenger: SlackMessenger, slack: LocalSlack
) -> None:
    slack.faults.add("*", error=code)
    with pytest.raises(UpstreamBusy) as caught:
        await messenger.show_card(card(REQUEST), CHANNEL, None)
    assert caught.value.retry_after == OPERATORS_TURN


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 502}, {"error": "internal_error"}, {"error": "fatal_error"}, {"drop": "after"}],
    ids=str,
)
async def test_a_post_whose_answer_is_lost_may_have_happened(
    fault: dict[str, Any], messenger: SlackMessenger, slack: LocalSlack
) -> None:
    slack.faults.add("chat.postMessage", **fault)
    with pytest.raises(AnswerLost):
        await messenger.show_card(card(REQUEST), CHANNEL, None)


async def test_an_update_whose_answer_is_lost_is_simply_done_again(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    posted = await messenger.show_card(card(REQUEST), CHANNEL, None)
    slack.faults.add("chat.update", drop="after", times=1)
    with pytest.raises(UpstreamBusy):
        await messenger.show_card(card(STATES[Status.ACTIVE]), CHANNEL, posted)
    assert await messenger.show_card(card(STATES[Status.ACTIVE]), CHANNEL, posted) == posted


async def test_unavailable_means_that_nothing_happened(messenger: SlackMessenger, slack: LocalSlack) -> None:
    slack.faults.add("chat.postMessage", status=503, error="service_unavailable")
    with pytest.raises(UpstreamBusy):
        await messenger.show_card(card(REQUEST), CHANNEL, None)


async def test_a_slack_that_is_not_there_is_busy(make_messenger: Make) -> None:
    unused = HeldPort()
    client = AsyncWebClient(token="xoxb-team", base_url=f"http://127.0.0.1:{unused.number}/api/", retry_handlers=[])
    with pytest.raises(UpstreamBusy):
        await make_messenger(client).show_card(card(REQUEST), CHANNEL, None)


async def test_a_slack_that_is_slow_may_have_done_it(slack: LocalSlack, make_messenger: Make) -> None:
    slack.faults.add("chat.postMessage", latency=0.6)
    client = AsyncWebClient(token="xoxb-team", base_url=slack.api_url, timeout=1, retry_handlers=[])
    client.timeout = 0.2  # type: ignore[assignment]
    with pytest.raises(AnswerLost):
        await make_messenger(client).show_card(card(REQUEST), CHANNEL, None)


async def test_somebody_who_cannot_be_written_to_is_final(messenger: SlackMessenger, slack: LocalSlack) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await messenger.tell(ChatUser("slack", "T0EXAMPLE", "U0NOBODY"), notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    assert caught.value.code == "user_not_found"
    assert slack.calls.named("chat.postMessage") == []


async def test_the_scopes_that_are_asked_for_are_enough_and_each_is_missed(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    app: App = slack.app()
    app.scopes = app.scopes - {"chat:write"}
    with pytest.raises(UpstreamBusy, match="missing_scope"):
        await messenger.show_card(card(REQUEST), CHANNEL, None)
    app.scopes = (app.scopes | {"chat:write"}) - {"im:write"}
    with pytest.raises(UpstreamBusy, match="missing_scope"):
        await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)


async def test_a_long_card_can_be_updated_as_well_as_posted(messenger: SlackMessenger) -> None:
    request = replace(REQUEST, justification="&" * 1000)
    posted = await messenger.show_card(card(request), CHANNEL, None)
    assert await messenger.show_card(card(replace(request, expires_at=NOW)), CHANNEL, posted) == posted


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived"])
async def test_a_conversation_that_is_gone_is_opened_anew(
    code: str, messenger: SlackMessenger, slack: LocalSlack
) -> None:
    await messenger.tell(ADA, notice(Topic.APPROVED), TOLD[Topic.APPROVED], None)
    slack.faults.add("chat.postMessage", error=code, times=1)
    await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    slack.faults.add("chat.postMessage", error=code, times=1)
    await messenger.show_card(card(REQUEST), ADA, None)
    assert len(slack.calls.named("conversations.open")) == 3
    assert "is active until" in (await seen(slack, "is active until", "ada")).message.text


async def test_a_conversation_that_stays_gone_is_opened_anew_once_a_message(
    messenger: SlackMessenger, slack: LocalSlack
) -> None:
    await messenger.tell(ADA, notice(Topic.APPROVED), TOLD[Topic.APPROVED], None)
    slack.faults.add("chat.postMessage", error="channel_not_found")
    with pytest.raises(UpstreamRefused) as caught:
        await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    assert caught.value.code == "channel_not_found"
    assert len(slack.calls.named("conversations.open")) == 2


async def test_an_account_that_is_gone_is_told_apart(messenger: SlackMessenger, slack: LocalSlack) -> None:
    slack.faults.add("conversations.open", error="user_disabled")
    with pytest.raises(UpstreamRefused) as caught:
        await messenger.tell(ADA, notice(Topic.ACTIVE), TOLD[Topic.ACTIVE], None)
    assert caught.value.code in GONE
