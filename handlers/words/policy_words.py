"""Policies and settings in words: what is impossible about them, what their fields are called, what a change does."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from core.domain.conversations import platform_of
from core.domain.durations import show_duration
from core.domain.errors import Field, Reason
from core.domain.ids import ConversationId
from core.domain.outcome import Outcome, Result
from core.domain.policy import Notify
from core.domain.policy_diff import Section
from core.domain.policy_impact import RequestImpact
from core.domain.policy_validation import Obstacle
from core.domain.widening import Widening
from handlers.words import platforms
from handlers.words.setting_words import SETTING_WORDS

REFUSALS: Mapping[Reason, str] = {
    Reason.NAME_UNUSABLE: "A policy needs a name: one line of at most {detail} characters.",
    Reason.NAME_TAKEN: "There is a policy {detail} already. Give this one another name, or edit that one.",
    Reason.NO_PEOPLE: "The policy names no people. Choose groups or users.",
    Reason.NO_TARGET: "The policy has no target. Choose accounts or OUs.",
    Reason.BUNDLE_NAME_UNUSABLE: "A bundle's name is one word of at most {detail} characters.",
    Reason.BUNDLE_NAME_TAKEN: "There is a bundle {detail} already. Give this one another name, or edit that one.",
    Reason.BUNDLE_EMPTY: "The bundle has no target. Choose an account and a permission set.",
    Reason.BUNDLE_TOO_LONG: "A bundle has at most {detail} targets. Remove some.",
    Reason.TARGET_GROUP_HAS_POWER: (
        "The group {detail} can't be asked for and also ask, decide, administer or audit here: whoever joined it for a "
        "while could do all that. Make a group of its own for access."
    ),
    Reason.NO_PERMISSION_SETS: "The policy has no target. Choose permission sets.",
    Reason.EVERY_BESIDE_OTHERS: (
        "“Every permission set” can't be combined with others. Choose it alone, or only the ones you mean."
    ),
    Reason.QUORUM_OF_POLICY: (
        "Only {detail} approvals could be given: no more of the named people are enabled. Name more, or require fewer."
    ),
    Reason.TOO_MANY_LENGTHS: "There can be {detail} lengths at most. Leave some out.",
    Reason.NUMBER_UNREADABLE: "This is not a whole number from 1 to {detail}.",
    Reason.WORDS_UNREADABLE: "Write all, none, or some of {detail}, with commas between.",
    Reason.PATTERN_UNUSABLE: "This regular expression cannot be used: {detail}.",
    Reason.IS_GONE: "{detail} does not exist. Remove it.",
    Reason.CHANNEL_UNKNOWN: (
        "The channel {detail} does not exist, or is private and the bot was never invited. Invite it there first."
    ),
    Reason.CHANNEL_SHARED: "The channel {detail} is shared outside the organization. Choose one that is not.",
    Reason.CHANNEL_ARCHIVED: "The channel {detail} is archived. Choose another.",
    Reason.CHANNEL_WITHOUT_BOT: "The bot is not in the channel {detail}, and cannot join by itself. Invite it there.",
    Reason.ADMINS_LOCKED_OUT: (
        "You would not be an admin any more after this. Choose a group that you are in, or use "
        "teambot policy apply on the command line."
    ),
    Reason.OWN_CHANGE: "This is your own change. Another admin has to approve it.",
    Reason.AUTHOR_NO_ADMIN: (
        "Its author is no longer an admin. If the change is wanted, make it yourself: another admin then approves it."
    ),
    Reason.CHANGE_CLOSED: "This change doesn't wait any more: it was {detail}.",
    Reason.CHANGE_OUTDATED: (
        "The policies were changed since this was sent, so it isn't what was looked at. Its author can send it again."
    ),
    Reason.SECOND_ADMIN_MISSING: (
        "There is no second admin who could approve changes that widen. Add another enabled person to the admin "
        "group in IAM Identity Center first."
    ),
    Reason.WHY_MISSING: "Say why. It is kept with the revision.",
    Reason.POLICY_GONE: "There is no policy {detail} any more. Look at the list.",
    Reason.DRAFT_FORGOTTEN: "This draft expired after a day. Start again.",
    Reason.REVISION_UNKNOWN: "There is no such revision. Look at the history.",
}
"""One sentence each, as in ``handlers.words.sentences``, which holds them with its own."""

OF_ANOTHER: Mapping[Reason, str] = {
    Reason.NOT_ELIGIBLE: "No policy lets this person ask for this permission set in this account.",
    Reason.UNKNOWN_GROUP: "This group doesn't exist in IAM Identity Center.",
    Reason.ALREADY_MEMBER: "This person is already in the group, and TEAM Bot didn't add them. That stays as it is.",
    Reason.NO_APPROVER: "Approval is needed, and nobody else could give it.",
    Reason.QUORUM_UNREACHABLE: "More approvals are needed than there are others to give them ({detail}).",
    Reason.UNKNOWN_ACCOUNT: "This account is not active in the organization.",
    Reason.TOO_MANY_OPEN: (
        "This person has {detail} requests waiting for approval or for their start (settings, max_open_requests)."
    ),
    Reason.ALREADY_ASSIGNED: (
        "This access is already held by a direct assignment made outside TEAM Bot, which stays as it is."
    ),
}
"""Of somebody else than the reader."""

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.UNKNOWN: "does not exist, or is private and the bot is not in it",
    Obstacle.SHARED_OUTSIDE: "is shared outside the organization",
    Obstacle.ARCHIVED: "is archived",
    Obstacle.NOT_CONFIGURED: "is of a chat platform that is not configured",
    Obstacle.BOT_IS_OUTSIDE: "does not have the bot in it",
}

FIELDS: Mapping[str, str] = {
    Field.NAME: "Name",
    Field.USERS: "Users",
    Field.GROUPS: "Groups",
    Field.ACCOUNTS: "Accounts",
    Field.OUS: "OUs",
    Field.DIRECT_OUS: "OUs, only directly in them",
    Field.PERMISSION_SETS: "Permission sets",
    Field.TARGET_GROUPS: "Groups to join",
    Field.APPROVER_USERS: "Approvers",
    Field.APPROVER_GROUPS: "Approver groups",
    Field.CHANNELS: "Channels",
    Field.APPROVALS_REQUIRED: "Approvals required",
    Field.NOTIFY: "How approvers are told",
    Field.TARGETS: "Targets",
    Field.WHY: "Why",
    **{setting: words.label for setting, words in SETTING_WORDS.items()},
}
"""The name of each field, by its key in a policy file. A setting that policies have, too, has the same name."""

NOTIFIED: Mapping[str, str] = {
    Notify.CHANNEL: "In the channels",
    Notify.EACH: "Each by direct message",
    Notify.BOTH: "In the channels, and each by direct message",
}
"""The names of the ways to tell approvers of a request."""


def choices_of(field: str) -> Mapping[str, str]:
    """The names of a field's values, where it has a few; empty for any other field."""
    if field == Field.NOTIFY:
        return NOTIFIED
    words = SETTING_WORDS.get(field)
    return words.choices if words else {}


SECTIONS: Mapping[Section, str] = {
    Section.SETTINGS: "Settings",
    Section.ELIGIBILITY: "Eligibility policy",
    Section.APPROVAL: "Approval policy",
    Section.BUNDLES: "Bundle",
}

TOUCHES: Mapping[RequestImpact, str] = {
    RequestImpact.NOT_ELIGIBLE: "is no longer allowed, and fails when it is approved",
    RequestImpact.NEVER_GRANTED: "is for a target that becomes protected, and fails when it is approved",
    RequestImpact.TOO_LONG: "asks for longer than will be allowed, and fails when it is approved",
    RequestImpact.UNDECIDABLE: "can no longer be approved by enough people",
    RequestImpact.OTHER_APPROVERS: "is decided by other people from then on",
    RequestImpact.OTHER_QUORUM: "needs {approvals} from then on",
}


def field_name(key: str) -> str:
    """The name of a field; its key, when it is a setting that these words do not know yet."""
    return FIELDS.get(key) or key.replace("_", " ").capitalize()


def outcome(came: Outcome) -> str:
    """The outcome of saving policies or settings, in a sentence."""
    if came.result is Result.SAVED:
        return f"Saved as revision {came.revision}, in effect now."
    if came.result is Result.PROPOSED:
        return "Not in effect yet: this widens something, so another admin has to approve it. They have been told."
    if came.result is Result.PROPOSAL_REJECTED:
        return "Rejected. Nothing changes, and its author has been told."
    return "Not saved: somebody else changed the policies in between. Look at what they are now, and change them again."


def too_few(able: int, needed: int) -> str:
    """``2 approvals are required, and 1 enabled person could give one``."""
    required = "1 approval is required" if needed == 1 else f"{needed} approvals are required"
    who = {0: "nobody enabled", 1: "1 enabled person"}.get(able, f"{able} enabled people")
    return f"{required}, and {who} could give one"


def near_misses(covering: Sequence[str], naming: Sequence[str]) -> tuple[str, ...]:
    """For whoever wonders why somebody may not ask: the policies that would do but for one half."""
    lines = {
        "Policies that allow this to other people": covering,
        "Policies that allow this person something else": naming,
    }
    return tuple(f"{said}: {_few(policies)}." for said, policies in lines.items() if policies)


WIDENINGS: Mapping[Widening, str] = {
    Widening.MORE_ACCESS: "somebody can ask for more",
    Widening.MORE_TIME: "access can last longer",
    Widening.NO_APPROVAL: "approval is no longer needed somewhere",
    Widening.OTHER_APPROVERS: "more people can approve",
    Widening.FEWER_APPROVALS: "fewer approvals are enough",
    Widening.FEWER_CHANNELS: "a channel no longer sees the card",
    Widening.SETTINGS: "a setting allows more or protects less, or others become admins or auditors",
}


def waits_because(reasons: Iterable[str]) -> str:
    """The reasons why another admin has to approve a change."""
    known = {str(widening): said for widening, said in WIDENINGS.items()}
    return "; ".join(known[str(reason)] for reason in reasons if str(reason) in known)


def capped(called: str, promised: timedelta, cap: timedelta) -> str:
    """A warning, and no refusal: lowering the global limit never waits for the policies (rule 4)."""
    return (
        f"{called} says {show_duration(promised)}, and is capped at {show_duration(cap)}, the global maximum "
        "(settings, max_duration)."
    )


def lacking(section: Section) -> str:
    """A warning, and no refusal: somebody may begin with the other kind, or want to stop all new access."""
    if section is Section.APPROVAL:
        return "There is no approval policy: every request that needs approval is refused."
    return "There is no eligibility policy: nobody can ask for access."


def empty_groups(called: str, groups: Sequence[str]) -> str:
    """A warning, and no refusal: somebody may join tomorrow. Until then rule 7 refuses what nobody could approve."""
    they = "the approver group" if len(groups) == 1 else "the approver groups"
    return (
        f"{called} names {they} {_few(groups)}, with nobody enabled in {'it' if len(groups) == 1 else 'them'} today. "
        "Requests that too few others could approve are refused until somebody is."
    )


def gone_from_bundle(called: str, place: int, target: str) -> str:
    """A warning, and no refusal: the rest of the bundle is of use."""
    return f"bundle {called}, target {place}: {target} does not exist. It is left out when somebody takes the bundle."


def not_served(called: str, channels: Sequence[str]) -> str:
    """A warning, and no refusal: policies may name the channels of a platform before it is configured."""
    theirs = " and ".join(sorted({platforms.called(platform_of(ConversationId(each))) for each in channels}))
    return f"{called} names {_few(channels)}: {theirs} is not configured, and no card is posted there."


def out_of_reach(called: str, sets: Sequence[str]) -> str:
    """A warning, and no refusal: it becomes true and untrue by what somebody does in AWS (rule 9)."""
    they = "is" if len(sets) == 1 else "are"
    return (
        f"{called} names {_few(sets)}, which {they} provisioned in the management account: AWS lets a delegated "
        "administrator neither grant nor take such a set away in any account. It is not offered. Remove it from the "
        "management account, or make a permission set of its own for this policy."
    )


_NOT_JOINED: Mapping[Reason, str] = {
    Reason.GROUPS_OFF: "membership of groups is switched off (settings, group_targets)",
    Reason.GROUP_HAS_POWER: "the members may ask, decide, administer or audit here",
    Reason.GROUP_SYNCHRONIZED: "the members are kept in another system, which is synchronized into IAM Identity Center",
}


def not_joined(called: str, groups: Sequence[str], reason: Reason) -> str:
    """A warning, and no refusal: nobody can ask for these groups as things are (rule 9)."""
    they = "the group" if len(groups) == 1 else "the groups"
    return f"{called} lets people join {they} {_few(groups)}, and nobody can: {_NOT_JOINED[reason]}."


def _few(names: Sequence[str], most: int = 10) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
