"""The company with twenty who may approve for payments."""

from dataclasses import replace

from infra.sandbox.company import Channel, Company, Group, IdentityUser, SlackUser, example_company
from tests.e2e.play import PAYMENTS

LEADS = 20


def many_leads() -> Company:
    """The company with as many who may approve for payments."""
    company = example_company()
    names = [f"lead{number:02}" for number in range(LEADS)]
    users = tuple(IdentityUser(f"{n}@example.com", "Lead", n, f"{n}@example.com") for n in names)
    slack = tuple(SlackUser(f"U0{n.upper()}", n, f"Lead {n}", f"{n}@example.com") for n in names)
    group = Group("Payments Leads", tuple(user.user_name for user in users))
    channel = Channel("C0PAYMENTS", PAYMENTS, tuple(user.id for user in slack))
    return replace(
        company,
        users=company.users + users,
        slack_users=company.slack_users + slack,
        groups=tuple(group if each.name == group.name else each for each in company.groups),
        channels=tuple(channel if each.id == channel.id else each for each in company.channels),
    )
