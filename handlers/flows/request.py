"""Asking: the form **Request access**, from the command to the answer."""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.domain.errors import Field, NotFound
from core.domain.favourites import bundle_of
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target
from core.domain.request import Request, Shown, Status, extension_start
from core.services.queries.form_options import NOTHING_LEFT_OUT, LeftOut
from handlers.flows import request_answer, request_group
from handlers.flows.answers import FormAnswer, wrong
from handlers.flows.opening import open_when_ready
from handlers.flows.platform import (
    ButtonPress,
    FormSubmission,
    OptionsQuery,
    Platform,
    Sender,
    ShortcutUse,
    TypedCommand,
)
from handlers.screens import favourites, group_form, request_form, request_note
from handlers.screens.choices import account_choices, duration_choices, permission_set_choices
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice
from handlers.screens.request_state import FormState
from handlers.screens.screen import Screen
from handlers.screens.target_list import Several, Unadded, bundle_input


@dataclass(frozen=True, slots=True)
class WantedForm:
    """The values that the form is opened with; empty for an empty one."""

    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    filled: request_form.Prefill = field(default_factory=request_form.Prefill)
    added: tuple[Target, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT
    """The part of a bundle that was named which this person does not get."""


async def command(platform: Platform, command: TypedCommand) -> None:
    """``request``, alone or with what is wanted behind it; a group behind the word ``group``."""
    wanted = await _group_wanted(platform, command) if command.rest else None
    if wanted is not None:
        await request_group.open_form(platform, command.sender, wanted)
        return
    await open_form(platform, command.sender, _shortcut(platform, command) if command.rest else None)


async def open_form(platform: Platform, sender: Sender, wanting: Awaitable[WantedForm] | None = None) -> None:
    """Open the form, or say why there is none for this person."""
    making = _first_screen(platform, sender, wanting or _known(WantedForm()))
    await open_when_ready(platform, sender, request_note.TITLE, making, "Looking up what you may ask for …")


async def ask_again(platform: Platform, press: ButtonPress) -> None:
    """Open the form with the values of an own request."""
    like = await _own(platform, press)
    if like.target.group is not None:
        wanted = request_group.WantedGroup(like.target.group, request_form.like(like))
        await request_group.open_form(platform, press.sender, wanted)
        return
    await open_form(platform, press.sender, _again(platform, press))


async def ask_for_favourite(platform: Platform, press: ButtonPress) -> None:
    """Open the form with a target, group or bundle that was asked for before, or starred."""
    target = favourites.read(press.value)
    if target is None:
        raise NotFound
    if (word := bundle_of(target)) is not None:
        await open_form(platform, press.sender, _of_bundle(platform, press, word))
        return
    if target.group is not None:
        await request_group.open_form(platform, press.sender, request_group.WantedGroup(target.group))
        return
    await open_form(platform, press.sender, _known(WantedForm(target.account, target.permission_set)))


async def _of_bundle(platform: Platform, press: ButtonPress, word: str) -> WantedForm:
    """The targets of a bundle in the list; an empty form where there is no such bundle for this person any more."""
    offered = await platform.services.form_options.bundles(press.sender.chat_user)
    bundle = next((each for each in offered if each.name == word), None)
    return WantedForm(added=bundle.targets, left_out=bundle.left_out) if bundle else WantedForm()


async def extend(platform: Platform, press: ButtonPress) -> None:
    """Open the form for more of the access that an own request holds, beginning before that one ends."""
    like = await _own(platform, press)
    if like.target.group is not None:
        wanted = request_group.WantedGroup(like.target.group, _prolonging(like, platform.clock.now()))
        await request_group.open_form(platform, press.sender, wanted)
        return
    await open_form(platform, press.sender, _more(platform, press))


async def about_message(platform: Platform, shortcut: ShortcutUse) -> None:
    """Open the form with somebody's message as the justification, and with its link."""
    justification = request_form.quoting(shortcut.quoted, shortcut.link)
    filled = WantedForm(filled=request_form.Prefill(justification=justification, quotes=bool(justification)))
    await open_form(platform, shortcut.sender, _known(filled))


async def _known(wanted: WantedForm) -> WantedForm:
    return wanted


async def _again(platform: Platform, press: ButtonPress) -> WantedForm:
    like = await _own(platform, press)
    return WantedForm(like.target.account, like.target.permission_set, request_form.like(like))


async def _more(platform: Platform, press: ButtonPress) -> WantedForm:
    like = await _own(platform, press)
    return WantedForm(like.target.account, like.target.permission_set, _prolonging(like, platform.clock.now()))


def _prolonging(like: Request, now: datetime) -> request_form.Prefill:
    filled = replace(request_form.like(like), extends=like)
    if like.status is not Status.ACTIVE:
        return filled
    return replace(filled, justification="", start_at=extension_start(like, now))


async def _own(platform: Platform, press: ButtonPress) -> Request:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    return await platform.services.request_queries.own_one(press.sender.chat_user, shown.request_id)


async def _shortcut(platform: Platform, command: TypedCommand) -> WantedForm:
    read = await platform.services.request_line.read(command.sender.chat_user, command.rest)
    filled = request_form.Prefill(
        duration=read.duration,
        justification=read.justification,
        not_understood=read.not_understood,
        alike=read.alike,
    )
    return WantedForm(read.account, read.permission_set, filled, read.targets, read.left_out)


async def _group_wanted(platform: Platform, command: TypedCommand) -> request_group.WantedGroup | None:
    """The group, and the rest, typed behind ``request group``; None for a line that is about an account."""
    read = await platform.services.request_line.read_group(command.sender.chat_user, command.rest)
    if read is None:
        return None
    filled = request_form.Prefill(
        duration=read.duration, justification=read.justification, not_understood=read.not_understood
    )
    return request_group.WantedGroup(read.group, filled)


async def _first_screen(platform: Platform, sender: Sender, wanting: Awaitable[WantedForm]) -> Screen:
    choosing, user = platform.services.form_options, sender.chat_user
    wanted = await wanting
    if await choosing.asks_for_groups_alone(user):
        typed = wanted.filled.not_understood.get(Field.DURATION)
        unclear: dict[Field, str] = {} if typed is None else {Field.DURATION: typed}
        of_group = request_group.WantedGroup(filled=replace(wanted.filled, not_understood=unclear))
        return await request_group.first_screen(platform, sender, of_group)
    await choosing.may_ask(user)
    preview = await choosing.preview(user, wanted.account, wanted.permission_set)
    state = FormState(
        key=sender.key,
        account=wanted.account if preview.account else None,
        permission_set=wanted.permission_set if preview.permission_set else None,
        extends=wanted.filled.extends.id if wanted.filled.extends else None,
        quotes=wanted.filled.quotes,
        added=wanted.added,
    )
    if state.target is not None and preview.eligibility is None:
        state = replace(state, account=None, permission_set=None)
        preview = await choosing.preview(user, None, None)
    _look_ahead(platform, sender, state.target)
    listed, bundles = await choosing.listed(user, state.added), await choosing.bundles(user)
    several = Several(listed, bundles=bundles, left_out=wanted.left_out)
    return request_form.build(state, preview, wanted.filled, platform.clock.now(), several)


async def choose(platform: Platform, press: ButtonPress) -> None:
    """An account or permission set was chosen: narrow the other, and show what applies. A bundle goes into the list."""
    state = request_form.chosen(press.filled)
    bundle = press.filled.chosen(bundle_input(state))
    if bundle:
        await _take_bundle(platform, press, state, bundle)
        return
    changed = Field.ACCOUNT if press.action_id == ActionId.ACCOUNT else Field.PERMISSION_SET
    if state.target is not None and not await _is_open(platform, press.sender, state):
        state = state.emptied(changed)
    both = state.target is not None  # a press that knew of one alone is older than this
    await _redraw(platform, press, state, insist=both)


async def _take_bundle(platform: Platform, press: ButtonPress, state: FormState, name: str) -> None:
    """Take a bundle into the list, with what is chosen beside it; not at all where there is no room for all of it."""
    offered = await platform.services.form_options.bundles(press.sender.chat_user)
    taken = next((each for each in offered if each.name == name), None)
    chosen = [state.target] if state.target and await _is_open(platform, press.sender, state) else []
    after = state.with_bundle(*chosen, *(taken.targets if taken else ()))
    if len(after.added) > MOST_TARGETS:
        await _redraw(platform, press, state.with_bundle(), Unadded.FULL, insist=True)
        return
    await _redraw(platform, press, after, left_out=taken.left_out if taken else NOTHING_LEFT_OUT, insist=True)


async def add_target(platform: Platform, press: ButtonPress) -> None:
    """**Add a target**: take what is chosen into the list, and empty both fields for another."""
    state = request_form.chosen(press.filled)
    unadded = None
    if state.target is None or not await _is_open(platform, press.sender, state):
        unadded = Unadded.INCOMPLETE
    elif state.target in state.added:
        unadded = Unadded.THERE
    elif len(state.added) >= MOST_TARGETS:
        unadded = Unadded.FULL
    else:
        state = state.with_added(state.target)
    await _redraw(platform, press, state, unadded, insist=True)


async def remove_target(platform: Platform, press: ButtonPress) -> None:
    """**Remove**: take a target out of the list."""
    state = request_form.chosen(press.filled).without(favourites.read(press.value))
    await _redraw(platform, press, state, insist=True)


async def _is_open(platform: Platform, sender: Sender, state: FormState) -> bool:
    """True if the person may ask for the chosen target."""
    preview = await platform.services.form_options.preview(sender.chat_user, state.account, state.permission_set)
    return preview.eligibility is not None


async def _redraw(
    platform: Platform,
    press: ButtonPress,
    state: FormState,
    unadded: Unadded | None = None,
    *,
    insist: bool,
    left_out: LeftOut = NOTHING_LEFT_OUT,
) -> None:
    options, user = platform.services.form_options, press.sender.chat_user
    preview = await options.preview(user, state.account, state.permission_set)
    filled = await _still_prolonging(platform, press.sender, state)
    _look_ahead(platform, press.sender, state.target)
    several = Several(await options.listed(user, state.added), unadded, await options.bundles(user), left_out)
    form = request_form.build(state, preview, filled, platform.clock.now(), several)
    await platform.exchange(press.screen_id, form, seen=press.screen_version, insist=insist)


async def _still_prolonging(platform: Platform, sender: Sender, state: FormState) -> request_form.Prefill | None:
    """The values of the request that the form was opened to prolong, as long as it asks for the same."""
    if state.extends is None:
        return None
    like = await platform.services.request_queries.own_one(sender.chat_user, state.extends)
    return _prolonging(like, platform.clock.now()) if like.target == state.target else None


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Answer a type-ahead with what this person may ask for."""
    state, user = _state_of(lookup), lookup.sender.chat_user
    joined = group_form.target_of(lookup.filled)
    if lookup.action_id == ActionId.ACCOUNT:
        choices = await platform.services.form_options.accounts(user, lookup.typed, state.permission_set)
        return account_choices(choices)
    if lookup.action_id == ActionId.PERMISSION_SET:
        found = await platform.services.form_options.permission_sets(user, lookup.typed, state.account)
        return permission_set_choices(found)
    targets = (joined,) if joined is not None else state.targets
    _look_ahead(platform, lookup.sender, targets[-1] if len(targets) == 1 else None)
    return duration_choices(await platform.services.form_options.durations(user, lookup.typed, targets))


def _look_ahead(platform: Platform, sender: Sender, target: Target | None) -> None:
    """See behind the answer who holds a chosen target: by that the form is answered when it is sent."""
    if target is not None:
        platform.boundary.go_on("request", sender, platform.services.form_options.look_ahead(sender.chat_user, target))


def _state_of(lookup: OptionsQuery) -> FormState:
    """The choice so far: the inputs say it, and where they are not sent along, the form's own note."""
    filled = lookup.filled
    return request_form.chosen(filled) if filled.answers else FormState.load(filled.memo)


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Judge a submitted form."""
    bundle = bundle_input(request_form.chosen(submission.filled))
    if submission.filled.chosen(bundle):  # a platform that tells of no choice before something is pressed
        return wrong(bundle, Unadded.BUNDLE)
    return await request_answer.judge(platform, submission, request_form.parse(submission.filled))


async def submit_group(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """The same for membership of a group."""
    return await request_answer.judge(platform, submission, group_form.parse(submission.filled))
