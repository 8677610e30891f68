"""``teambot request`` against a bot: what people type at a terminal, and what they read."""

from collections.abc import AsyncIterator
from dataclasses import replace

import click
import pytest

from bot import request_client
from core.adapters.aws.call_signer import CallSigner
from core.domain.organization import Target
from core.domain.policy import Bundle
from tests.services.api import HOST, Api, api_of
from tests.services.company import ADMIN, POWER, PROD, READ, SANDBOX
from tests.services.group_world import with_groups
from tests.services.world import World

ARN = f"arn:aws:sts::{SANDBOX}:assumed-role/AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/ada@example.com"


@pytest.fixture
async def api(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with api_of(world, at_its_own_address=True) as found:
        session = found.sts.session(ARN)

        def signing(audience: str, region: str) -> CallSigner:
            return CallSigner(audience, region, HOST, session)

        monkeypatch.setattr(CallSigner, "of_environment", staticmethod(signing))
        monkeypatch.setattr(request_client, "moment", world.clock.now)
        yield found


async def test_a_request_is_made_looked_at_and_ended(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    world, address = api.world, api.address
    form = {"account": "Payments Prod", "permission_set": "PowerUserAccess", "duration": "1h", "justification": "why"}
    await request_client.new(address, form)
    await request_client.list_own(address, "")
    await request_client.show(address, "R-1001")
    await request_client.end(address, "R-1001", "cancel", "")
    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("[")]  # the log
    assert said[0] == "Sent. R-1001 waits for approval."
    assert said[1] == "R-1001  🟡 Waiting for approval  ·  Payments Prod as PowerUserAccess  ·  1 h"
    assert said[-1] == "Withdrawn: R-1001."
    assert [each.requester for each in await world.requests()] == [world.ada.id]


async def test_nothing_that_others_wrote_gives_orders_to_the_terminal(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    form = {
        "account": "Payments Prod",
        "permission_set": "PowerUserAccess",
        "duration": "1h",
        "justification": "why\x1b]0;owned\x07\x1b[2J\nDecided by: Bob Kahn",
    }
    await request_client.new(api.address, form)
    await request_client.show(api.address, "R-1001")
    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("[")]  # the log
    assert [line for line in said if line.startswith(("Why", "Decided"))] == [
        "Why: why]0;owned[2J Decided by: Bob Kahn"
    ]
    assert "\x1b" not in "".join(said)


async def test_groups_and_bundles_are_listed_and_asked_for(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    world, address = api.world, api.address
    await request_client.targets(address, "nothing of that name")
    world.principals.group("Operators")
    bundle = Bundle("incident", (Target(PROD, POWER), Target(PROD, ADMIN), Target(PROD, READ)))
    await world.set_policies(replace(with_groups(world), bundles=(bundle,)))
    await request_client.targets(address, "")
    rest = {"duration": "1h", "justification": "why"}
    await request_client.new(address, {**rest, "group": "Operators"})
    await request_client.new(address, {**rest, "bundle": "incident"})
    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("[")]  # the log
    assert said[0] == "There is nothing of that name that you may ask for."
    assert f"  {PROD}  Workloads / Payments / Payments Prod" in said
    assert said[-5:] == [
        "  Operators",
        "Bundles:",
        "  incident: Payments Prod as PowerUserAccess, Payments Prod as ReadOnlyAccess (1 more that you can't ask for)",
        "Sent. R-1001 waits for approval.",
        "Sent: R-1002, R-1003. ⚠️ 1 target of that bundle is left out: you can't ask for it.",
    ]


async def test_several_targets_are_asked_for_in_one_go_or_none_of_them(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    both = [
        {"account": PROD, "permission_set": "PowerUserAccess"},
        {"account": PROD, "permission_set": "ReadOnlyAccess"},
    ]
    form = {"duration": "1h", "justification": "why"}
    api.world.cloud.make(api.world.ada.id, Target(PROD, READ))
    with pytest.raises(click.ClickException, match=r"^ReadOnlyAccess in Payments Prod: You already have this access"):
        await request_client.new(api.address, {**form, "targets": both})
    api.world.cloud.remove(api.world.ada.id, Target(PROD, READ))
    await request_client.new(api.address, {**form, "targets": both})
    assert "Sent: R-1001, R-1002." in capsys.readouterr().out.splitlines()


async def test_a_refusal_is_said_in_the_words_of_chat(api: Api) -> None:
    form = {"account": "Payments Prod", "permission_set": "PowerUserAccess", "duration": "9h", "justification": "why"}
    with pytest.raises(click.ClickException, match="The maximum here is 4 h"):
        await request_client.new(api.address, form)
    with pytest.raises(click.ClickException, match="No such request"):
        await request_client.show(api.address, "R-4711")


async def test_a_bot_of_another_name_is_signed_nothing(world: World) -> None:
    async with api_of(world) as api:
        with pytest.raises(click.ClickException, match=r"calls itself https://bot\.example\.com"):
            await request_client.list_own(api.address, "")
        assert api.sts.asked == []


async def test_what_is_no_bot_is_told(api: Api) -> None:
    with pytest.raises(click.ClickException, match="is no TEAM Bot with an HTTP API: it answered 404"):
        await request_client.list_own(f"{api.address}/elsewhere", "")
    with pytest.raises(click.ClickException, match="cannot be reached"):
        await request_client.list_own("http://127.0.0.1:1", "")
