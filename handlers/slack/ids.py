"""Every id that Slack sends back, named after the capability it belongs to."""

from enum import StrEnum


class CallbackId(StrEnum):
    """Modals, by what they are for."""

    REQUEST = "request.form"
    APPROVE = "request.approve_form"
    REJECT = "request.reject_form"
    SHORTEN = "request.shorten_form"
    NOTE = "note"
    """A modal that only says something: nothing is submitted."""


class BlockId(StrEnum):
    """Blocks whose values are read, or that errors are shown on."""

    ACCOUNT = "request.account"
    PERMISSION_SET = "request.permission_set"
    START = "request.start"
    DURATION = "request.duration"
    JUSTIFICATION = "request.justification"
    TICKET = "request.ticket"
    REASON = "review.reason"
    COMMENT = "review.comment"
    ALLOWED = "review.allowed"


class ActionId(StrEnum):
    """Buttons and inputs."""

    ACCOUNT = "request.account"
    PERMISSION_SET = "request.permission_set"
    START = "request.start"
    DURATION = "request.duration"
    JUSTIFICATION = "request.justification"
    TICKET = "request.ticket"
    REASON = "review.reason"
    COMMENT = "review.comment"
    ALLOWED = "review.allowed"

    ASK = "request.ask"
    ASK_AGAIN = "request.ask_again"
    APPROVE = "request.approve"
    REJECT = "request.reject"
    SHORTEN = "request.shorten"
    EXTEND = "request.extend"
    REVOKE = "request.revoke"
    CANCEL = "request.cancel"
    DETAILS = "request.details"
    OLDER = "list.older"
    HOME_ONWARD = "home.onward"
    HOME_BACK = "home.back"
    """The next page of a list on Home, and its first."""
    OPEN_LINK = "link.open"
    """A button that only opens an address: Slack sends it all the same, and it has to be acknowledged."""
