"""The things a Teams tenant is made of. They hold state; what may be done to them is decided elsewhere."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ConversationKind = Literal["personal", "channel"]
ChannelType = Literal["standard", "shared", "private"]
UserRole = Literal["user", "guest", "anonymous"]

CARD = "application/vnd.microsoft.card.adaptive"
FILE_CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"


@dataclass
class TeamsUser:
    #: How tests and the page call this person: `ada`.
    name: str
    real_name: str
    #: `29:…`: this person's id for one bot.
    mri: str
    #: The object id in Entra; empty for somebody anonymous.
    aad_object_id: str
    tenant_id: str
    user_principal_name: str
    email: str | None = None
    role: UserRole = "user"
    time_zone: str = "Etc/UTC"
    #: The app is installed for this person.
    installed: bool = True
    #: The person blocked the app.
    blocked: bool = False
    #: No longer in the directory.
    left: bool = False

    def is_called(self, member_id: str) -> bool:
        """By any of the ids that a look-up of a member takes."""
        known = (self.mri, self.aad_object_id, self.user_principal_name.casefold())
        return bool(member_id) and (member_id in known or member_id.casefold() == known[-1])


@dataclass
class Team:
    #: The id of its General channel too.
    id: str
    name: str
    aad_group_id: str
    members: list[TeamsUser] = field(default_factory=list)
    #: The app is installed in this team.
    has_bot: bool = True
    archived: bool = False
    deleted: bool = False


@dataclass
class Conversation:
    id: str
    kind: ConversationKind
    #: None for the General channel of a team.
    name: str | None = None
    team: Team | None = None
    channel_type: ChannelType = "standard"
    #: Everybody who can read it.
    members: list[TeamsUser] = field(default_factory=list)
    #: Of a shared or private channel: the app was added to it, too.
    has_bot: bool = True
    #: Where calls about it go: a part of the service URL, which Microsoft may change.
    region: str = "emea"
    deleted: bool = False

    @property
    def label(self) -> str:
        """Its name; empty for a 1:1 chat."""
        return "" if self.kind == "personal" else self.name or "General"


@dataclass
class Message:
    conversation_id: str
    id: str
    #: The MRI of a person, or the id of the bot.
    sender: str
    text: str = ""
    text_format: str = "markdown"
    attachments: list[Json] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)
    summary: str = ""
    channel_data: Json = field(default_factory=dict)
    #: The message whose thread this is a line of.
    root_id: str | None = None
    #: The MRI of the only person who sees it.
    targeted_to: str | None = None
    at: float = 0.0
    #: Counts the edits: what a client was shown of an older one is gone.
    version: int = 0
    deleted: bool = False
    #: Cards that replaced this one for one client alone, by MRI.
    views: dict[str, "CardView"] = field(default_factory=dict)

    def seen_by(self, mri: str) -> list[Json]:
        """The attachments as one person's client shows them."""
        view = self.views.get(mri)
        if view is None or view.version != self.version:
            return self.attachments
        return [{"contentType": CARD, "content": view.card}]


@dataclass(frozen=True)
class CardView:
    card: Json
    #: The version of the message that it replaced.
    version: int
    at: float


@dataclass
class TeamsApp:
    """The bot as it is registered: who it is, what proves it, where it listens."""

    app_id: str
    name: str = "TEAM Bot"
    client_secret: str = "local-client-secret"
    #: PEM of the certificate that its assertions may be signed with.
    certificate: str = ""
    #: PEM of the public key of another issuer whose tokens stand for this app: a federated credential.
    federated_key: str = ""
    federated_issuer: str = ""
    federated_subject: str = ""
    federated_audience: str = "api://AzureADTokenExchange"
    messaging_endpoint: str = ""
    #: `bots[].supportsTargetedMessages` of the manifest.
    targeted_messages: bool = True
    #: `bots[].supportsFiles` of the manifest.
    files: bool = True
    #: The action commands of the compose box, by title.
    compose_commands: dict[str, str] = field(default_factory=lambda: {"Request access": "request"})
    #: Those in the menu of a message, by title.
    message_commands: dict[str, str] = field(default_factory=lambda: {"Request access": "about"})
    disabled_by_admin: bool = False

    @property
    def bot_id(self) -> str:
        return f"28:{self.app_id}"


@dataclass
class StoredFile:
    """A file in somebody's OneDrive, or the place kept for one."""

    name: str
    owner: TeamsUser
    secret: str
    unique_id: str
    size: int
    content: bytes | None = None
