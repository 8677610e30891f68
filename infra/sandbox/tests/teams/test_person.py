"""A person walks through the sample bot's cards and dialogs."""

import datetime as dt

import pytest

from infra.sandbox.local_teams import LocalTeams, NotSeenError
from infra.sandbox.tests.teams.sample_bot import CSV, SampleBot, attached, card, execute, text


async def test_a_line_in_the_chat_is_answered_there(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    await ada.types("hello")
    answer = await ada.sees("you said hello")
    assert (answer.author, answer.channel, answer.notification()) == ("TEAM Bot", "", "you said hello")
    heard = bot.heard[0]
    assert heard["from"]["aadObjectId"] == ada.user.aad_object_id
    assert heard["conversation"]["conversationType"] == "personal"
    assert heard["channelData"]["tenant"]["id"] == teams.tenant.tenant_id
    assert heard["localTimezone"] == "Europe/Berlin"
    assert heard["entities"][-1]["timezone"] == "Europe/Berlin"


async def test_in_a_channel_the_bot_hears_what_mentions_it(teams: LocalTeams, bot: SampleBot) -> None:
    bob = teams.person("bob")
    await bob.types("good morning", channel="approvals", mention=False)
    await bob.types("secret", channel="approvals")
    answer = await bob.sees("for you alone")
    assert answer.is_private
    assert len(bot.heard) == 1
    assert bot.heard[0]["text"] == "<at>TEAM Bot</at> secret"
    assert bot.heard[0]["entities"][0]["mentioned"]["id"] == teams.tenant.app.bot_id
    assert ";messageid=" in bot.heard[0]["conversation"]["id"]
    assert [each.is_private for each in teams.person("ada").reads("approvals")] == [False, False]
    assert len(await bob.private_answers()) == 1


@pytest.mark.usefixtures("bot")
async def test_a_card_is_read_as_lines_and_its_answer_is_for_one_client_alone(teams: LocalTeams) -> None:
    ada, bob = teams.person("ada"), teams.person("bob")
    await ada.types("card", channel="#approvals")
    seen = await bob.sees("is requesting access", channel="approvals")
    assert seen.text() == (
        "@Ada Lovelace is requesting access\nAccount: Payments Prod\nWhy: *not bold*\n[ Approve ] [ Reject ]"
    )
    assert seen.notification() == "Ada Lovelace is requesting access"
    assert seen.buttons() == ["Approve", "Reject"]
    answer = await seen.press("Approve")
    assert not answer.trouble
    assert (await seen.becomes("Approved by Bob Brown")).buttons() == []
    assert (await ada.sees("is requesting access")).buttons() == ["Approve", "Reject"]
    late = await seen.press("Approve", as_seen=True)
    assert late.delivery is not None
    assert late.delivery.ok
    decided = await bob.sees("Approved by", channel="approvals")
    bob.patience = 0.01
    with pytest.raises(NotSeenError, match="no button 'Approve'"):
        await decided.press("Approve")


async def test_a_form_with_dependent_type_aheads_is_filled_refused_and_sent(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    await ada.types("ask")
    opened = await (await ada.sees("Request access")).press("Request access")
    form = opened.dialog
    assert form is not None
    assert form.title == "Request access"
    expected = ["Account", "Permission set", "Start date", "Start time (Europe/Berlin)", "Justification"]
    assert form.labels() == expected
    assert await form.options("Account", "pay") == ["Payments Prod", "Payments Dev"]
    await form.choose("Account", "Payments Dev")
    await form.choose("Permission set", "PowerUser")
    await form.choose("Account", "Payments Prod")
    assert form.value("Permission set") == ""
    await form.choose("Permission set", "ReadOnly")
    await form.pick_datetime("Start", dt.datetime(2026, 9, 21, 12, 0, tzinfo=dt.UTC))
    assert form.value("Start time") == "14:00"
    assert (await form.submit()).errors == {"Justification": "This is a required field."}
    await form.fill("Justification", "no")
    refused = await form.submit()
    assert refused.errors == {"Justification": "Give a real reason."}
    assert form.value("Justification") == "no"
    await form.choose("Account", "Web Prod")
    await form.fill("Justification", "the pipeline")
    sent = await form.submit()
    assert sent.dialog is not None
    assert sent.dialog.text() == "Sent\nSent for 3333: the pipeline\n[ Done ]"
    assert (await form.press("Done")).closed
    assert ada.open_dialog() is None
    asked = next(each for each in bot.heard if each.get("name") == "application/search")
    assert asked["value"]["queryOptions"] == {"skip": 0, "top": 15}
    assert teams.complaints == []
    assert teams.calls.refused() == []


async def test_the_compose_box_opens_a_dialog_at_once(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    opened = await ada.compose("Request access", channel="approvals")
    form = await ada.dialog("Request access")
    assert opened.dialog is not None
    await form.choose("Account", "Web Prod")
    await form.fill("Justification", "nothing")
    assert (await form.submit()).closed
    assert [each["name"] for each in bot.heard if each["name"].startswith("compose")] == [
        "composeExtension/fetchTask",
        "composeExtension/submitAction",
    ]
    with pytest.raises(NotSeenError, match="the compose box offers"):
        await ada.compose("Nothing like it")


async def test_the_menu_of_a_message_sends_the_message_along(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    await ada.types("1 < 2 & all\nis well", channel="approvals", mention=False)
    said = await ada.sees("is well", channel="approvals")
    assert (await ada.choose("Request access", said)).dialog is not None
    asked = next(each for each in bot.heard if each.get("name") == "composeExtension/fetchTask")["value"]
    assert (asked["commandId"], asked["commandContext"]) == ("about", "message")
    quoted = asked["messagePayload"]
    assert quoted["body"] == {"contentType": "html", "content": "<p>1 &lt; 2 &amp; all</p><p>is well</p>"}
    assert quoted["linkToMessage"].endswith(f"/{said.message.id}")
    with pytest.raises(NotSeenError, match="the menu of a message offers"):
        await ada.choose("Nothing like it", said)


@pytest.mark.usefixtures("bot")
async def test_a_dialog_closed_by_hand_is_gone(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    await ada.types("card", channel="approvals")
    opened = await (await ada.sees("is requesting")).press("Reject")
    assert opened.dialog is not None
    await opened.dialog.close()
    with pytest.raises(NotSeenError, match="is closed"):
        await opened.dialog.press("Reject")
    assert ada.open_dialog() is None


async def test_no_more_than_fifteen_choices_are_drawn(teams: LocalTeams, bot: SampleBot) -> None:
    bot.choices_most = 30
    ada = teams.person("ada")
    form = (await ada.compose("Request access")).dialog
    assert form is not None
    assert len(await form.options("Account")) == 15
    assert teams.complaints == ["18 choices: only 15 are drawn"]


@pytest.mark.usefixtures("bot")
async def test_what_teams_shows_badly_is_told(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    await ada.types("hello")
    assert teams.shortcomings == []
    await ada.types("card")
    assert "nothing is said where it cannot be shown" in teams.shortcomings


async def test_a_file_is_accepted_and_uploaded(teams: LocalTeams, bot: SampleBot) -> None:
    ada = teams.person("ada")
    await ada.types("file")
    offered = await ada.sees("audit.csv")
    assert offered.text() == f"[file: audit.csv, {len(CSV)} bytes]\nAll requests\n[ Allow ] [ Decline ]"
    await offered.decline_file()
    await offered.allow_file()
    file = await ada.gets_file("audit.csv")
    assert file.content == CSV
    assert (await ada.sees("[file: audit.csv]")).text() == "[file: audit.csv]"
    accepted = bot.heard[-1]["value"]
    assert (accepted["action"], accepted["context"]) == ("accept", {"export": "7"})


async def test_a_card_that_asks_for_it_is_made_anew_for_whoever_looks(teams: LocalTeams, bot: SampleBot) -> None:
    ada, bob = teams.person("ada"), teams.person("bob")
    refresh = {"action": execute("", "refresh"), "userIds": [bob.user.mri]}
    channel = teams.tenant.channel("approvals")
    shared = [attached(card(text("For everybody"), refresh=refresh))]
    teams.tenant.messages.post(channel.id, teams.tenant.app.bot_id, attachments=shared)
    assert (await ada.sees("For everybody")).text() == "For everybody"
    assert (await bob.sees("For everybody")).text() == "Made for Bob Brown by automatic"
    assert len(bot.heard) == 1


@pytest.mark.usefixtures("bot")
async def test_what_is_answered_to_a_press_is_read_by_whoever_pressed(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    chat = teams.tenant.chat(ada.user)
    buttons = [execute("Mine", "line"), execute("Broken", "nonsense")]
    sent = [attached(card(text("A card"), actions=buttons))]
    teams.tenant.messages.post(chat.id, teams.tenant.app.bot_id, attachments=sent)
    seen = await ada.sees("A card")
    assert (await seen.press("Mine")).message == "Not yours."
    assert (await seen.press("Broken")).trouble == "Something went wrong. Please try again."
    assert "text/html" in teams.complaints[0]


@pytest.mark.usefixtures("bot")
async def test_an_action_that_does_nothing_in_a_dialog_is_trouble(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    form = (await ada.compose("Request access")).dialog
    assert form is not None
    await form.fill("Justification", "execute")
    assert (await form.submit()).trouble == "Something went wrong. Please try again."
    assert "Action.Execute" in teams.complaints[0]
    assert form.is_open


async def test_installing_the_app_is_told_to_the_bot(teams: LocalTeams, bot: SampleBot) -> None:
    carol = teams.person("carol")
    await carol.types("hello")
    assert bot.heard == []
    await carol.installs()
    await carol.uninstalls()
    assert [(each["type"], each.get("action")) for each in bot.heard] == [
        ("conversationUpdate", None),
        ("installationUpdate", "add"),
        ("installationUpdate", "remove"),
    ]
    assert bot.heard[0]["membersAdded"] == [{"id": teams.tenant.app.bot_id, "name": "TEAM Bot"}]


@pytest.mark.usefixtures("bot")
async def test_a_failed_wait_tells_what_was_there_instead(teams: LocalTeams) -> None:
    ada = teams.person("ada")
    ada.patience = 0.01
    await ada.types("good morning")
    with pytest.raises(NotSeenError, match=r"(?s)never saw 'good night'.*good morning"):
        await ada.sees("good night")
