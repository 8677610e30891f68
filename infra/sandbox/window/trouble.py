"""Trouble on demand: each kind a switch, with what it does to the bot and how often it has hit."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.faults import Fault as AwsFault
from infra.sandbox.aws.faults import FaultKind
from infra.sandbox.event_receiver import LocalReceiver
from infra.sandbox.local_teams.faults import Fault as TeamsFault
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.slack.faults import Fault as SlackFault
from infra.sandbox.slack.server import LocalSlack

SLOW_SECONDS = 5
RETRY_AFTER = 5


@dataclass
class Switch(ABC):
    id: str
    name: str
    icon: str
    #: What somebody sees while it is on.
    about: str

    @property
    @abstractmethod
    def is_on(self) -> bool: ...

    @abstractmethod
    def turn(self, *, on: bool) -> None: ...

    @property
    @abstractmethod
    def hits(self) -> int:
        """Calls that met it since it was turned on."""


@dataclass
class AwsTrouble(Switch):
    aws: LocalAws
    kind: FaultKind
    seconds: float = 0
    #: None: every operation.
    operation: str | None = None
    _fault: AwsFault | None = None
    _since: int = 0

    @property
    def is_on(self) -> bool:
        return self._fault is not None and self._fault in self.aws.faults.all()

    def turn(self, *, on: bool) -> None:
        if on and not self.is_on:
            self._since = self._number()
            self._fault = self.aws.faults.add(self.kind, operation=self.operation, seconds=self.seconds)
        elif not on and self._fault is not None:
            if self.is_on:
                self.aws.faults.remove(self._fault.id)
            self._fault = None

    @property
    def hits(self) -> int:
        if not self.is_on:
            return 0
        return sum(record.number > self._since for record in self.aws.log.records(self.operation))

    def _number(self) -> int:
        last = self.aws.log.last(1)
        return last[0].number if last else 0


@dataclass
class SlackTrouble(Switch):
    slack: LocalSlack
    methods: tuple[str, ...]
    _faults: list[SlackFault] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        return any(not each.removed for each in self._faults)

    def turn(self, *, on: bool) -> None:
        if on and not self.is_on:
            self._faults = [self.slack.faults.add(each, status=429, retry_after=RETRY_AFTER) for each in self.methods]
        elif not on:
            for each in self._faults:
                each.remove()

    @property
    def hits(self) -> int:
        return sum(each.hits for each in self._faults if not each.removed)


@dataclass
class TeamsTrouble(Switch):
    teams: LocalTeams
    _fault: TeamsFault | None = None

    @property
    def is_on(self) -> bool:
        return self._fault is not None and self._fault in self.teams.faults.all()

    def turn(self, *, on: bool) -> None:
        if on and not self.is_on:
            self._fault = self.teams.faults.add("connector", drop="before")
        elif not on and self._fault is not None:
            self._fault.remove()
            self._fault = None

    @property
    def hits(self) -> int:
        return self._fault.hits if self._fault is not None and self.is_on else 0


@dataclass
class ReceiverTrouble(Switch):
    receiver: LocalReceiver
    _since: int = 0

    @property
    def is_on(self) -> bool:
        return self.receiver.is_away

    def turn(self, *, on: bool) -> None:
        if on and not self.is_on:
            self._since = self.receiver.turned_away
        self.receiver.is_away = on

    @property
    def hits(self) -> int:
        return self.receiver.turned_away - self._since if self.is_on else 0


class Troubles:
    def __init__(
        self,
        aws: LocalAws,
        slack: LocalSlack,
        teams: LocalTeams | None = None,
        receiver: LocalReceiver | None = None,
    ) -> None:
        self.all: list[Switch] = [
            AwsTrouble(
                "aws-slow", "AWS is slow", "snail",
                f"Every call to AWS takes {SLOW_SECONDS} seconds. Slack is answered within three all the same.",
                aws, FaultKind.LATENCY, SLOW_SECONDS,
            ),
            AwsTrouble(
                "aws-throttled", "AWS throttles", "gauge",
                "AWS answers every call with ThrottlingException. Access comes and goes late, never half.",
                aws, FaultKind.THROTTLED,
            ),
            AwsTrouble(
                "aws-down", "AWS is down", "cloud-off",
                "Nothing answers, and people are told so; whom the bot just looked up, it still knows for a minute.",
                aws, FaultKind.REFUSED,
            ),
            AwsTrouble(
                "aws-keeps", "AWS refuses to take away", "lock",
                "AWS denies every deletion of an assignment. Access outlives its end, and admins are told.",
                aws, FaultKind.ACCESS_DENIED, operation="DeleteAccountAssignment",
            ),
            SlackTrouble(
                "slack-limited", "Slack limits messages", "message-square-text",
                f"Every message is refused with 429, Retry-After {RETRY_AFTER} s. They wait, and come once it is over.",
                slack, ("chat.postMessage", "chat.update", "chat.postEphemeral"),
            ),
        ]  # fmt: skip
        if teams is not None:
            self.all.append(
                TeamsTrouble(
                    "teams-down", "Teams is down", "cloud-off",
                    "Nothing of Teams answers. Slack goes on; what was to be told there comes once it is over.",
                    teams,
                )
            )  # fmt: skip
        if receiver is not None:
            self.all.append(_away(receiver))

    def find(self, name: str) -> Switch | None:
        return next((each for each in self.all if each.id == name), None)

    def on(self) -> list[Switch]:
        return [each for each in self.all if each.is_on]


def _away(receiver: LocalReceiver) -> Switch:
    about = "The receiver of events answers 503. Nothing waits for it, and it gets everything later, in order."
    return ReceiverTrouble("webhook-down", "The webhook is away", "cloud-off", about, receiver)
