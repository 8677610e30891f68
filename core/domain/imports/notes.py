"""The findings of an import: what maps, what means something else here, and what has no place here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.policy import PolicyBook


class Meaning(StrEnum):
    """The part of the original that is kept."""

    MAPS = "maps"
    DIFFERS = "differs"
    LOST = "lost"


class Finding(StrEnum):
    """The kinds of notes. ``handlers.words.import_words`` has a sentence for each."""

    ELIGIBILITY = "eligibility"
    APPROVAL = "approval"
    SETTING = "setting"
    NO_APPROVAL_NEEDED = "no_approval_needed"

    LIMIT_CAPPED = "limit_capped"
    LIMIT_LENT = "limit_lent"
    """Policies of one person with different limits: in AWS TEAM the longest holds everywhere."""
    BYPASS_LOST = "bypass_lost"
    OU_OPENS = "ou_opens"
    OU_OPENS_WITHOUT_APPROVAL = "ou_opens_without_approval"
    OU_MAKES_APPROVERS = "ou_makes_approvers"
    BOTH_PERSONAS = "both_personas"
    ASKED_DIRECTLY = "asked_directly"
    SETTINGS_MISSING = "settings_missing"
    NOBODY_IN_GROUPS = "nobody_in_groups"
    SET_OUT_OF_REACH = "set_out_of_reach"
    OUTSIDE_THE_FILE = "outside_the_file"
    """A setting that the file does not hold was not given as an option."""
    TOO_SHORT = "too_short"
    """Lengths of access of a fixed list."""
    TOO_MANY_LENGTHS = "too_many_lengths"
    REQUESTERS = "requesters"
    SELF_APPROVAL = "self_approval"
    ONLY_APPROVER = "only_approver"
    NOBODY_APPROVES = "nobody_approves"
    SETS_AS_OF_TODAY = "sets_as_of_today"
    ACCOUNTS_AS_OF_TODAY = "accounts_as_of_today"
    LIVE_ACCESS = "live_access"
    REPLACES = "replaces"

    USER_GONE = "user_gone"
    USER_DISABLED = "user_disabled"
    USER_AMBIGUOUS = "user_ambiguous"
    GROUP_GONE = "group_gone"
    GROUP_AMBIGUOUS = "group_ambiguous"
    ACCOUNT_GONE = "account_gone"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_MANAGEMENT = "account_management"
    OU_GONE = "ou_gone"
    SET_GONE = "set_gone"
    SET_AMBIGUOUS = "set_ambiguous"
    LEFT_OUT = "left_out"
    CHANGE_RECORD = "change_record"
    NOTIFICATIONS = "notifications"
    AUDIT_CHANNEL = "audit_channel"
    REQUESTS = "requests"
    MORE_PAGES = "more_pages"
    GROUP_STATEMENTS = "group_statements"
    RESOURCE_TYPE = "resource_type"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell. ``about`` is a policy, a row or a setting; ``what`` are things, as people call them."""

    finding: Finding
    about: str = ""
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """The book that a translation leads to, how its people and groups are written, and everything to tell about it."""

    book: PolicyBook
    names: Mapping[str, str] = field(default_factory=dict)
    """By id: a name under which a policy file finds this one and no other."""
    notes: tuple[Note, ...] = ()
