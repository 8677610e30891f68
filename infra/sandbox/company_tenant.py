"""The company's Teams: the people of its Slack under the same names, and channels called as they are there."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.sandbox.company import Company, SlackUser
from infra.sandbox.local_teams.ids import thread_id
from infra.sandbox.local_teams.model import ChannelType
from infra.sandbox.local_teams.tenant import OTHER_TENANT_ID, Tenant

PLATFORM = "teams:"
"""The prefix in policies before the id of a channel of Teams."""
HALL = "Example"
"""The team that everybody is in who works here."""
NOT_REACHED = frozenset({"wendy"})
"""They have not installed the app, and are in no team that has it."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A channel: in which team, called as in Slack, and of which kind."""

    team: str
    name: str
    kind: ChannelType = "standard"


_CHANNELS = (
    _Placed("Payments", "payments-approvals"),
    _Placed("Data", "data-approvals"),
    _Placed("Security", "security-approvals", "private"),
    _Placed("Access", "team-audit", "private"),
    _Placed(HALL, "partners", "shared"),
    _Placed("Social", "random"),
)


def teams_channel(name: str) -> str:
    """A channel of the company's Teams, as policies and variables write it."""
    placed = next(each for each in _CHANNELS if each.name == name)
    return PLATFORM + thread_id(f"{placed.team}/{placed.name}")


def policies_of_both(slack_alone: str, company: Company) -> str:
    """Policies as code in which each channel of Slack has the one of Teams with the same name beside it."""
    in_both = {each.name for each in _CHANNELS}
    for channel in company.channels:
        if channel.name in in_both:
            slack_alone = slack_alone.replace(channel.id, f"{channel.id}, '{teams_channel(channel.name)}'")
    return slack_alone


def tenant_of(company: Company, clock: Callable[[], float] = time.time) -> Tenant:
    """The company's tenant with the bot installed for everybody whom it reaches."""
    tenant = Tenant(clock=clock)
    for user in company.slack_users:
        if not user.bot:
            _add_person(tenant, user)
    staff = [each.name for each in tenant.people if each.tenant_id == tenant.tenant_id and not each.left]
    tenant.add_team(HALL, [each for each in staff if each not in NOT_REACHED])
    names = {user.id: user.name for user in company.slack_users}
    for placed in _CHANNELS:
        channel = company.channel(placed.name)
        _add_channel(tenant, placed, [names[each] for each in channel.members], has_bot=channel.has_bot)
    return tenant


def _add_channel(tenant: Tenant, placed: _Placed, members: Iterable[str], *, has_bot: bool) -> None:
    people = [each for each in members if each in {known.name for known in tenant.people}]
    found = next((team for team in tenant.teams.values() if team.name == placed.team), None)
    team = found or tenant.add_team(placed.team, people, has_bot=has_bot)
    own = None if placed.kind == "standard" else people
    tenant.add_channel(team, placed.name, channel_type=placed.kind, members=own)


def _add_person(tenant: Tenant, user: SlackUser) -> None:
    is_guest = user.guest or user.single_channel_guest
    address = f"{user.name}@example.com"
    outside = (user.email or "").replace("@", "_")
    tenant.add_person(
        user.name,
        user.real_name,
        user.email,
        tenant_id=OTHER_TENANT_ID if user.stranger else tenant.tenant_id,
        user_principal_name=f"{outside}#EXT#@example.onmicrosoft.com" if is_guest else _principal_name(user, address),
        role="guest" if is_guest else "user",
        time_zone=user.time_zone,
        installed=not (user.stranger or user.deleted or user.name in NOT_REACHED),
        left=user.deleted,
    )


def _principal_name(user: SlackUser, address: str) -> str:
    """Of a second account another one than the person's own; else the e-mail address."""
    return address if "." in user.name else user.email or address
