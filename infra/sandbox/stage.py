"""The local Slack, Teams and AWS of one company, and the environment in which a bot takes them for real."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from infra.aws import of_roles
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import Company, SlackUser
from infra.sandbox.company_tenant import tenant_of
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.slack.model import App, ChannelKind, Shortcut
from infra.sandbox.slack.server import LocalSlack
from infra.sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-local-sandbox"
APP_TOKEN = "xapp-local-sandbox"
SIGNING_SECRET = "local-sandbox-signing-secret"
SCOPES = frozenset(
    {
        *("commands", "chat:write", "im:write", "files:write"),
        *("users:read", "users:read.email", "channels:read", "channels:join", "groups:read"),
    }
)

SHORTCUTS = frozenset(
    {
        Shortcut("shortcut.request", "Request access"),
        Shortcut("shortcut.mine", "My access"),
        Shortcut("shortcut.about", "Request access", for_messages=True),
    }
)


class Stage:
    """``async with Stage(company) as stage`` serves them until it is left."""

    def __init__(
        self,
        company: Company,
        *,
        clock: Callable[[], float] = time.time,
        socket_mode: bool = False,
        with_slack: bool = True,
        with_teams: bool = False,
        slack_port: int = 0,
        aws_port: int = 0,
    ) -> None:
        self.company = company
        self.aws = LocalAws(company, port=aws_port, clock=clock, policies=of_roles())
        self.aws.conduct.caller_account_id = company.delegated_admin_account_id
        self.socket_mode = socket_mode
        self.slack = LocalSlack(workspace_of(company, clock, socket_mode=socket_mode), port=slack_port)
        self.with_slack = with_slack
        self.with_teams = with_teams
        self.teams = LocalTeams(tenant_of(company, clock))

    async def __aenter__(self) -> Self:
        await self.aws.__aenter__()
        await self.slack.__aenter__()
        await self.teams.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.teams.__aexit__(kind, error, traceback)
        await self.slack.__aexit__(kind, error, traceback)
        await self.aws.__aexit__(kind, error, traceback)

    def environment(self) -> dict[str, str]:
        """The environment of a bot: AWS, the chats that it is to use, and the groups of its first start.

        In AWS it has the roles of ``infra/aws`` and no other rights.
        """
        slack = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": self.slack.api_url}
        way = {"SLACK_APP_TOKEN": APP_TOKEN} if self.socket_mode else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
        slack = {**slack, **way} if self.with_slack else {}
        groups = {"TEAMBOT_ADMIN_GROUP": "team-admins", "TEAMBOT_AUDITOR_GROUP": "team-auditors"}
        teams = self.teams.environment() if self.with_teams else {}
        return {**slack, **teams, **groups, **self.aws.environment(), **self.aws.role_environment()}


def workspace_of(company: Company, clock: Callable[[], float] = time.time, *, socket_mode: bool = False) -> Workspace:
    """The company's Slack workspace with the bot installed."""
    workspace = Workspace(company.team_id, company.team_name, "example", clock=clock)
    for user in company.slack_users:
        _add_user(workspace, user)
    app = workspace.install_app(
        App(
            app_id="A0TEAMBOT",
            bot_user_id="U0TEAMBOT",
            name="TEAM Bot",
            handle="teambot",
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            scopes=SCOPES,
            commands=frozenset({"/team"}),
            escapes_commands=True,
            shortcuts=SHORTCUTS,
            events=frozenset({"app_home_opened", "user_change"}),
            socket_mode=socket_mode,
        )
    )
    for channel in company.channels:
        kind: ChannelKind = "private" if channel.private else "public"
        members: list[App | str] = [*channel.members, *([app] if channel.has_bot else [])]
        workspace.add_channel(channel.name, members, channel_id=channel.id, kind=kind, is_ext_shared=channel.shared)
    return workspace


def _add_user(workspace: Workspace, user: SlackUser) -> None:
    workspace.add_user(
        user.name,
        user.real_name,
        user.email,
        user_id=user.id,
        tz=user.time_zone,
        team_id=user.team_id,
        is_email_confirmed=user.email_confirmed,
        is_bot=user.bot,
        is_restricted=user.guest or user.single_channel_guest,
        is_ultra_restricted=user.single_channel_guest,
        is_stranger=user.stranger,
        deleted=user.deleted,
        clock_24h=True,
    )
