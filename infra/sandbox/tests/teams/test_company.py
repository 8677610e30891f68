"""The company's Teams has the people and channels of its Slack."""

import pytest
import yaml

from infra.sandbox.company import POLICIES_FILE, Company, example_company
from infra.sandbox.company_tenant import policies_of_both, teams_channel, tenant_of
from infra.sandbox.local_teams import Tenant
from infra.sandbox.stage import Stage


@pytest.fixture
def company() -> Company:
    return example_company()


@pytest.fixture
def tenant(company: Company) -> Tenant:
    return tenant_of(company)


def test_everybody_of_slack_is_in_teams_under_the_same_name_and_address(company: Company, tenant: Tenant) -> None:
    people = {each.name: each for each in tenant.people}
    assert set(people) == {each.name for each in company.slack_users if not each.bot}
    for user in company.slack_users:
        if not user.bot:
            assert (people[user.name].email, people[user.name].time_zone) == (user.email, user.time_zone)
            assert people[user.name].left == user.deleted
            assert (people[user.name].tenant_id == tenant.tenant_id) != user.stranger
    assert {each.name for each in tenant.people if each.role == "guest"} == {"ivan", "trent"}


def test_the_app_reaches_everybody_who_works_here_but_who_never_got_it(tenant: Tenant) -> None:
    assert [each.name for each in tenant.people if not tenant.reaches(each)] == ["rupert", "sybil", "wendy"]


def test_channels_are_of_every_kind_and_the_bot_is_where_it_is_in_slack(company: Company, tenant: Tenant) -> None:
    kinds = {}
    for channel in company.channels[1:]:
        found = tenant.channel(channel.name)
        assert found.team is not None
        assert found.team.has_bot == channel.has_bot
        assert teams_channel(channel.name) == f"teams:{found.id}"
        kinds[channel.name] = found.channel_type
    assert {"standard", "shared", "private"} == set(kinds.values())


def test_policies_of_both_name_each_channel_twice(company: Company, tenant: Tenant) -> None:
    both = yaml.safe_load(policies_of_both(POLICIES_FILE.read_text(encoding="utf-8"), company))
    payments = both["approval"][0]["channels"]
    assert payments == ["C0PAYMENTS", f"teams:{tenant.channel('payments-approvals').id}"]


async def test_a_bot_is_told_of_teams_only_where_it_is_to_use_it(company: Company) -> None:
    async with Stage(company) as without, Stage(company, with_teams=True) as having:
        assert not [name for name in without.environment() if name.startswith("TEAMBOT_TEAMS_")]
        told = having.environment()
    assert told["TEAMBOT_TEAMS_APP_ID"] == having.teams.tenant.app.app_id
    assert told["TEAMBOT_TEAMS_SERVICE_URL"] == having.teams.service_url
