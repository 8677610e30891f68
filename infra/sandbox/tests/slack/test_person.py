"""A person walks through the sample app's screens, over HTTP and over Socket Mode."""

import asyncio
import datetime as dt

import pytest

from infra.sandbox.slack import Enterprise, LocalSlack, NotSeenError


async def test_a_form_with_dependent_menus_is_filled_refused_and_sent(sample: LocalSlack) -> None:
    ada = sample.person("ada")
    await ada.types("/ask")
    modal = await ada.modal("Ask for a role")
    assert modal.labels() == ["Account", "Reason", "Start"]
    assert await modal.options("Account", query="pay") == ["Payments Prod", "Payments Dev"]
    await modal.fill("Reason", "no")
    await modal.choose("Account", "Payments Dev")
    await modal.choose("Role", "PowerUser")
    await modal.pick_datetime("Start", dt.datetime(2026, 9, 21, 12, 0, tzinfo=dt.UTC))
    assert modal.value("Start") == "today 14:00"
    assert modal.value("Reason") == "no"
    refused = await modal.submit()
    assert refused.errors == {"Reason": "Give a real reason."}
    await modal.fill("Reason", "the pipeline")
    answer = await modal.submit()
    assert answer.modal is not None
    assert answer.modal.title == "Sent"
    assert not answer.errors

    bob = sample.person("bob")
    card = await bob.sees("@Ada Lovelace asks for the pipeline", channel="approvals")
    assert card.buttons() == ["Approve"]
    hesitant = await card.press("Approve", confirm=False)
    assert hesitant.asked == "Sure?\nThis grants access."
    await card.press("Approve")
    decided = await card.becomes("Approved by @Bob Brown")
    assert decided.buttons() == []
    await ada.sees("It waits for approval")
    assert [each.text() for each in await ada.direct_messages()] == ["It waits for approval"]
    assert sample.complaints == []
    assert sample.calls.refused() == []


async def test_slack_itself_refuses_an_incomplete_form(over_http: LocalSlack) -> None:
    ada = over_http.person("ada")
    await ada.types("/ask")
    modal = await ada.modal()
    await modal.fill("Reason", "x")
    answer = await modal.submit()
    assert answer.errors == {
        "Account": "Please complete this required field.",
        "Reason": "Please enter at least 2 characters.",
    }
    assert answer.delivery is None
    await modal.close()
    assert ada.modals() == []


async def test_errors_on_a_field_that_does_not_exist_are_trouble(over_http: LocalSlack) -> None:
    ada = over_http.person("ada")
    await ada.types("/ask")
    modal = await ada.modal()
    await modal.choose("Account", "Web Prod")
    await modal.choose("Role", "Admin")
    await modal.fill("Reason", "nonsense")
    answer = await modal.submit()
    assert answer.trouble == "We had some trouble connecting. Try again?"
    assert "no such block" in over_http.complaints[0]


async def test_a_command_is_answered_at_once_and_again_through_its_response_url(sample: LocalSlack) -> None:
    ada = sample.person("ada")
    answer = await ada.types("/echo hello there")
    assert answer.message is not None
    assert answer.message.text == "you said hello there"
    again = await ada.sees("and again")
    assert again.is_ephemeral
    await again.press("Dismiss")
    assert (await again.becomes("Dismissed")).buttons() == []
    assert not sample.person("bob").reads("general")


async def test_every_reader_sees_own_time_and_escaped_text_stays_text(over_http: LocalSlack) -> None:
    ada, bob = over_http.person("ada"), over_http.person("bob")
    await ada.types("/card")
    card = await ada.sees("<!channel> fix & go")
    assert card.notification() == "A card"
    assert "until today 16:30" in card.text()
    assert "until today 10:30 AM" in (await bob.sees("fix & go")).text()


async def test_home_is_published_when_it_is_opened(sample: LocalSlack) -> None:
    home = await sample.person("ada").home()
    assert home.text() == "Live now\nHello @Ada Lovelace"


async def test_a_failed_wait_tells_what_was_there_instead(over_http: LocalSlack) -> None:
    ada = over_http.person("ada")
    ada.patience = 0.01
    await ada.types("good morning")
    with pytest.raises(NotSeenError, match=r"(?s)never saw 'good night'.*good morning"):
        await ada.sees("good night")


async def test_a_command_that_is_not_acknowledged_in_time_fails_for_the_person(over_http: LocalSlack) -> None:
    over_http.event_sender.ack_deadline = 0.1
    answer = await over_http.person("ada").types("/slow")
    assert answer.trouble == "operation_timeout"
    assert answer.message is not None
    assert answer.message.text == '/slow failed with the error "operation_timeout"'


async def test_two_people_press_the_same_button_at_once(sample: LocalSlack) -> None:
    ada, bob = sample.person("ada"), sample.person("bob")
    await ada.types("/card")
    hers, his = await ada.sees("fix & go"), await bob.sees("fix & go")
    await asyncio.gather(hers.press("Approve"), his.press("Approve"))
    await hers.becomes("Approved by")
    assert sum(each.app_call.payload.get("type") == "block_actions" for each in sample.deliveries) == 2
    with pytest.raises(NotSeenError, match="no button 'Approve'"):
        await his.press("Approve")
    late = await his.press("Approve", as_seen=True)
    assert late.delivery is not None
    assert late.delivery.ack.ok


async def test_in_an_enterprise_every_payload_names_it(over_http: LocalSlack) -> None:
    over_http.workspace.enterprise = Enterprise("E0CORP", "Corp")
    ada = over_http.person("ada")
    await ada.types("/card")
    await (await ada.sees("fix & go")).press("Approve")
    command, action = (each.app_call.payload for each in over_http.deliveries)
    assert (command["enterprise_id"], command["enterprise_name"]) == ("E0CORP", "Corp")
    assert action["enterprise"] == {"id": "E0CORP", "name": "Corp"}
    assert action["team"]["enterprise_id"] == "E0CORP"


async def test_what_is_before_a_person_can_be_told(over_http: LocalSlack) -> None:
    ada = over_http.person("ada")
    await ada.types("good morning", channel="#general")
    await ada.types("/ask")
    await ada.modal()
    assert ada.sight() == (
        "Ada Lovelace sees:\n[modal]\nAsk for a role\nAccount: [ Choose an account ]\nReason: [  ]\n"
        "Start (optional): [  ]\n[ Cancel ] [ Submit ]\n[general] Ada Lovelace:\ngood morning"
    )


async def test_what_is_read_stays_as_it_was_seen_and_may_be_what_has_a_word(over_http: LocalSlack) -> None:
    bob = over_http.person("bob")
    await bob.types("R-1 stands still", "approvals")
    await bob.types("nothing of that", "approvals")
    (seen,) = bob.reads("approvals", naming="R-1")
    over_http.workspace.messages.edit(seen._message, text="R-1 is over", blocks=[])
    assert seen.text() == "R-1 stands still"
    assert [each.text() for each in bob.reads(naming="R-1")] == ["R-1 is over"]
    assert len(bob.reads("approvals")) == 2
