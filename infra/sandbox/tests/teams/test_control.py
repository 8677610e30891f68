"""The controls over HTTP: what another process tells the local Teams to do."""

import aiohttp

from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.tests.teams.connector_client import ConnectorClient, Json
from infra.sandbox.tests.teams.sample_bot import SampleBot


async def control(teams: LocalTeams, method: str, path: str, body: Json | None = None) -> tuple[int, object]:
    async with aiohttp.ClientSession() as session:
        url = f"{teams.url}/_control/{path}"
        async with session.request(method, url, json=body) as answer:
            return answer.status, await answer.json()


async def test_faults_are_added_listed_and_removed(teams: LocalTeams, client: ConnectorClient) -> None:
    _, added = await control(teams, "POST", "faults", {"operation": "token", "status": 503})
    assert isinstance(added, dict)
    assert (await client.log_in())[0] == 503
    assert await control(teams, "GET", "faults") == (200, [added | {"hits": 1}])
    assert await control(teams, "DELETE", f"faults/{added['id']}") == (200, [])
    assert (await client.log_in())[0] == 200
    assert (await control(teams, "DELETE", "faults/99"))[0] == 404
    assert (await control(teams, "POST", "faults", {"operation": "nonsense"}))[0] == 400


async def test_keys_addresses_and_installations_change_on_demand(teams: LocalTeams, bot: SampleBot) -> None:
    before = teams.keys.current.id
    assert await control(teams, "POST", "keys/rotate", {"withdraw": True}) == (200, {"kid": teams.keys.current.id})
    assert teams.keys.current.id != before
    await control(teams, "POST", "people/carol/install")
    assert teams.tenant.person("carol").installed
    await control(teams, "POST", "people/carol/uninstall")
    assert not teams.tenant.person("carol").installed
    await control(teams, "POST", "teams/Platform/archive", {"by": "ada"})
    assert bot.heard[-1]["channelData"]["eventType"] == "teamArchived"
    await control(teams, "POST", "teams/Platform/remove-bot", {"by": "ada"})
    assert bot.heard[-1]["action"] == "remove"
    assert bot.heard[-2]["membersRemoved"] == [{"id": teams.tenant.app.bot_id, "name": "TEAM Bot"}]
    await control(teams, "POST", "move", {"region": "amer"})
    await teams.person("ada").types("hello")
    assert bot.heard[-1]["serviceUrl"] == f"{teams.url}/amer/"
    assert (await control(teams, "POST", "people/nobody/install"))[0] == 404


async def test_what_happens_to_a_team_is_told_where_the_bot_is(teams: LocalTeams, bot: SampleBot) -> None:
    tenant, changes = teams.tenant, teams.team_changes
    team, ada, carol = tenant.team("Platform"), tenant.person("ada"), tenant.person("carol")
    await changes.add_member(team, carol)
    await changes.remove_member(team, carol)
    await changes.rename(team, ada, "Platforms")
    await changes.rename_channel(tenant.channel("approvals"), ada, "reviews")
    await changes.delete_channel(tenant.channel("reviews"), ada)
    assert await changes.archive(tenant.team("Elsewhere"), ada) is None
    assert [each["channelData"]["eventType"] for each in bot.heard] == [
        "teamMemberAdded",
        "teamMemberRemoved",
        "teamRenamed",
        "channelRenamed",
        "channelDeleted",
    ]
    await changes.add_bot(tenant.team("Elsewhere"), carol)
    assert bot.heard[-1]["channelData"]["team"]["name"] == "Elsewhere"
