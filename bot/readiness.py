"""Readiness: whether people's commands may be sent to this process, and if not, why."""

from collections.abc import Callable, Mapping

from bot.slack_socket import SlackSocket
from bot.ticker import Ticker
from core.adapters.storage.engine import Database
from core.domain.errors import Upstream
from core.services.context.instance_binding import InstanceBinding

ESSENTIAL = frozenset({"ends", "starts", "assignments", "expiries", "outbox", "inbox"})


class Readiness:
    """Ready: the database answers and belongs to the instance of Identity Center that the bot is set up against.

    The process may work (its clock is right), the scheduler's rounds come to their end, and Slack is connected in
    Socket Mode. Rounds that wait for AWS or Slack may take as long as these do: then all replicas would be unready at
    once, and nobody would be told anything. How long they take is in the metrics.
    """

    def __init__(
        self,
        database: Database,
        belonging: InstanceBinding,
        ticker: Ticker,
        slack: SlackSocket | None = None,
        *,
        admit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._belonging = belonging
        self._ticker = ticker
        self._slack = slack
        self._admit = admit
        self.is_leaving = False
        """The process has been told to stop."""

    async def __call__(self) -> Mapping[str, str]:
        """The checks that fail, by name, and why."""
        checks = {
            "identity center instance": str(self._belonging.refused or ""),
            "clock": self._clock(),
            "database": await self._answer(),
            "scheduler": self._rounds(),
            "slack": self._connection(),
        }
        return {name: because for name, because in checks.items() if because}

    async def _answer(self) -> str:
        try:
            await self._database.ping()
        except Upstream:
            return "the database does not answer"
        return ""

    def _clock(self) -> str:
        try:
            self._admit()
        except Upstream as wrong:
            return str(wrong)
        return ""

    def _rounds(self) -> str:
        passed = self._ticker.last_success("ends") is not None
        stalled = sorted(set(self._ticker.stalled()) & ESSENTIAL)
        if passed and not stalled:
            return ""
        which = f" ({', '.join(stalled)})" if stalled else ""
        return f"its ticks do not finish{which}: its log says why"

    def _connection(self) -> str:
        if self._slack is None or self._slack.is_well:
            return ""
        return "it has no connection to Slack (Socket Mode): its log says why"
