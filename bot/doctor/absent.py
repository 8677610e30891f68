"""The doctor's lines about channels of a chat platform that is not set up: nothing is posted there."""

from collections.abc import Iterator

from bot.doctor.line import DoctorLine
from bot.settings import ProcessSettings
from core.domain.conversations import platform_of
from core.domain.ids import ConversationId
from core.domain.policy import PolicyBook
from handlers.words.platforms import called

_LINES_WAIT = (
    "TEAMBOT_AUDIT_CHANNEL names it, and {platform} is not set up: its lines wait until it is, or until the variable "
    "names it no more"
)
_NO_CARDS = (
    "policies name it, and {platform} is not set up: no card is posted there, and where a policy names no other "
    "channel each approver is asked directly"
)


def absent_audit_lines(settings: ProcessSettings) -> Iterator[DoctorLine]:
    for channel in settings.audit_channels:
        if _is_absent(channel, settings):
            yield DoctorLine(f"Channel {channel}", ok=False, detail=_said(_LINES_WAIT, channel))


def absent_policy_lines(settings: ProcessSettings, book: PolicyBook) -> Iterator[DoctorLine]:
    """Those that are not in the audit channels, too."""
    named = (channel for policy in book.approval for channel in policy.channels)
    for channel in dict.fromkeys(named):
        if _is_absent(channel, settings) and channel not in settings.audit_channels:
            yield DoctorLine(f"Channel {channel}", ok=True, detail=_said(_NO_CARDS, channel), warns=True)


def _is_absent(channel: ConversationId, settings: ProcessSettings) -> bool:
    return platform_of(channel) not in settings.platforms


def _said(sentence: str, channel: ConversationId) -> str:
    return sentence.format(platform=called(platform_of(channel)))
