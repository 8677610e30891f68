"""A local Slack that an app cannot tell from the real one where it matters.

`Workspace` holds the state, `LocalSlack` serves it over HTTP and WebSockets, `Person` acts in it with eyes and hands.
"""

from infra.sandbox.changes import Change, NotSeenError
from infra.sandbox.slack.calls import ApiCall
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.faults import Fault
from infra.sandbox.slack.model import App, Channel, Enterprise, Message, User, UserGroup, View
from infra.sandbox.slack.person import Answer, Home, Modal, Person, SeenMessage
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.slack.server import LocalSlack
from infra.sandbox.slack.workspace import Workspace

__all__ = [
    "Answer",
    "ApiCall",
    "App",
    "Change",
    "Channel",
    "Delivery",
    "Enterprise",
    "Fault",
    "Home",
    "LocalSlack",
    "Message",
    "Modal",
    "NotSeenError",
    "Person",
    "SeenMessage",
    "TextRenderer",
    "User",
    "UserGroup",
    "View",
    "Workspace",
]
