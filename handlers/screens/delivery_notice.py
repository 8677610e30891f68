"""What is said about messages that cannot be delivered, to those who can do something about it."""

from core.domain.ids import ConversationId, show_request_id
from core.domain.notices import Notice, Topic
from handlers.screens.spans import Text, channel, fill, name, text


def told(notice: Notice) -> Text:
    """One sentence or two: what does not arrive, and what to do."""
    facts = notice.facts
    if notice.topic is Topic.CHANNEL_SHARED:
        where = channel(ConversationId(facts.get("channel", "")), "A channel")
        return fill(
            "{where} is shared with another company, so nothing is posted there any more: cards go to each "
            "approver, lines are left out. Stop sharing it, or name another channel.",
            where=where,
        )
    if notice.topic is Topic.CHANNEL_LOST:
        return fill(
            "TEAM Bot was taken out of {team}, so nothing is posted in its channels any more: cards go to each "
            "approver, lines are left out. Add the app to the team again, or name other channels.",
            team=text("the team ", name(facts["team"])) if facts.get("team") else "a team",
        )
    number = show_request_id(notice.request_id) if notice.request_id is not None else "A request"
    if facts.get("nobody"):
        return text(number, " waits for approval, and nobody who may decide it can be reached in chat. Ask an admin.")
    who = text(name(facts["who"]), ", who may decide it,") if facts.get("who") else "one of those who may decide it"
    return text(number, " waits for approval, and ", who, " cannot be reached in chat: the account takes no messages.")
