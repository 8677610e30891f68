"""A local Teams that a bot cannot tell from the real one where it matters.

`Tenant` holds the state, `LocalTeams` serves it over HTTP, `TeamsPerson` acts in it with eyes and hands.
"""

from infra.sandbox.changes import Change, NotSeenError
from infra.sandbox.local_teams.activity_sender import Delivery
from infra.sandbox.local_teams.calls import ConnectorCall
from infra.sandbox.local_teams.faults import Fault
from infra.sandbox.local_teams.keys import SigningKey, SigningKeys, new_key
from infra.sandbox.local_teams.model import Conversation, Message, Team, TeamsApp, TeamsUser
from infra.sandbox.local_teams.person import Answer, Dialog, SeenMessage, TeamsPerson
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.local_teams.tenant import APP_ID, OTHER_TENANT_ID, TENANT_ID, Tenant

__all__ = [
    "APP_ID",
    "OTHER_TENANT_ID",
    "TENANT_ID",
    "Answer",
    "Change",
    "ConnectorCall",
    "Conversation",
    "Delivery",
    "Dialog",
    "Fault",
    "LocalTeams",
    "Message",
    "NotSeenError",
    "SeenMessage",
    "SigningKey",
    "SigningKeys",
    "Team",
    "TeamsApp",
    "TeamsPerson",
    "TeamsUser",
    "Tenant",
    "new_key",
]
