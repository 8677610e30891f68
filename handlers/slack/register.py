"""Every listener in one list: which id leads where.

A listener acknowledges, reads the payload, and hands the work to the boundary. Nothing else.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from core.domain.approval import Verdict
from core.domain.errors import Reason, Refusal
from core.ports import CommandKind
from handlers.flows import (
    activity,
    administration,
    audit,
    closing,
    ending,
    explain,
    exports,
    home,
    pairs,
    policy,
    policy_change,
    policy_waiting,
    report,
    request,
    review,
    settings,
    show,
    waiting,
)
from handlers.flows.answers import FormAnswer
from handlers.screens.ids import ActionId, FormId
from handlers.screens.inputs import Choice
from handlers.slack.context import SlackContext
from handlers.slack.drawing.answers import form_response
from handlers.slack.drawing.render import render_options
from handlers.slack.payloads import (
    Body,
    ButtonClick,
    OptionsQuery,
    Sender,
    SlashCommand,
    ViewSubmission,
    read_button_click,
    read_command,
    read_enterprise,
    read_options_query,
    read_sender,
    read_submission,
)
from handlers.words import sentences

Work = Coroutine[Any, Any, None]


def register(app: AsyncApp, slack: SlackContext) -> None:
    """Connect every id of the manifest and of the views with its work."""
    app.middleware(_from_here(slack))
    app.command(slack.command)(_command(slack))
    for action_id, pressed in _presses().items():
        app.action(action_id.value)(_press(slack, pressed))
    for action_id, look_up in _lookups().items():
        app.options(action_id.value)(_options(slack, look_up))
    for callback_id, submitted in _submissions().items():
        app.view(callback_id.value)(_submission(slack, submitted))
    app.event("app_home_opened")(_home(slack))
    app.event("user_change")(_user_change(slack))


def _from_here(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    """What comes out of another enterprise goes no further, whoever the profile says that it is (rule 1)."""

    async def middleware(ack: AsyncAck, body: Body, next_: Callable[[], Awaitable[None]]) -> None:
        enterprise = read_enterprise(body)
        if not enterprise or await slack.links.is_of(enterprise):
            await next_()
            return
        await ack()
        if "event" not in body:
            sender = read_command(body).sender if "command" in body else read_sender(body)
            slack.boundary.take("other enterprise", sender, _refuse_outsider(slack, sender))

    return middleware


async def _refuse_outsider(slack: SlackContext, sender: Sender) -> None:
    await slack.answers.privately(sender, sentences.refusal(Refusal(Reason.OTHER_WORKSPACE)))


def _presses() -> dict[ActionId, Callable[[SlackContext, ButtonClick], Work]]:
    return {
        ActionId.ASK: _ask,
        ActionId.ASK_AGAIN: request.ask_again,
        ActionId.ACCOUNT: request.choose,
        ActionId.PERMISSION_SET: request.choose,
        ActionId.DURATION: _nothing,
        ActionId.START: _nothing,
        ActionId.APPROVE: review.press,
        ActionId.REJECT: review.press,
        ActionId.SHORTEN: review.press,
        ActionId.ALLOWED: _nothing,
        ActionId.EXTEND: request.extend,
        ActionId.REVOKE: ending.ask,
        ActionId.CANCEL: ending.press,
        ActionId.CLOSE: closing.press,
        ActionId.DETAILS: show.open_details,
        ActionId.OLDER: show.older,
        ActionId.HOME_ONWARD: home.turn,
        ActionId.HOME_BACK: home.turn,
        ActionId.AUDIT_SEARCH: audit.open_form,
        ActionId.AUDIT_EXPORT: exports.requests,
        ActionId.AUDIT_SHOW: audit.show,
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


def _presses_on_policies() -> dict[ActionId, Callable[[SlackContext, ButtonClick], Work]]:
    return {
        ActionId.POLICIES: policy.press_list,
        ActionId.WARNINGS: administration.press_warnings,
        ActionId.POLICY: policy.press_policy,
        ActionId.POLICY_NEW: policy.press_new,
        ActionId.POLICY_CREATE: policy.press_create,
        ActionId.POLICY_EDIT: policy.press_edit,
        ActionId.POLICY_DELETE: policy.press_delete,
        ActionId.POLICY_BACK: policy_change.back,
        ActionId.POLICY_HISTORY: policy.press_history,
        ActionId.POLICY_REVISION: policy.press_revision,
        ActionId.POLICY_RESTORE: policy.press_restore,
        ActionId.CHANGE_APPROVE: policy_waiting.press,
        ActionId.CHANGE_REJECT: policy_waiting.press,
        ActionId.CHANGE_DETAILS: policy_waiting.press_details,
        ActionId.CHANGE_AGAIN: policy_waiting.press_again,
        ActionId.EXPLAIN: explain.press,
        ActionId.SETTINGS: settings.press,
    }


def _lookups() -> dict[ActionId, Callable[[SlackContext, OptionsQuery], Coroutine[Any, Any, list[Choice]]]]:
    return {
        ActionId.ACCOUNT: request.look_up,
        ActionId.PERMISSION_SET: request.look_up,
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


def _submissions() -> dict[FormId, Callable[[SlackContext, ViewSubmission], Coroutine[Any, Any, FormAnswer]]]:
    return {
        FormId.REQUEST: request.submit,
        FormId.REJECT: partial(review.submit, verdict=Verdict.REJECT),
        FormId.APPROVE: partial(review.submit, verdict=Verdict.APPROVE),
        FormId.CONFIRM: partial(review.submit, verdict=Verdict.APPROVE, needs_words=False),
        FormId.SHORTEN: review.submit_shorter,
        FormId.REVOKE: ending.submit,
        FormId.CLOSE: closing.submit,
        FormId.AUDIT_SEARCH: audit.submit,
        FormId.POLICY: policy_change.submit_form,
        FormId.SETTINGS: policy_change.submit_form,
        FormId.PREVIEW: policy_change.save,
        FormId.EXPLAIN: explain.submit,
        FormId.RELEASE: pairs.submit,
    }


def _subcommands() -> dict[str, Callable[[SlackContext, SlashCommand], Work]]:
    return {
        "": lambda slack, command: show.explain_commands(slack, command.sender),
        "help": lambda slack, command: show.explain_commands(slack, command.sender),
        "request": request.command,
        "requests": lambda slack, command: show.requests(slack, command.sender),
        "show": show.show,
        "cancel": partial(ending.command, kind=CommandKind.CANCEL),
        "revoke": partial(ending.command, kind=CommandKind.REVOKE),
        "close": closing.command,
        "approvals": lambda slack, command: waiting.approvals(slack, command.sender),
        "audit": audit.command,
        "report": report.command,
        "policy": policy.command,
        "settings": lambda slack, command: settings.open_form(slack, command.sender),
        "logs": activity.command,
        "whoami": lambda slack, command: show.whoami(slack, command.sender),
    }


def _subcommand(slack: SlackContext, command: SlashCommand) -> Work:
    known = _subcommands().get(command.word)
    return known(slack, command) if known else show.explain_commands(slack, command.sender, unknown=command.word)


def _command(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        command = read_command(body)
        slack.boundary.take("command", command.sender, _subcommand(slack, command))

    return listener


def _press(slack: SlackContext, work: Callable[[SlackContext, ButtonClick], Work]) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        press = read_button_click(body)
        slack.boundary.take(press.action_id, press.sender, work(slack, press))

    return listener


def _options(
    slack: SlackContext, look_up: Callable[[SlackContext, OptionsQuery], Coroutine[Any, Any, list[Choice]]]
) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        lookup = read_options_query(body)
        found = await slack.boundary.in_time(
            f"options {lookup.action_id}", lookup.sender, look_up(slack, lookup), otherwise=[]
        )
        await ack(options=render_options(found))

    return listener


def _submission(
    slack: SlackContext, work: Callable[[SlackContext, ViewSubmission], Coroutine[Any, Any, FormAnswer]]
) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        submission = read_submission(body)
        answer = await slack.boundary.answer(
            f"form {submission.view['callback_id']}", submission, work(slack, submission)
        )
        await ack(**form_response(answer))

    return listener


def _home(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        await ack()
        if body["event"].get("tab") == "home":
            sender = read_sender({"user": {"id": body["event"]["user"]}, "team": {"id": body["team_id"]}})
            slack.boundary.take("home", sender, home.show(slack, sender))

    return listener


def _user_change(slack: SlackContext) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Body) -> None:
        """What is remembered of a profile may be wrong from now on: somebody may have been deactivated."""
        await ack()
        slack.forget_user(str((body["event"].get("user") or {}).get("id") or ""))

    return listener


async def _ask(slack: SlackContext, press: ButtonClick) -> None:
    await request.open_form(slack, press.sender)


async def _nothing(slack: SlackContext, press: ButtonClick) -> None:
    """Slack tells of it; it has been acknowledged, and that is all."""
