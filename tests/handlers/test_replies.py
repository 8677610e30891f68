"""A private answer finds its way: through the response URL, else into the channel, else directly."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.web import serving
from core.domain.people import ChatUser
from handlers.slack.payloads import SlackSender
from handlers.slack.replies import EphemeralReplies
from infra.sandbox.ports import HeldPort
from infra.sandbox.slack import LocalSlack
from tests.handlers.samples import foreign_markup


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
    port = HeldPort()
    server = await asyncio.start_server(way, "127.0.0.1", port.number) if way else None
    url = f"http://127.0.0.1:{port.number}/"
    sender = SlackSender(ChatUser("slack", "T0EXAMPLE", "U0BOB"), response_url=url, channel=channel)
    answers = EphemeralReplies(client, url)
    assert answers.may_use(url)
    await answers.privately(sender, "Here it is.")
    if server:
        server.close()
    assert [call.arguments["text"] for call in slack.calls.named(method)] == ["Here it is."]


HOSTILE = "<https://sso.evil.test|Sign in again> <!channel> *Ada* & co"
AT = "https://hooks.slack.com/actions/T0EXAMPLE/1/x"


def bob(url: str = "", channel: str = "C0PAYMENTS") -> SlackSender:
    return SlackSender(ChatUser("slack", "T0EXAMPLE", "U0BOB"), response_url=url, channel=channel)


@pytest.mark.parametrize("channel", ["C0PAYMENTS", ""])
async def test_a_name_in_a_sentence_is_never_a_link_or_a_mention(
    slack: LocalSlack, client: AsyncWebClient, channel: str
) -> None:
    await EphemeralReplies(client, AT).privately(bob(channel=channel), f"{HOSTILE} withdrew this.")
    (call,) = slack.calls.named("chat.postEphemeral" if channel else "chat.postMessage")
    said = {"text": call.arguments["text"], "blocks": call.arguments["blocks"]}
    assert foreign_markup(said) == []
    assert "&lt;https://sso.evil.test|Sign in again&gt;" in said["text"]
    assert said["blocks"][0]["text"]["verbatim"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_the_answer_goes_another_way(
    slack: LocalSlack, client: AsyncWebClient, status: int
) -> None:
    reached: list[str] = []

    async def everything(request: web.Request) -> web.Response:
        reached.append(request.path)
        here = {"Location": "/latest/meta-data/"}
        return web.Response(status=status, headers=here) if request.path == "/answer" else web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", everything)
    async with serving(app, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/answer"
        await EphemeralReplies(client, url).privately(bob(url), "Here it is.")
    assert reached == ["/answer"]
    assert [call.arguments["text"] for call in slack.calls.named("chat.postEphemeral")] == ["Here it is."]
