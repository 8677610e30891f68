"""Every id that comes back from a screen, named after the capability it belongs to. They never change."""

from enum import StrEnum


class FormId(StrEnum):
    """Screens that are sent, by what they are for."""

    REQUEST = "request.form"
    REQUEST_GROUP = "request.group_form"
    APPROVE = "request.approve_form"
    CONFIRM = "request.confirm_form"
    REJECT = "request.reject_form"
    APPROVE_ALL = "request.approve_all_form"
    CONFIRM_ALL = "request.confirm_all_form"
    REJECT_ALL = "request.reject_all_form"
    SHORTEN = "request.shorten_form"
    REVOKE = "request.revoke_form"
    REVOKE_ALL = "request.revoke_all_form"
    CLOSE = "request.close_form"
    AUDIT_SEARCH = "audit.search"
    POLICY = "policy.form"
    BUNDLE = "policy.bundle_form"
    SETTINGS = "settings.form"
    PREVIEW = "policy.preview"
    EXPLAIN = "policy.explain_form"
    RELEASE = "pairs.form"
    TOKEN = "token.form"
    NOTE = "note"
    """Only says something: nothing is sent."""


class InputId(StrEnum):
    """Inputs, as errors name them."""

    ACCOUNT = "request.account"
    PERMISSION_SET = "request.permission_set"
    GROUP = "request.group"
    START = "request.start"
    DURATION = "request.duration"
    JUSTIFICATION = "request.justification"
    TICKET = "request.ticket"
    BUNDLE = "request.bundle"
    REASON = "review.reason"
    COMMENT = "review.comment"
    ALLOWED = "review.allowed"
    AUDIT_PERSON = "audit.person"
    AUDIT_ACCOUNT = "audit.account"
    AUDIT_PERMISSION_SET = "audit.permission_set"
    AUDIT_STATUS = "audit.status"
    AUDIT_APPROVER = "audit.approver"
    AUDIT_TICKET = "audit.ticket"
    AUDIT_TEXT = "audit.text"
    AUDIT_FROM = "audit.from"
    AUDIT_TO = "audit.to"
    WHY = "policy.why"
    EXPLAIN_USER = "explain.user"
    EXPLAIN_ACCOUNT = "explain.account"
    EXPLAIN_PERMISSION_SET = "explain.permission_set"
    TOKEN_NAME = "token.name"
    TOKEN_SCOPES = "token.scopes"
    TOKEN_LIFE = "token.life"


class ActionId(StrEnum):
    """Buttons and inputs."""

    ACCOUNT = "request.account"
    PERMISSION_SET = "request.permission_set"
    GROUP = "request.group"
    START = "request.start"
    DURATION = "request.duration"
    JUSTIFICATION = "request.justification"
    TICKET = "request.ticket"
    REASON = "review.reason"
    COMMENT = "review.comment"
    ALLOWED = "review.allowed"

    BUNDLE = "request.bundle"
    ADD_TARGET = "request.add_target"
    REMOVE_TARGET = "request.remove_target"
    ASK = "request.ask"
    ASK_GROUP = "request.ask_group"
    ASK_AGAIN = "request.ask_again"
    FAVOURITE = "request.favourite"
    STAR = "request.star"
    UNSTAR = "request.unstar"
    APPROVE = "request.approve"
    APPROVE_ALL = "request.approve_all"
    REJECT = "request.reject"
    REJECT_ALL = "request.reject_all"
    SHORTEN = "request.shorten"
    EXTEND = "request.extend"
    REVOKE = "request.revoke"
    REVOKE_ALL = "request.revoke_all"
    CANCEL = "request.cancel"
    CANCEL_ALL = "request.cancel_all"
    CLOSE = "request.close"
    DETAILS = "request.details"
    OLDER = "list.older"
    HOME_ONWARD = "home.onward"
    HOME_BACK = "home.back"
    """The next page of a list on Home, and its first."""
    AUDIT_PERSON = "audit.person"
    AUDIT_ACCOUNT = "audit.account"
    AUDIT_PERMISSION_SET = "audit.permission_set"
    AUDIT_STATUS = "audit.status"
    AUDIT_APPROVER = "audit.approver"
    AUDIT_TICKET = "audit.ticket"
    AUDIT_TEXT = "audit.text"
    AUDIT_FROM = "audit.from"
    AUDIT_TO = "audit.to"
    AUDIT_SEARCH = "audit.open_search"
    AUDIT_SHOW = "audit.show"
    AUDIT_DECIDED = "audit.decided"
    """The same beside it: no two buttons of one group have one id."""
    AUDIT_NEWER = "audit.newer"
    AUDIT_OLDER = "audit.older"
    AUDIT_EXPORT = "audit.export"
    REPORT = "report.open"
    REPORT_PERIOD = "report.period"
    REPORT_CHARTS = "report.charts"
    REPORT_CSV = "report.csv"
    FIND_USERS = "find.users"
    FIND_GROUPS = "find.groups"
    FIND_ACCOUNTS = "find.accounts"
    FIND_OUS = "find.ous"
    FIND_DIRECT_OUS = "find.direct_ous"
    FIND_PERMISSION_SETS = "find.permission_sets"
    FIND_OPENED_SETS = "find.opened_sets"
    PICK = "policy.pick"
    """Any other input of a policy or settings form: its id says which."""

    POLICIES = "policy.list"
    POLICY = "policy.show"
    WARNINGS = "policy.warnings"
    PAIRS = "pairs.list"
    RELEASE = "pairs.release"
    RELEASE_ALL = "pairs.release_all"
    TOKENS = "token.list"
    TOKEN_NEW = "token.new"
    TOKEN_REVOKE = "token.revoke"
    TOKEN_NAME = "token.name"
    TOKEN_SCOPES = "token.scopes"
    TOKEN_LIFE = "token.life"
    POLICY_NEW = "policy.new"
    POLICY_CREATE = "policy.create"
    POLICY_EDIT = "policy.edit"
    POLICY_DELETE = "policy.delete"
    POLICY_BACK = "policy.back"
    BUNDLE_ADD = "policy.add_target"
    BUNDLE_REMOVE = "policy.remove_target"
    POLICY_HISTORY = "policy.history"
    POLICY_REVISION = "policy.revision"
    POLICY_RESTORE = "policy.restore"
    CHANGE_APPROVE = "change.approve"
    CHANGE_REJECT = "change.reject"
    CHANGE_DETAILS = "change.details"
    CHANGE_AGAIN = "change.again"
    """Of a change of policies that waits for a second admin."""
    EXPLAIN = "policy.explain"
    SETTINGS = "settings.open"
    WHOAMI = "person.whoami"
    HELP = "person.help"

    ACTIVITY = "activity.open"
    ACTIVITY_PREVIOUS = "activity.previous"
    ACTIVITY_NEXT = "activity.next"
    ACTIVITY_CSV = "activity.csv"
    OPEN_LINK = "link.open"
    """A button that only opens an address. A platform may tell of it all the same."""


OPENS = frozenset(
    {
        ActionId.ASK,
        ActionId.ASK_GROUP,
        ActionId.ASK_AGAIN,
        ActionId.FAVOURITE,
        ActionId.EXTEND,
        ActionId.APPROVE,
        ActionId.APPROVE_ALL,
        ActionId.REJECT_ALL,
        ActionId.REJECT,
        ActionId.SHORTEN,
        ActionId.REVOKE,
        ActionId.REVOKE_ALL,
        ActionId.CLOSE,
        ActionId.DETAILS,
        ActionId.AUDIT_SEARCH,
        ActionId.AUDIT_SHOW,
        ActionId.AUDIT_DECIDED,
        ActionId.REPORT,
        ActionId.REPORT_PERIOD,
        ActionId.POLICIES,
        ActionId.WARNINGS,
        ActionId.POLICY,
        ActionId.POLICY_NEW,
        ActionId.POLICY_CREATE,
        ActionId.POLICY_EDIT,
        ActionId.POLICY_DELETE,
        ActionId.POLICY_BACK,
        ActionId.POLICY_HISTORY,
        ActionId.POLICY_REVISION,
        ActionId.POLICY_RESTORE,
        ActionId.CHANGE_APPROVE,
        ActionId.CHANGE_REJECT,
        ActionId.CHANGE_DETAILS,
        ActionId.CHANGE_AGAIN,
        ActionId.PAIRS,
        ActionId.RELEASE,
        ActionId.RELEASE_ALL,
        ActionId.TOKENS,
        ActionId.TOKEN_NEW,
        ActionId.TOKEN_REVOKE,
        ActionId.EXPLAIN,
        ActionId.SETTINGS,
        ActionId.WHOAMI,
        ActionId.HELP,
        ActionId.ACTIVITY,
    }
)
"""Acts that may open a screen. A platform may have to know it before one is pressed."""
