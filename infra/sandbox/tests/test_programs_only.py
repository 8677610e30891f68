"""No page that somebody visits while the sandbox runs gives orders to what stands behind it."""

from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import ClientSession

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import example_company
from infra.sandbox.local_teams import LocalTeams, Tenant
from infra.sandbox.slack import LocalSlack, Workspace

EVIL: list[tuple[Mapping[str, str], int]] = [
    ({"Origin": "https://evil.test"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://127.0.0.1:1"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Host": "evil.test"}, 421),
    ({"Host": "127.0.0.1"}, 421),
    ({"Host": "127.0.0.1.evil.test:{port}"}, 421),
    ({"Host": "evil.test:{port}", "Origin": "http://evil.test:{port}", "Sec-Fetch-Site": "same-origin"}, 421),
]
ENDPOINTS = [
    ("aws", "GET", "/_control/now"),
    ("aws", "POST", "/_control/hold"),
    ("aws", "DELETE", "/_control/users/ada@example.com"),
    ("aws", "POST", "/"),
    ("aws", "OPTIONS", "/_control/faults"),
    ("slack", "POST", "/api/auth.test"),
    ("slack", "GET", "/api/users.list"),
    ("slack", "GET", "/socket/ticket"),
    ("slack", "POST", "/upload/v1/secret"),
    ("slack", "POST", "/commands/T1/secret"),
    ("teams", "POST", "/emea/v3/conversations"),
    ("teams", "POST", "/login/tenant/oauth2/v2.0/token"),
    ("teams", "GET", "/v1/.well-known/keys"),
    ("teams", "PUT", "/upload/secret"),
    ("teams", "DELETE", "/_control/faults"),
]
"""Each server of the sandbox but the window, which has a guard of its own."""


@pytest.fixture
async def urls() -> AsyncIterator[Mapping[str, str]]:
    aws, slack, teams = LocalAws(example_company()), LocalSlack(Workspace()), LocalTeams(Tenant())
    async with aws, slack, teams:
        yield {"aws": aws.url, "slack": slack.url, "teams": teams.url}


@pytest.fixture
async def visitor() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.mark.parametrize(("server", "method", "path"), ENDPOINTS)
async def test_no_page_gets_in_whatever_it_says_of_itself(
    urls: Mapping[str, str], visitor: ClientSession, server: str, method: str, path: str
) -> None:
    port = urls[server].rpartition(":")[2]
    for headers, status in EVIL:
        sent = {name: value.replace("{port}", port) for name, value in headers.items()}
        async with visitor.request(method, urls[server] + path, headers=sent) as answer:
            assert answer.status == status, headers
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("server", ["aws", "teams"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_the_controls_take_no_order_in_a_form_that_any_page_may_send(
    urls: Mapping[str, str], visitor: ClientSession, server: str, kind: str
) -> None:
    url = urls[server] + "/_control/faults"
    async with visitor.post(url, data='{"kind": "refused"}', headers={"Content-Type": kind}) as answer:
        assert answer.status == 415
    async with visitor.get(url) as answer:
        assert await answer.json() == []


@pytest.mark.parametrize("by", ["127.0.0.1", "localhost"])
async def test_a_program_that_was_told_the_address_gets_in(
    urls: Mapping[str, str], visitor: ClientSession, by: str
) -> None:
    for server, path in (("aws", "/_control/now"), ("slack", "/api/auth.test"), ("teams", "/_control/faults")):
        url = urls[server]
        port = url.rpartition(":")[2]
        async with visitor.get(url + path, headers={"Host": f"{by}:{port}"}) as answer:
            assert answer.status == 200
