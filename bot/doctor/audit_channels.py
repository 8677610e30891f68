"""The audit channels as the running bot sees them: a line that cannot be posted is given up, and admins must know."""

from collections.abc import AsyncIterator, Iterable

from bot.doctor.line import DoctorLine
from core.domain.errors import Upstream
from core.domain.ids import ConversationId
from core.ports import ChatPlatforms
from handlers.words.policy_words import OBSTACLES


async def audit_channel_lines(
    channels: Iterable[ConversationId], platforms: ChatPlatforms
) -> AsyncIterator[DoctorLine]:
    """Those in which nothing can be posted. Nothing is said of one that cannot be asked about now."""
    for channel in channels:
        try:
            obstacle = (await platforms.at(channel).directory.conversation(channel)).obstacle
        except Upstream:
            continue
        if obstacle is not None:
            detail = f"{OBSTACLES[obstacle]}. No line of the audit trail is posted there."
            yield DoctorLine(f"Audit channel {channel}", ok=False, detail=detail)
