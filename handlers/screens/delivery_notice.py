"""Notices of messages that cannot be delivered, to those who can do something about it."""

from core.domain.ids import RequestId, show_request_id
from core.domain.notice_content import ChannelShared, ChannelsLost, Unreached
from handlers.screens.spans import Text, channel, fill, name, text


def told(content: ChannelShared | ChannelsLost | Unreached, request_id: RequestId | None) -> Text:
    """One sentence or two: what does not arrive, and what to do."""
    if isinstance(content, ChannelShared):
        where = channel(content.channel, "A channel")
        return fill(
            "{where} is shared with another company, so nothing is posted there any more: cards go to each approver, "
            "and lines are not sent. Stop sharing it, or name another channel.",
            where=where,
        )
    if isinstance(content, ChannelsLost):
        return fill(
            "TEAM Bot was taken out of {team}, so nothing is posted in its channels any more: cards go to each "
            "approver, and lines are not sent. Add the app to the team again, or name other channels.",
            team=text("the team ", name(content.team)) if content.team else "a team",
        )
    number = show_request_id(request_id) if request_id is not None else "A request"
    if content.nobody:
        return text(
            number, " is waiting for approval, and nobody who may decide it can be reached in chat. Ask an admin."
        )
    who = text(name(content.who), ", who may decide it,") if content.who else "one of those who may decide it"
    return text(
        number, " is waiting for approval, and ", who, " cannot be reached in chat: the account accepts no messages."
    )
