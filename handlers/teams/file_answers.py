"""Answers to an offered file (learn.microsoft.com, "Send and receive files using a bot")."""

from collections.abc import Mapping

from core.domain.commands import TakeFile
from core.domain.outcome import Outcome, Result
from core.domain.platforms import TEAMS
from core.ports import MessageRef
from handlers.bot_connector.activities import Activity
from handlers.flows import outcomes
from handlers.flows.review import PRESS_PATIENCE
from handlers.teams.context import TeamsContext
from handlers.teams.payloads import TeamsSender

_WORDS = ("uploadUrl", "contentUrl", "uniqueId", "fileType", "name")
_LONGEST = 4000
_LARGEST = 2**53


async def answered(teams: TeamsContext, activity: Activity, sender: TeamsSender) -> None:
    """Accepted, it is made and sent, once; declined, the offer goes away.

    Files are offered in the 1:1 chat alone: no message that others read is an offer, whatever the answer says.
    """
    is_own = await teams.book.reader_of(activity.conversation.id) == sender.chat_user
    offer = MessageRef(TEAMS, activity.conversation.id, activity.reply_to if is_own else "")
    if activity.value.get("action") != "accept":
        if offer.message:
            await teams.posts.delete(offer)
        return
    export_id = _export_id(activity.value.get("context"))
    accepted = {**_told(activity.value.get("uploadInfo")), "conversation": offer.conversation, "offer": offer.message}
    command = TakeFile(sender.chat_user, f"file:{export_id}", export_id=export_id, accepted=accepted)
    outcome = await teams.services.commands.perform(command, PRESS_PATIENCE)
    if not isinstance(outcome, Outcome) or outcome.result is not Result.EXPORTING:
        await teams.privately(sender, await outcomes.sentence_of(teams, outcome, "your export"))


def _export_id(context: object) -> int:
    """0, which no export has, for whatever is none."""
    found = context.get("export") if isinstance(context, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < _LARGEST else 0


def _told(upload: object) -> dict[str, str]:
    found = upload if isinstance(upload, Mapping) else {}
    told = {word: found.get(word) for word in _WORDS}
    return {word: text for word, text in told.items() if isinstance(text, str) and len(text) <= _LONGEST}
