"""Every id and every word in one list: which flow it leads to. The same on every platform."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from core.domain.approval import Verdict
from handlers.flows import (
    activity,
    administration,
    audit,
    bundle,
    closing,
    ending,
    ending_all,
    explain,
    exports,
    home,
    own,
    pairs,
    policy,
    policy_change,
    policy_waiting,
    report,
    request,
    request_group,
    review,
    review_all,
    settings,
    show,
    tokens,
    waiting,
)
from handlers.flows.answers import FormAnswer
from handlers.flows.platform import (
    ButtonPress,
    FormSubmission,
    OptionsQuery,
    Platform,
    Sender,
    ShortcutUse,
    TypedCommand,
)
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Choice
from handlers.words.shortcuts import ShortcutId

Work = Coroutine[Any, Any, None]


def presses() -> dict[ActionId, Callable[[Platform, ButtonPress], Work]]:
    """Buttons, and choices in forms."""
    return {
        ActionId.ASK: _ask,
        ActionId.ASK_GROUP: request_group.pressed,
        ActionId.GROUP: request_group.choose,
        ActionId.ASK_AGAIN: request.ask_again,
        ActionId.FAVOURITE: request.ask_for_favourite,
        ActionId.STAR: home.star,
        ActionId.UNSTAR: home.unstar,
        **_presses_in_the_form(),
        ActionId.APPROVE: review.press,
        ActionId.REJECT: review.press,
        ActionId.SHORTEN: review.press,
        ActionId.APPROVE_ALL: review_all.press,
        ActionId.REJECT_ALL: review_all.press,
        ActionId.ALLOWED: _nothing,
        ActionId.EXTEND: request.extend,
        ActionId.REVOKE: ending.ask,
        ActionId.REVOKE_ALL: ending_all.ask,
        ActionId.CANCEL: ending.press,
        ActionId.CANCEL_ALL: ending_all.withdraw,
        ActionId.CLOSE: closing.press,
        ActionId.DETAILS: show.open_details,
        ActionId.OLDER: show.older,
        ActionId.HOME_ONWARD: home.turn,
        ActionId.HOME_BACK: home.turn,
        ActionId.AUDIT_SEARCH: audit.open_form,
        ActionId.AUDIT_EXPORT: exports.requests,
        ActionId.AUDIT_SHOW: audit.show,
        ActionId.AUDIT_DECIDED: audit.show,
        ActionId.AUDIT_NEWER: audit.turn,
        ActionId.AUDIT_OLDER: audit.turn,
        ActionId.REPORT: report.open_screen,
        ActionId.REPORT_PERIOD: report.choose,
        ActionId.REPORT_CHARTS: exports.charts,
        ActionId.REPORT_CSV: exports.report,
        **_presses_on_policies(),
        ActionId.PAIRS: pairs.press_list,
        ActionId.RELEASE: pairs.press_release,
        ActionId.RELEASE_ALL: pairs.press_release,
        ActionId.WHOAMI: show.open_whoami,
        ActionId.HELP: show.open_help,
        ActionId.ACTIVITY: activity.open_screen,
        ActionId.ACTIVITY_PREVIOUS: activity.turn,
        ActionId.ACTIVITY_NEXT: activity.turn,
        ActionId.ACTIVITY_CSV: exports.activity,
        ActionId.OPEN_LINK: _nothing,
    }


def _presses_in_the_form() -> dict[ActionId, Callable[[Platform, ButtonPress], Work]]:
    return {
        ActionId.ACCOUNT: request.choose,
        ActionId.PERMISSION_SET: request.choose,
        ActionId.BUNDLE: request.choose,
        ActionId.ADD_TARGET: request.add_target,
        ActionId.REMOVE_TARGET: request.remove_target,
        ActionId.DURATION: _nothing,
        ActionId.START: _nothing,
    }


def _presses_on_policies() -> dict[ActionId, Callable[[Platform, ButtonPress], Work]]:
    return {
        ActionId.POLICIES: policy.press_list,
        ActionId.WARNINGS: administration.press_warnings,
        ActionId.POLICY: policy.press_policy,
        ActionId.POLICY_NEW: policy.press_new,
        ActionId.POLICY_CREATE: policy.press_create,
        ActionId.POLICY_EDIT: policy.press_edit,
        ActionId.POLICY_DELETE: policy.press_delete,
        ActionId.POLICY_BACK: policy_change.back,
        ActionId.BUNDLE_ADD: bundle.add_target,
        ActionId.BUNDLE_REMOVE: bundle.remove_target,
        ActionId.POLICY_HISTORY: policy.press_history,
        ActionId.POLICY_REVISION: policy.press_revision,
        ActionId.POLICY_RESTORE: policy.press_restore,
        ActionId.CHANGE_APPROVE: policy_waiting.press,
        ActionId.CHANGE_REJECT: policy_waiting.press,
        ActionId.CHANGE_DETAILS: policy_waiting.press_details,
        ActionId.CHANGE_AGAIN: policy_waiting.press_again,
        ActionId.EXPLAIN: explain.press,
        ActionId.SETTINGS: settings.press,
        ActionId.TOKENS: tokens.press_list,
        ActionId.TOKEN_NEW: tokens.press_new,
        ActionId.TOKEN_REVOKE: tokens.revoke,
    }


def queries() -> dict[ActionId, Callable[[Platform, OptionsQuery], Coroutine[Any, Any, list[Choice]]]]:
    """Type-aheads: what each offers."""
    return {
        ActionId.ACCOUNT: request.look_up,
        ActionId.PERMISSION_SET: request.look_up,
        ActionId.GROUP: request_group.look_up,
        ActionId.DURATION: request.look_up,
        ActionId.ALLOWED: review.look_up,
        ActionId.AUDIT_PERSON: audit.look_up,
        ActionId.AUDIT_ACCOUNT: audit.look_up,
        ActionId.AUDIT_PERMISSION_SET: audit.look_up,
        ActionId.AUDIT_APPROVER: audit.look_up,
        ActionId.FIND_USERS: policy.look_up,
        ActionId.FIND_GROUPS: policy.look_up,
        ActionId.FIND_ACCOUNTS: policy.look_up,
        ActionId.FIND_OUS: policy.look_up,
        ActionId.FIND_DIRECT_OUS: policy.look_up,
        ActionId.FIND_PERMISSION_SETS: policy.look_up,
        ActionId.FIND_OPENED_SETS: policy.look_up,
    }


def forms() -> dict[FormId, Callable[[Platform, FormSubmission], Coroutine[Any, Any, FormAnswer]]]:
    """Screens that are sent."""
    return {
        FormId.REQUEST: request.submit,
        FormId.REQUEST_GROUP: request.submit_group,
        FormId.REJECT: partial(review.submit, verdict=Verdict.REJECT),
        FormId.APPROVE: partial(review.submit, verdict=Verdict.APPROVE),
        FormId.CONFIRM: partial(review.submit, verdict=Verdict.APPROVE, needs_words=False),
        FormId.REJECT_ALL: partial(review_all.submit, verdict=Verdict.REJECT),
        FormId.APPROVE_ALL: partial(review_all.submit, verdict=Verdict.APPROVE),
        FormId.CONFIRM_ALL: partial(review_all.submit, verdict=Verdict.APPROVE, needs_words=False),
        FormId.SHORTEN: review.submit_shorter,
        FormId.REVOKE: ending.submit,
        FormId.REVOKE_ALL: ending_all.submit,
        FormId.CLOSE: closing.submit,
        FormId.AUDIT_SEARCH: audit.submit,
        FormId.POLICY: policy_change.submit_form,
        FormId.BUNDLE: policy_change.submit_form,
        FormId.SETTINGS: policy_change.submit_form,
        FormId.PREVIEW: policy_change.save,
        FormId.EXPLAIN: explain.submit,
        FormId.RELEASE: pairs.submit,
        FormId.TOKEN: tokens.submit,
    }


def subcommands() -> dict[str, Callable[[Platform, TypedCommand], Work]]:
    """The flow for each word of ``SUBCOMMANDS``, and for ``home``."""
    return {
        "home": _alone(home.show),
        "help": _alone(show.explain_commands),
        "request": request.command,
        "requests": _alone(show.requests),
        "show": show.show,
        "cancel": ending.cancel,
        "revoke": ending.revoke,
        "close": closing.command,
        "approvals": _alone(waiting.approvals),
        "audit": audit.command,
        "report": report.command,
        "policy": policy.command,
        "settings": _alone(settings.open_form),
        "tokens": _alone(tokens.open_list),
        "logs": activity.command,
        "whoami": _alone(show.whoami),
    }


def shortcuts() -> dict[ShortcutId, Callable[[Platform, ShortcutUse], Work]]:
    """Shortcuts: chosen where nothing of the bot is open."""
    return {
        ShortcutId.REQUEST: lambda platform, shortcut: request.open_form(platform, shortcut.sender),
        ShortcutId.MINE: own.open_access,
        ShortcutId.ABOUT: request.about_message,
    }


def _alone(flow: Callable[[Platform, Sender], Work]) -> Callable[[Platform, TypedCommand], Work]:
    """The flow of a word that takes nothing behind it: it needs to know who typed it, and no more."""
    return lambda platform, command: flow(platform, command.sender)


def subcommand(platform: Platform, command: TypedCommand) -> Work:
    """A word that is none of the platform's is answered with help, and with what was meant."""
    word = command.word or "help"
    known = subcommands().get(word) if word in {each.word for each in platform.subcommands} else None
    return known(platform, command) if known else show.explain_commands(platform, command.sender, unknown=command.word)


async def _ask(platform: Platform, press: ButtonPress) -> None:
    await request.open_form(platform, press.sender)


async def _nothing(platform: Platform, press: ButtonPress) -> None:
    """A platform tells of it; it has been acknowledged, and that is all."""
