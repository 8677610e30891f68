"""The list of targets in the form **Bundle**: **Add a target** and **Remove**. ``policy_change`` takes what is sent."""

from core.domain.errors import Reason, Refusal, Refused
from core.domain.open_requests import MOST_TARGETS
from handlers.flows.platform import ButtonPress, Platform
from handlers.screens import bundle_form, favourites
from handlers.screens.bundle_form import BundleState, TargetNotAdded


async def add_target(platform: Platform, press: ButtonPress) -> None:
    """Take what is chosen into the list, and empty both fields for another."""
    state = _state(press)
    target = bundle_form.target_of(press.filled, state)
    if target is None:
        await _redraw(platform, press, state, TargetNotAdded.INCOMPLETE)
    elif target in state.targets:
        await _redraw(platform, press, state, TargetNotAdded.THERE)
    elif len(state.targets) >= MOST_TARGETS:
        await _redraw(platform, press, state, TargetNotAdded.FULL)
    else:
        await _redraw(platform, press, state.with_added(target))


async def remove_target(platform: Platform, press: ButtonPress) -> None:
    """Take a target out of the list."""
    await _redraw(platform, press, _state(press).without(favourites.read(press.value)))


def _state(press: ButtonPress) -> BundleState:
    state = BundleState.load(press.filled.memo)
    if state is None:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
    return state


async def _redraw(
    platform: Platform, press: ButtonPress, state: BundleState, not_added: TargetNotAdded | None = None
) -> None:
    admin = await platform.services.administration.admins.require(press.sender.chat_user, fresh=False)
    typed = bundle_form.name_of(press.filled)
    form = bundle_form.build(state, typed, admin.book, admin.names, not_added)
    await platform.exchange(press.screen_id, form, seen=press.screen_version, insist=True)
