"""The services of the window: the parts of a running sandbox that the window uses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import POLICIES_FILE, Company
from infra.sandbox.event_receiver import LocalReceiver
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.slack.server import LocalSlack

#: When the next thing happens by itself, if anything does.
NextEvent = Callable[[], Awaitable[datetime | None]]


class Clock(Protocol):
    """The clock that Slack and the bot go by. It only goes forward."""

    def now(self) -> datetime:
        """Aware, in UTC."""

    @property
    def ahead(self) -> timedelta:
        """Of the machine's own."""

    def move(self, by: timedelta) -> None:
        """Go ahead."""


class BotSwitch(Protocol):
    """The bot as its supervisor sees it. A bot that was killed here stays down until it is started here."""

    @property
    def is_running(self) -> bool:
        """It answers."""

    @property
    def is_starting(self) -> bool:
        """It does not answer yet, and nobody has to start it."""

    async def kill(self) -> object:
        """As a crash would."""

    async def start(self) -> object:
        """Returns when it is ready; raises when it does not become so."""


#: Reads an example export of AWS TEAM on the command line, and applies its policies if told to; what was said.
TeamImport = Callable[[bool], Awaitable[str]]


@dataclass
class DemoState:
    """The sandbox's own activity right now, for anyone who looks on."""

    #: It plays a request through.
    is_on: bool = False
    #: It prepares itself, and trouble now would end it.
    is_preparing: bool = False
    #: What was played before anybody came, in a sentence; empty when nothing was, or once it is known.
    played: str = ""


@dataclass(frozen=True)
class WindowServices:
    company: Company
    slack: LocalSlack
    aws: LocalAws
    clock: Clock
    #: None: nothing to kill, and the page does not offer it.
    bot: BotSwitch | None = None
    #: None: nobody knows, and the page does not offer to go there.
    next_event: NextEvent | None = None
    #: None: there is no bot whose command line could read one.
    team_import: TeamImport | None = None
    #: Who may do what, for the list of people one can be.
    policies: Path = POLICIES_FILE
    demo: DemoState = field(default_factory=DemoState)
    #: None: the page shows Slack alone.
    teams: LocalTeams | None = None
    #: None: the bot sends its events nowhere.
    receiver: LocalReceiver | None = None
