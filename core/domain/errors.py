"""Everything core raises on purpose. Words for people are made from these by ``handlers.words.sentences``.

::

    AccessError
    ├─ Refused            the rules say no: carries a Refusal (reason, field, policies, limit)
    ├─ NotFound           unknown, or not for this person to see: the two are never told apart
    ├─ Conflict           somebody was faster, or the state does not permit it
    ├─ InvalidPolicies    a policy document with its problems, each with its line
    └─ Upstream           the outside world
       ├─ UpstreamBusy    worth trying again; nothing is known to have happened
       │  ├─ NewerRelease    what is stored was written by a newer release: nothing of it is read
       │  └─ OtherInstance   the book belongs to another instance of Identity Center: nothing is served
       ├─ AnswerLost      the call may have taken effect: ask before doing it again
       └─ UpstreamRefused final until somebody changes something
          └─ SourceRefused   a source of session activity: carries what is wrong with it, and with which part
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from core.domain.platforms import SLACK, TEAMS


class Field(StrEnum):
    """The inputs of a request and a policy, so that a form can show a problem where it came from.

    Settings are in a table of their own, by the same keys.
    """

    ACCOUNT = "account"
    PERMISSION_SET = "permission_set"
    GROUP = "group"
    BUNDLE = "bundle"
    START = "start"
    DURATION = "duration"
    JUSTIFICATION = "justification"
    TICKET = "ticket"
    # a policy, by the keys of a policy file
    NAME = "name"
    USERS = "users"
    GROUPS = "groups"
    ACCOUNTS = "accounts"
    OUS = "ous"
    DIRECT_OUS = "direct_ous"
    PERMISSION_SETS = "permission_sets"
    TARGET_GROUPS = "target_groups"
    APPROVER_USERS = "approver_users"
    APPROVER_GROUPS = "approver_groups"
    CHANNELS = "channels"
    APPROVALS_REQUIRED = "approvals_required"
    NOTIFY = "notify"
    TARGETS = "targets"
    MAX_DURATION = "max_duration"
    WHY = "why"
    # settings that a rule names; the longest access is one too
    POLICY_CHANGES = "policy_changes"
    ADMIN_GROUP = "admin_group"
    AUDITOR_GROUP = "auditor_group"


class Reason(StrEnum):
    """The reasons for a refusal. Each has a sentence in ``handlers.words.sentences``; the number is the rule."""

    # 1: who is who
    BOT = "bot"
    GUEST = "guest"
    STRANGER = "stranger"
    OTHER_WORKSPACE = "other_workspace"
    OTHER_TENANT = "other_tenant"
    ANONYMOUS = "anonymous"
    DEACTIVATED = "deactivated"
    NO_EMAIL = "no_email"
    EMAIL_UNCONFIRMED = "email_unconfirmed"
    NO_USER_PRINCIPAL_NAME = "no_user_principal_name"
    ADDRESSES_DIFFER = "addresses_differ"
    EXTERNAL_ID_UNKNOWN = "external_id_unknown"
    NO_PRINCIPAL = "no_principal"
    SEVERAL_PRINCIPALS = "several_principals"
    PRINCIPAL_DISABLED = "principal_disabled"
    IDENTITY_SUSPENDED = "identity_suspended"
    SECOND_ACCOUNT = "second_account"
    # machines: tokens, and people at a terminal
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_REVOKED = "token_revoked"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_OUT_OF_SCOPE = "token_out_of_scope"
    TOKEN_DECIDES_NOTHING = "token_decides_nothing"
    TOKEN_NAME_UNUSABLE = "token_name_unusable"
    TOKEN_NAME_TAKEN = "token_name_taken"
    TOKEN_WITHOUT_SCOPE = "token_without_scope"
    TOKEN_WITHOUT_END = "token_without_end"
    TOO_MANY_TOKENS = "too_many_tokens"
    AT_TERMINAL = "at_terminal"
    SIGNATURE_REFUSED = "signature_refused"
    SIGNATURE_STALE = "signature_stale"
    SIGNATURE_USED = "signature_used"
    SIGNED_FOR_ANOTHER = "signed_for_another"
    SIGNER_OUTSIDE = "signer_outside"
    SIGNER_NO_PERSON = "signer_no_person"
    # 3, 4, 6: what may be asked
    NOTHING_CHOSEN = "nothing_chosen"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_PERMISSION_SET = "unknown_permission_set"
    UNKNOWN_GROUP = "unknown_group"
    NOT_ELIGIBLE = "not_eligible"
    DURATION_UNREADABLE = "duration_unreadable"
    DURATION_TOO_SHORT = "duration_too_short"
    DURATION_TOO_LONG = "duration_too_long"
    TOO_MANY_LENGTHS = "too_many_lengths"
    DURATION_NOT_OFFERED = "duration_not_offered"
    START_IN_PAST = "start_in_past"
    START_TOO_FAR = "start_too_far"
    JUSTIFICATION_MISSING = "justification_missing"
    JUSTIFICATION_TOO_LONG = "justification_too_long"
    TICKET_MISSING = "ticket_missing"
    TICKET_MISMATCH = "ticket_mismatch"
    # 5, 14: approval has become necessary since
    APPROVAL_NOW_REQUIRED = "approval_now_required"
    # 6, 27: too late
    WINDOW_OVER = "window_over"
    START_MISSED = "start_missed"
    TOO_LITTLE_LEFT = "too_little_left"
    ACT_TOO_LATE = "act_too_late"
    # 10, 11, 14: fewer approvals count by now than the policies ask for
    TOO_FEW_APPROVALS = "too_few_approvals"
    # 7: nobody to decide
    NO_APPROVER = "no_approver"
    QUORUM_UNREACHABLE = "quorum_unreachable"
    # 8, 9: targets that are never granted
    ALREADY_ASSIGNED = "already_assigned"
    MANAGEMENT_ACCOUNT = "management_account"
    PROTECTED_ACCOUNT = "protected_account"
    PROTECTED_PERMISSION_SET = "protected_permission_set"
    PERMISSION_SET_OUT_OF_REACH = "permission_set_out_of_reach"
    ALREADY_MEMBER = "already_member"
    GROUPS_OFF = "groups_off"
    """Membership of groups is not granted here (settings, ``group_targets``)."""
    GROUP_HAS_POWER = "group_has_power"
    """Its members may ask for more here, decide, administer or audit: joining it for a time would widen that."""
    GROUP_SYNCHRONIZED = "group_synchronized"
    # 26: what one person can do to the others
    TOO_MANY_TARGETS = "too_many_targets"
    TOO_MANY_OPEN = "too_many_open"
    ASKED_ALREADY = "asked_already"
    WITHDRAWN_OFTEN = "withdrawn_often"
    TOO_FAST = "too_fast"
    # 10 to 13: who may decide
    OWN_REQUEST = "own_request"
    NOT_AN_APPROVER = "not_an_approver"
    ALREADY_VOTED = "already_voted"
    CARD_OUTDATED = "card_outdated"
    REASON_MISSING = "reason_missing"
    COMMENT_MISSING = "comment_missing"
    LONGER_THAN_ASKED = "longer_than_asked"
    # who may end it
    NOT_YOURS_TO_CANCEL = "not_yours_to_cancel"
    NOT_YOURS_TO_REVOKE = "not_yours_to_revoke"
    REVOKE_REASON_MISSING = "revoke_reason_missing"
    CLOSING_REASON_MISSING = "closing_reason_missing"
    # 24: session activity
    NEVER_ACTIVE = "never_active"
    ACTIVITY_OF_GROUP = "activity_of_group"
    DAY_UNREADABLE = "day_unreadable"
    DAY_OUTSIDE_WINDOW = "day_outside_window"
    # searching
    ADDRESS_NOT_LOOKED_UP = "address_not_looked_up"
    # personas
    NOT_PERMITTED = "not_permitted"
    # policies and settings that cannot be
    NAME_UNUSABLE = "name_unusable"
    NAME_TAKEN = "name_taken"
    NO_PEOPLE = "no_people"
    NO_TARGET = "no_target"
    BUNDLE_NAME_UNUSABLE = "bundle_name_unusable"
    BUNDLE_NAME_TAKEN = "bundle_name_taken"
    BUNDLE_EMPTY = "bundle_empty"
    BUNDLE_TOO_LONG = "bundle_too_long"
    NO_PERMISSION_SETS = "no_permission_sets"
    EVERY_BESIDE_OTHERS = "every_beside_others"
    QUORUM_OF_POLICY = "quorum_of_policy"
    NUMBER_UNREADABLE = "number_unreadable"
    WORDS_UNREADABLE = "words_unreadable"
    PATTERN_UNUSABLE = "pattern_unusable"
    TARGET_GROUP_HAS_POWER = "target_group_has_power"
    IS_GONE = "is_gone"
    CHANNEL_UNKNOWN = "channel_unknown"
    CHANNEL_SHARED = "channel_shared"
    CHANNEL_ARCHIVED = "channel_archived"
    CHANNEL_WITHOUT_BOT = "channel_without_bot"
    ADMINS_LOCKED_OUT = "admins_locked_out"
    OWN_CHANGE = "own_change"
    AUTHOR_NO_ADMIN = "author_no_admin"
    CHANGE_CLOSED = "change_closed"
    CHANGE_OUTDATED = "change_outdated"
    SECOND_ADMIN_MISSING = "second_admin_missing"
    WHY_MISSING = "why_missing"
    POLICY_GONE = "policy_gone"
    DRAFT_FORGOTTEN = "draft_forgotten"
    REVISION_UNKNOWN = "revision_unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, with everything its sentence needs.

    ``field`` is the input to blame, a ``Field`` or a setting by its name; ``policies`` are the policy names that
    decided, ``limit`` a bound that was crossed, ``detail`` a name or pattern to show (already resolved here, never
    taken from a client).
    """

    reason: Reason
    field: str | None = None
    policies: tuple[str, ...] = ()
    limit: timedelta | None = None
    detail: str = ""
    of: str = ""
    """The target that is refused, as people read it, where several were asked for in one go."""
    place: int = 0
    """Its place among them, from 1; 0 for what is refused of all."""

    @property
    def stored(self) -> str:
        """The reason as a failed request keeps it, with the numbers that its sentence needs."""
        return f"{self.reason}:{self.detail}" if self.reason is Reason.TOO_FEW_APPROVALS else self.reason.value


class AccessError(Exception):
    """Root of all errors that core raises on purpose."""


class Refused(AccessError):
    """The rules say no."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(", ".join(refusal.reason for refusal in refusals))
        self.refusals = refusals

    @property
    def refusal(self) -> Refusal:
        """The first, which is the one to tell when only one can be told."""
        return self.refusals[0]


class NotFound(AccessError):
    """There is no such thing, or it is not for this person to see (rule 22)."""


class Conflict(AccessError):
    """Somebody was faster, or the state has moved on (rule 15)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a policy document: ``line`` is 1-based, 0 for the document as a whole."""

    line: int
    message: str


class InvalidPolicies(AccessError):
    """A policy document cannot be applied. All its problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"line {p.line}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class Side(StrEnum):
    """On which side something went wrong."""

    UNKNOWN = "unknown"
    """For tests, and where two sides were asked at once: a test of the repository finds any other use."""
    BOT = "bot"
    """This program itself."""
    AWS = "aws"
    CHAT = "chat"
    """Whichever chat platform it is."""
    SLACK = "slack"
    TEAMS = "teams"
    STORAGE = "storage"
    RECEIVER = "receiver"
    """A program of somebody else's that gets events."""

    @classmethod
    def of_platform(cls, name: str) -> "Side":
        """The side of a chat platform, by its name."""
        return {SLACK: cls.SLACK, TEAMS: cls.TEAMS}.get(name, cls.CHAT)


class Upstream(AccessError):
    """AWS, the chat platform or the database did not do what was asked."""

    side = Side.UNKNOWN

    def __init__(self, message: str, *, side: Side | None = None) -> None:
        super().__init__(message)
        if side is not None:
            self.side = side

    def at(self, side: Side) -> Self:
        """The same, and where it went wrong."""
        self.side = side
        return self


class UpstreamBusy(Upstream):
    """Throttled, conflicting, unavailable: try again. Nothing happened."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None, side: Side | None = None) -> None:
        super().__init__(message, side=side)
        self.retry_after = retry_after


class OtherInstance(UpstreamBusy):
    """The bot is set up against another instance of Identity Center than its book's: nothing is asked of it."""


class PlatformAbsent(UpstreamBusy):
    """A chat platform that this installation does not have: what is for it waits until it has it again."""


class WrongClock(UpstreamBusy):
    """This replica's clock is too far from the database's: it decides nothing, and another one may."""

    side = Side.BOT

    def __init__(self, ahead: timedelta) -> None:
        seconds = round(abs(ahead).total_seconds())
        where = "ahead of" if ahead > timedelta() else "behind"
        super().__init__(f"The clock of this machine is {seconds} s {where} the database's: set it right.")
        self.ahead = ahead


class NewerRelease(UpstreamBusy):
    """Stored data was written by a newer release: nothing of it is read, since a rule left out decides wrongly.

    A replica of that release does what was asked for; this one asks again.
    """

    side = Side.STORAGE


class AnswerLost(Upstream):
    """The call was made and no answer came: it may have taken effect. Ask before doing it again."""


class UpstreamRefused(Upstream):
    """A final no from the other side. ``code`` is its own word for it (``AccessDeniedException``)."""

    def __init__(self, message: str, *, code: str = "", side: Side | None = None) -> None:
        super().__init__(message, side=side)
        self.code = code


class SourceTrouble(StrEnum):
    """The reasons why a source of session activity fails. Each has a sentence in ``handlers.words.activity_words``."""

    NOT_CONFIGURED = "not_configured"
    NO_PERMISSION = "no_permission"
    NO_ROLE = "no_role"
    """The account cannot be looked into without a role to assume there."""
    UNKNOWN_TABLE = "unknown_table"
    MISSING_COLUMNS = "missing_columns"
    UNKNOWN_WORKGROUP = "unknown_workgroup"
    NO_OUTPUT = "no_output"
    UNKNOWN_LOG_GROUP = "unknown_log_group"
    UNKNOWN_EVENT_STORE = "unknown_event_store"
    TOO_WIDE = "too_wide"
    TOO_OLD = "too_old"
    TOO_MUCH = "too_much"
    """More would be scanned than is allowed."""
    TOO_SLOW = "too_slow"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNASKABLE = "unaskable"
    """A name that no query can hold."""


class SourceRefused(UpstreamRefused):
    """A source of session activity does not tell.

    ``what`` names the part that is wrong (an action, a table, a limit), ``said`` has the source's own words.
    """

    def __init__(self, trouble: SourceTrouble, what: str = "", *, said: str = "") -> None:
        super().__init__(f"{trouble}: {what}" + (f": {said}" if said else ""), code=trouble.value, side=Side.AWS)
        self.trouble = trouble
        self.what = what
        self.said = said
