"""Pairs of Slack and Identity Center users that wait for a release: in messages, on Home, and in the form (rule 1)."""

from collections.abc import Mapping

from core.domain.notices import Topic
from handlers.slack.views.text import code, name, prose

_RELEASE = "An admin can release it on Home, or with `teambot identity release`."


def told(topic: Topic, facts: Mapping[str, str]) -> str:
    """A message about one pair, or about several that have come to wait since the last one."""
    user = f"The Slack user {code(facts.get('user', 'unknown'))}"
    if topic is Topic.PAIR_RELEASED:
        return _released(user, facts)
    several = f"{facts.get('count', '')} Slack users ({prose(_listed(facts))})"
    match topic:
        case Topic.SECOND_ACCOUNT if "yours" in facts:
            return (
                f"{user} leads to you in IAM Identity Center too. It may ask for access in your name, and decides "
                "nothing until an admin releases it. If that is not you, tell the admins."
            )
        case Topic.SECOND_ACCOUNT if "count" in facts:
            return f"{several} lead to people who have another Slack account here. They can only ask. {_RELEASE}"
        case Topic.SECOND_ACCOUNT:
            who = name(facts.get("claimed", ""))
            return f"{user} leads to {who} in IAM Identity Center, as another one does. It can only ask. {_RELEASE}"
        case _ if "count" in facts:
            return (
                f"{several} now lead to other users in IAM Identity Center than before. They can only reject, withdraw "
                f"and end. {_RELEASE}"
            )
        case _:
            return (
                f"{user} now leads to {name(facts.get('claimed', ''))} in IAM Identity Center, and led to somebody "
                f"else before. It can only reject, withdraw and end. {_RELEASE}"
            )


def _released(user: str, facts: Mapping[str, str]) -> str:
    by, why = name(facts.get("by", "")), f": {prose(facts['why'], 1000)}" if facts.get("why") else ""
    if "count" in facts:
        return f"{prose(facts['count'])} Slack users may act again: released together by {by}{why}."
    return f"{user} may act again, as {name(facts.get('name', ''))} in IAM Identity Center: released by {by}{why}."


def _listed(facts: Mapping[str, str]) -> str:
    users = facts.get("users", "")
    more = int(facts.get("count", "0")) - len(users.split(", "))
    return f"{users} and {more} more" if more > 0 else users
