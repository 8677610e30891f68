"""The variables of Slack and Microsoft Teams, and which of them are missing."""

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import variables as v
from core.domain import platforms

NO_BOT_TOKEN = "SLACK_BOT_TOKEN is missing: set it to the app's bot token (OAuth & Permissions, xoxb-…)"  # noqa: S105 - says that there is none
NO_WAY_IN = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing: set the app-level token (xapp-…) to use Socket Mode, "
    "or the signing secret (Basic Information) to serve HTTP"
)
NO_CHAT = (
    "No chat platform is set up: set the variables of Slack above, or those of Microsoft Teams (TEAMBOT_TEAMS_APP_ID, "
    "TEAMBOT_TEAMS_TENANT_ID and a credential), or both"
)
UNLOCKING = "DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS"
"""The variable that turns off every check in Microsoft's own libraries. Anyone who sets it expects the same here."""
UNLOCKED = f"{UNLOCKING} is set, and calls that show no genuine token are never taken here: unset it"

SLACK = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
TEAMS = "TEAMBOT_TEAMS_"
CREDENTIALS = ("TEAMBOT_TEAMS_CLIENT_SECRET", "TEAMBOT_TEAMS_CERTIFICATE", "TEAMBOT_TEAMS_AWS_AUDIENCE")
_TEAMS_NEEDS = {
    "TEAMBOT_TEAMS_APP_ID": "set it to the application (client) id of the app registration in Entra",
    "TEAMBOT_TEAMS_TENANT_ID": "set it to the directory (tenant) id of your organization",
}


def variable(name: str, description: str, default: Any = "", *also: str) -> Any:
    """A variable of the environment; ``also`` are other names it goes by."""
    alias = AliasChoices(name, *also) if also else name
    return Field(default, validation_alias=alias, description=description, validate_default=False)


class ChatSettings(BaseSettings):
    """Addresses of the chat platforms, and the credentials of the bot there."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        case_sensitive=True,
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        hide_input_in_errors=True,
    )

    slack_bot_token: v.BotToken | None = variable(
        "SLACK_BOT_TOKEN",
        "Bot token (`xoxb-…`). Needed to serve, and by `policy apply` and `policy check`.",
        None,
    )
    slack_app_token: v.AppToken | None = variable(
        "SLACK_APP_TOKEN",
        "App-level token (`xapp-…`) with `connections:write`. With it Slack is reached by Socket Mode.",
        None,
    )
    slack_signing_secret: v.SigningSecret | None = variable(
        "SLACK_SIGNING_SECRET",
        "Signing secret of Slack's calls; two with a comma between during a rotation. Needed to serve over HTTP, "
        "without Socket Mode.",
        None,
    )
    slack_api_url: v.SlackApiUrl = variable(
        "SLACK_API_URL",
        "Base of the Slack Web API: https, unless it is on this machine. For a proxy or a stand-in.",
        "https://slack.com/api/",
    )
    slack_email: v.SlackEmail = variable(
        "TEAMBOT_SLACK_EMAIL",
        "`confirmed`: only a confirmed e-mail address in the Slack profile counts. `directory`: your identity provider "
        "manages the addresses, and Slack need not have confirmed them.",
        "confirmed",
    )
    teams_app_id: v.EntraId = variable(
        "TEAMBOT_TEAMS_APP_ID",
        "Microsoft Teams: application (client) id of the bot. With it Teams is served, beside Slack or alone.",
    )
    teams_tenant_id: v.EntraId = variable(
        "TEAMBOT_TEAMS_TENANT_ID", "Directory (tenant) id of the organization; people of other tenants are refused."
    )
    teams_client_secret: v.ClientSecret | None = variable(
        "TEAMBOT_TEAMS_CLIENT_SECRET", "The app's client secret: its value, not its id. One credential is needed.", None
    )
    teams_certificate: v.Certificate | None = variable(
        "TEAMBOT_TEAMS_CERTIFICATE",
        "The same as a certificate: a file with it and its private key (PEM).",
        None,
    )
    teams_aws_audience: v.Audience = variable(
        "TEAMBOT_TEAMS_AWS_AUDIENCE",
        "The same without any secret: audience of a token that AWS STS signs for this process, as the app's federated "
        "credential in Entra names it.",
    )
    teams_identity: v.TeamsIdentity = variable(
        "TEAMBOT_TEAMS_IDENTITY",
        "Link from a Teams account to the user in Identity Center: `email` (user principal name and address, "
        "which must agree) or `external-id` (the object id in Entra, as provisioned by SCIM).",
        "email",
    )
    teams_cloud: v.TeamsCloud = variable(
        "TEAMBOT_TEAMS_CLOUD", "Microsoft's cloud: `public`, `usgov`, `usgov-dod` or `china`.", "public"
    )
    teams_login_url: v.LocalUrl = variable(
        "TEAMBOT_TEAMS_LOGIN_URL", "For a stand-in on this machine alone: address for tokens."
    )
    teams_keys_url: v.LocalUrl = variable(
        "TEAMBOT_TEAMS_KEYS_URL", "Likewise: the OpenID metadata that lead to the keys of Teams."
    )
    teams_service_url: v.LocalUrl = variable(
        "TEAMBOT_TEAMS_SERVICE_URL", "Likewise: the service URL of Teams' conversations."
    )

    @property
    def given_of_teams(self) -> dict[str, str]:
        """The Teams settings that are given, by variable, without the values of secrets."""
        held = {
            "TEAMBOT_TEAMS_APP_ID": self.teams_app_id,
            "TEAMBOT_TEAMS_TENANT_ID": self.teams_tenant_id,
            "TEAMBOT_TEAMS_CLIENT_SECRET": self.teams_client_secret,
            "TEAMBOT_TEAMS_CERTIFICATE": self.teams_certificate,
            "TEAMBOT_TEAMS_AWS_AUDIENCE": self.teams_aws_audience,
        }
        return {name: "set" for name, value in held.items() if value}

    @property
    def serves_slack(self) -> bool:
        return self.slack_bot_token is not None

    @property
    def serves_teams(self) -> bool:
        return bool(self.teams_app_id)

    @property
    def platforms(self) -> frozenset[str]:
        """The platforms by name; Slack where none is set up, so that what needs one says what is missing."""
        slack = {platforms.SLACK} if self.serves_slack or not self.serves_teams else set()
        return frozenset(slack | ({platforms.TEAMS} if self.serves_teams else set()))


def missing_of_slack(given: Mapping[str, str], *, serves: bool) -> list[str]:
    """A line for each variable that Slack lacks; none where Teams alone is to be served. ``serves``: a way in too."""
    if wants_teams(given) and not any(name in given for name in SLACK):
        return []
    missing = [] if "SLACK_BOT_TOKEN" in given else [NO_BOT_TOKEN]
    if serves and not {"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"} & given.keys():
        missing.append(NO_WAY_IN)
    return missing if wants_teams(given) or any(name in given for name in SLACK) else [*missing, NO_CHAT]


def missing_of_teams(given: Mapping[str, str]) -> list[str]:
    """A line for each variable that Teams lacks, once one of its own is set; and for a credential too many."""
    if not wants_teams(given):
        return []
    missing = [f"{name} is missing: {what}" for name, what in _TEAMS_NEEDS.items() if name not in given]
    credentials = [name for name in CREDENTIALS if name in given]
    if not credentials:
        missing.append(f"{', '.join(CREDENTIALS[:-1])} or {CREDENTIALS[-1]} is missing: set one of them")
    if len(credentials) > 1:
        missing.append(f"{', '.join(credentials)} are set: the app shows one credential; unset the others")
    return missing


def wants_teams(given: Mapping[str, str]) -> bool:
    return any(name.startswith(TEAMS) for name in given)
