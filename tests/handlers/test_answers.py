"""A private answer finds its way: through the response URL, else into the channel, else directly."""

import asyncio
from collections.abc import Callable

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.people import ChatUser
from handlers.slack.answers import Answers
from handlers.slack.payloads import Sender
from infra.sandbox.slack import LocalSlack


async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"what?\r\n\r\n")
    writer.close()


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("way", [cut_off, nonsense, refusing, None])
@pytest.mark.parametrize(("channel", "method"), [("C0PAYMENTS", "chat.postEphemeral"), ("", "chat.postMessage")])
async def test_an_answer_that_does_not_get_through_goes_another_way(
    slack: LocalSlack, client: AsyncWebClient, way: Callable[..., None] | None, channel: str, method: str
) -> None:
    server = await asyncio.start_server(way or cut_off, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    if way is None:
        server.close()
    sender = Sender(ChatUser("T0EXAMPLE", "U0BOB"), response_url=url, channel=channel)
    answers = Answers(client, url)
    assert answers.may_use(url)
    await answers.privately(sender, "Here it is.")
    server.close()
    assert [call.arguments["text"] for call in slack.calls.named(method)] == ["Here it is."]
