"""The running bot looks at its own set-up as the doctor does, so that admins see it on their Home."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.compose import Chat, Infrastructure
from bot.doctor.absent import absent_audit_lines
from bot.doctor.audit_channels import audit_channel_lines
from bot.doctor.aws import access_lines, activity_line, reach_of
from bot.doctor.line import DoctorLine
from bot.doctor.reach import reach_line
from bot.doctor.slack import token_lines
from bot.doctor.stored import archive_lines
from bot.settings import ProcessSettings
from core.domain.setup import SetupFinding
from core.ports import ChatPlatforms

if TYPE_CHECKING:
    from bot.teams_app import TeamsChat


class SetupCheck:
    """The ``SelfCheck`` of core. What standing warnings say anyway is left to them.

    So it is with groups, channels of policies, clocks and the trail.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        base: Infrastructure,
        chat: Chat,
        platforms: ChatPlatforms,
        teams: "TeamsChat | None" = None,
    ) -> None:
        """``teams``: None where it is not configured."""
        self._settings, self._base, self._chat, self._platforms = settings, base, chat, platforms
        self._teams_chat = teams

    async def findings(self) -> Sequence[SetupFinding]:
        lines = [
            *await self._slack(),
            *await access_lines(self._base.aws, await reach_of(self._base)),
            await activity_line(self._base),
            *[line async for line in archive_lines(self._settings, self._base)],
            *absent_audit_lines(self._settings),
            *[line async for line in audit_channel_lines(self._settings.audit_channels, self._platforms)],
            *await self._teams(),
        ]
        wrong = [line for line in lines if line.state in ("fail", "warn")]
        return [SetupFinding(line.what, line.detail, fails=not line.ok) for line in wrong]

    async def _teams(self) -> list[DoctorLine]:
        if self._teams_chat is None:
            return []
        from bot.doctor.teams import known_lines  # noqa: PLC0415 - nothing of Teams is imported without its variables

        book = await self._base.rules.policies.current()
        known = await known_lines(self._teams_chat, self._settings)
        return [*known, await reach_line(self._base, self._platforms, book)]

    async def _slack(self) -> list[DoctorLine]:
        if not self._settings.serves_slack:
            return []
        return [line async for line in token_lines(self._chat.client, insists=False)]
