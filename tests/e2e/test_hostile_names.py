"""A company whose people, accounts and units bear mentions, links and markup for names: none of it works anywhere."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.company import Company, example_company
from tests.e2e.play import STAGING_READ, MakePlay, Play
from tests.handlers.samples import foreign_markup

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<!channel> <@U0BOB> <https://evil.test|Approve here> *bold* `code` :tada: \u202eevil"


def hostile(company: Company) -> Company:
    """Everything that somebody may name, but the groups, which the example policies name too."""
    return replace(
        company,
        users=tuple(replace(user, given_name=f"{user.given_name} {HOSTILE}") for user in company.users),
        slack_users=tuple(replace(user, real_name=f"{user.real_name} {HOSTILE}") for user in company.slack_users),
        accounts=tuple(replace(account, name=f"{account.name} {HOSTILE}"[:50]) for account in company.accounts),
        units=tuple(replace(unit, name=f"{unit.name} {HOSTILE}"[:120]) for unit in company.units),
        permission_sets=tuple(replace(each, description=HOSTILE) for each in company.permission_sets),
    )


def said(play: Play) -> list[dict[str, Any]]:
    """Everything that was written or drawn in Slack, private answers included."""
    calls = [
        {name: call.structure(name) if name in {"blocks", "view"} else value for name, value in call.arguments.items()}
        for call in play.stage.slack.calls.all()
        if call.method.startswith(("chat.post", "chat.update", "views."))
    ]
    private = [message.message for who in ("ada", "bob", "erin", "frank") for message in play.person(who).reads()]
    return [*calls, *({"text": each.text, "blocks": each.blocks} for each in private)]


async def test_no_name_mentions_links_or_formats_anything_anywhere(make_play: MakePlay) -> None:
    play = await make_play(company=hostile(example_company()))
    line = f"/team request {STAGING_READ.account_id} ReadOnlyAccess 30m {HOSTILE}"
    numbers = []
    for _ in range(2):
        await play.person("ada").types(line)
        numbers.append(await play.send("ada", await play.person("ada").modal("Request access")))
        line = line.replace("30m", "45m")
    live, rejected = numbers
    await play.approve("carol", live)
    await play.card("carol", live, words="Active until")
    card = await play.card("bob", rejected)
    await card.press("Reject")
    modal = await play.person("bob").modal("Reject request")
    await modal.fill("Reason", HOSTILE)
    await modal.submit()
    await card.becomes("Rejected by")
    await card.press("Approve", as_seen=True)
    await play.command("bob", f"/team show {live}", "History")
    await play.command("erin", "/team audit", live)
    await play.command("bob", "/team approvals", "needs your approval")
    await play.command("ada", "/team whoami", "Identity Center user")
    await play.command("frank", "/team policy show payments-engineers", "Longest access")
    await play.command("bob", f"/team revoke {live} {HOSTILE}", "being ended")
    await play.told("ada", live, "ended early")
    await play.pass_time(timedelta(minutes=1))
    assert await play.bot.stop() == 0
    own = play.stage.slack.url.rstrip("/")
    everything = said(play)
    assert sum("evil" in json.dumps(each) for each in everything) > 20  # the names are in it, as they were given
    for each in everything:
        found = [text for text in foreign_markup(each) if not text.startswith((own, "http://127.0.0.1"))]
        assert found == [], json.dumps(each)[:2000]
