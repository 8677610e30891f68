"""The page of the sandbox: what it shows, and what it refuses."""

from datetime import timedelta

import aiohttp
import pytest

from infra.sandbox.company import PAYMENTS_PROD
from infra.sandbox.sandbox import Sandbox


async def shown(page: aiohttp.ClientSession, path: str = "/") -> str:
    async with page.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


def origin(page: aiohttp.ClientSession) -> dict[str, str]:
    return {"Origin": str(page._base_url).rstrip("/")}


async def test_what_people_write_is_never_markup(sandbox: Sandbox, page: aiohttp.ClientSession) -> None:
    await sandbox.stage.slack.person("ada").types("<script>alert('&')</script>", channel="general")

    text = await shown(page)

    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in text
    assert "<script" not in text


async def test_nothing_on_it_comes_from_elsewhere_or_runs(page: aiohttp.ClientSession) -> None:
    async with page.get("/") as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
        assert "http://" not in await answer.text()


async def test_it_shows_who_holds_what(sandbox: Sandbox, page: aiohttp.ClientSession) -> None:
    assert "Nobody holds anything." in await shown(page)

    sandbox.stage.aws.make_assignment(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com")

    assert f"Payments Prod ({PAYMENTS_PROD})" in await shown(page)


async def test_it_follows_until_it_is_held_still(page: aiohttp.ClientSession) -> None:
    assert 'http-equiv="refresh"' in await shown(page)
    assert 'http-equiv="refresh"' not in await shown(page, "/?follow=no")


async def test_its_button_moves_the_clock(sandbox: Sandbox, page: aiohttp.ClientSession) -> None:
    async with page.post("/clock", data={"minutes": "60"}, headers=origin(page)) as answer:
        assert "1 h ahead of this machine" in await answer.text()

    assert sandbox.clock.ahead == timedelta(hours=1)


@pytest.mark.parametrize("minutes", ["", "-15", "16", "1e9", "٦٠"])
async def test_the_clock_moves_by_what_is_offered_alone(
    sandbox: Sandbox, page: aiohttp.ClientSession, minutes: str
) -> None:
    async with page.post("/clock", data={"minutes": minutes}, headers=origin(page)) as answer:
        assert answer.status == 400

    assert sandbox.clock.ahead == timedelta()


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "http://evil.example"}])
async def test_a_form_from_another_site_is_refused(
    sandbox: Sandbox, page: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with page.post("/clock", data={"minutes": "15"}, headers=headers) as answer:
        assert answer.status == 403

    assert sandbox.clock.ahead == timedelta()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1"])
async def test_another_name_for_this_address_is_refused(page: aiohttp.ClientSession, host: str) -> None:
    async with page.get("/", headers={"Host": host}) as answer:
        assert answer.status == 421
