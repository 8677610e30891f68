"""A directory of 40,000 people in 500 groups: the calls to AWS that keep it known, each minute of an hour.

In this process, on a clock that is moved from tick to tick: what counts is how often the bot asks.
"""

import os
from datetime import timedelta
from unittest import mock

from bot.ticks import PEOPLE_LISTED_EVERY
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.session import AwsSession
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import large_company
from tests.bench.rows import Results, most
from tests.fakes.clock import FakeClock

USERS, GROUPS = 40_000, 500
WATCHED = timedelta(minutes=15)
MOST_A_MINUTE = 120
"""A tenth of what AWS allows to the whole organization."""


async def measure(results: Results) -> None:
    company, clock = large_company(30, permission_sets=5, users=USERS, groups=GROUPS), FakeClock()
    async with LocalAws(company) as aws:
        with mock.patch.dict(os.environ, aws.environment()):
            session = AwsSession(budgets=CallBudgets(identity_store=5000, sts=1000))
            try:
                directory = IdentityStoreDirectory(session, clock)
                for _ in range(WATCHED // timedelta(seconds=PEOPLE_LISTED_EVERY)):
                    await directory.refresh()
                    clock.move(timedelta(seconds=PEOPLE_LISTED_EVERY))
            finally:
                await session.close()
        asked = len(aws.calls(service="identitystore"))
    each_minute = asked / (WATCHED / timedelta(minutes=1))
    name = f"calls a minute to know {USERS:,} people in {GROUPS} groups"
    results.add(name, [each_minute], unit="", bound=most(MOST_A_MINUTE))
