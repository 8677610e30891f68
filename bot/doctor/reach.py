"""The doctor's line about people: approvers and admins whom no message reaches. It is asked where Teams is set up.

In Slack a bot may write to everybody; in Teams to those alone who have the app, or are in a team that has it.
"""

from bot.compose import Infrastructure
from bot.doctor.line import DoctorLine
from core.domain.errors import Side, Upstream
from core.domain.platforms import SLACK
from core.domain.policy import PolicyBook
from core.ports import ChatPlatforms
from core.services.context.identity import Identity
from core.services.policies.reach import deciders, unreached

WHAT = "Approvers and admins"
MOST, MOST_IN_SLACK = 200, 40
"""People who are looked up, each by a call of the chat platform: Slack allows fifty in a minute."""
_NAMED = 10
_MEND = (
    "Add TEAM Bot for them in the app setup policy (Teams admin center), or add it to a team that they are in; whoever "
    "has removed it adds it again under Apps"
)


async def reach_line(base: Infrastructure, platforms: ChatPlatforms, book: PolicyBook) -> DoctorLine:
    try:
        people = await deciders(base.directory, book)
        looked_at = people[: MOST_IN_SLACK if SLACK in platforms.names else MOST]
        identity = Identity(base.database.open, base.database.look, base.directory, platforms, base.clock)
        missing = await unreached(identity, platforms, looked_at)
        names = {user.id: user.name for user in await base.directory.everybody()}
    except Upstream as error:
        return DoctorLine(WHAT, ok=False, detail=str(error), checked=error.side is Side.TEAMS)
    of = f"{len(looked_at)} of {len(people)}" if len(looked_at) < len(people) else str(len(people))
    if not missing:
        return DoctorLine(WHAT, ok=True, detail=f"messages reach all that were looked at: {of}")
    named = ", ".join(names.get(each, each) for each in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return DoctorLine(WHAT, ok=True, detail=f"no message reaches {named}{more}, of {of}. {_MEND}", warns=True)
