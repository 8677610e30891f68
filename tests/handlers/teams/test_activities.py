"""The fields that are read of what Teams sends: a few, each of the shape that it is documented to have."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.bot_connector.activities import (
    CHANNEL,
    PERSONAL,
    Activity,
    ChannelAccount,
    NoActivityError,
    others_mentioned,
    read_activity,
    words_of,
)
from tests.handlers.teams.signing import APP, TENANT, activity

BOT = f"28:{APP}"
ADA = "00000000-0000-4000-8000-000000000ada"


def read(**changes: object) -> Activity:
    return read_activity(json.dumps(activity(**changes)).encode())


def mention(mri: str, name: str) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": mri, "name": name}, "text": f"<at>{name}</at>"}


def test_a_message_in_a_channel_is_read() -> None:
    found = read(
        conversation={
            "id": "19:general@thread.tacv2;messageid=1700000000000",
            "conversationType": "channel",
            "tenantId": TENANT,
        },
        channelData={
            "tenant": {"id": TENANT},
            "team": {"id": "19:general@thread.tacv2", "name": "Payments"},
            "channel": {"id": "19:general@thread.tacv2", "type": "standard"},
        },
        replyToId="1700000000000",
    )

    assert (found.conversation.id, found.conversation.kind) == ("19:general@thread.tacv2", CHANNEL)
    assert found.conversation.thread == "19:general@thread.tacv2;messageid=1700000000000"
    assert (found.conversation.team, found.conversation.team_name) == ("19:general@thread.tacv2", "Payments")
    assert (found.conversation.channel_type, found.reply_to) == ("standard", "1700000000000")


def test_a_person_is_read_by_ids_alone() -> None:
    found = read()

    assert found.sender == ChannelAccount("29:ada", ADA)
    assert (found.conversation.kind, found.tenants) == (PERSONAL, frozenset({TENANT}))
    assert "Ada" not in repr(found)


def test_members_and_installations_are_read() -> None:
    found = read(
        type="conversationUpdate",
        membersAdded=[{"id": BOT}, {"id": "29:bob", "aadObjectId": "B0B"}],
        membersRemoved=[{"id": "29:eve"}],
        action="add",
        channelData={"tenant": {"id": TENANT}, "eventType": "channelRenamed"},
    )

    assert (found.added, found.removed) == (
        (ChannelAccount(BOT), ChannelAccount("29:bob", "b0b")),
        (ChannelAccount("29:eve"),),
    )
    assert (found.action, found.event) == ("add", "channelRenamed")


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({"localTimezone": "Asia/Kolkata"}, "Asia/Kolkata"),
        ({"localTimezone": None, "entities": [{"type": "clientInfo", "timezone": "America/Lima"}]}, "America/Lima"),
        ({"localTimezone": None, "entities": [{"type": "clientInfo"}, {"type": "mention"}]}, ""),
        ({"localTimezone": None}, ""),
    ],
)
def test_the_senders_zone_is_read_from_wherever_it_stands(changes: dict[str, Any], zone: str) -> None:
    assert read(**changes).zone == zone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("help", "help"),
        ("  show   R-1042 \n", "show R-1042"),
        ("<at>TEAM Bot</at> requests", "requests"),
        ("<at>TEAM Bot</at>&nbsp;requests", "requests"),
        ("requests <at>TEAM Bot</at>", "requests"),
        ("<at>TEAM Bot</at>", ""),
        ("<at>TEAM Bot</at> policy explain <at>Bob B</at> 1 2", "policy explain @Bob B 1 2"),
        ("<at id='0'>Eve</at> x", "@Eve x"),
        ("a < b and b > c", "a < b and b > c"),
        ("", ""),
    ],
)
def test_what_was_typed_is_read_without_the_mention_of_the_bot(text: str, words: str) -> None:
    found = read(text=text, entities=[mention(BOT, "TEAM Bot"), mention("29:bob", "Bob B")])

    assert words_of(found) == words


def test_the_others_who_are_mentioned_are_read_from_what_teams_vouches_for() -> None:
    found = read(text="<at>Bob B</at> <at>Nobody</at>", entities=[mention(BOT, "TEAM Bot"), mention("29:bob", "Bob B")])

    assert others_mentioned(found) == (("29:bob",), ("@Bob B",))


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "\0"},
        {"text": 7},
        {"text": "\ud800"},
        {"id": "x" * 513},
        {"from": "ada"},
        {"from": {"id": ["29:ada"]}},
        {"conversation": [1]},
        {"channelData": {"tenant": "aa"}},
        {"entities": {"type": "mention"}},
        {"entities": ["mention"]},
        {"membersAdded": [None]},
        {"value": {"data": {"reason": "\0"}}},
        {"value": {"\ud800": 1}},
        {"type": ""},
    ],
)
def test_a_field_of_another_shape_makes_it_no_activity(changes: dict[str, Any]) -> None:
    with pytest.raises(NoActivityError):
        read(**changes)


@pytest.mark.parametrize("value", [None, 7, "x", [1, 2], True])
def test_a_value_that_is_no_object_is_read_as_empty(value: object) -> None:
    assert read(value=value).value == {}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_an_activity_or_none(body: bytes) -> None:
    try:
        found = read_activity(body)
    except NoActivityError:
        return
    assert found.kind
