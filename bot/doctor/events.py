"""The doctor's lines about the places outside that get the events of the audit trail: reached, and up to date."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from bot.compose import Infrastructure, deliveries_of, mail_of, receivers_in_aws, webhook_of
from bot.doctor.line import DoctorLine, not_checked
from bot.secret_values import SecretValues
from bot.settings import ProcessSettings
from core.adapters.aws.mail import SesMail
from core.domain.alarm import EVENTS_WITHIN
from core.domain.durations import show_duration
from core.domain.errors import Upstream
from core.domain.outgoing_events import Destination
from core.services.audit.delivery_progress import DeliveryState, delivery_states
from handlers.words.alarm_words import DESTINATIONS
from handlers.words.counts import counted

Check = Callable[[], Awaitable[str]]
_MAIL = "E-mail"


async def event_lines(
    settings: ProcessSettings, base: Infrastructure, *, asks_aws: bool = True
) -> AsyncIterator[DoctorLine]:
    """A line for each destination that is set up; nothing is handed over. The bucket has a line of its own."""
    names, checks = deliveries_of(settings), _checks(settings, base, asks_aws=asks_aws)
    for state in await delivery_states(base.database.look, names):
        yield await _line(state, checks.get(state.name), base)
    if (mail := mail_of(settings, base.aws)) is None:
        return
    if asks_aws:
        yield await _mail_line(mail)
    else:
        for line in not_checked(_MAIL, because="it needs AWS"):
            yield line


async def _mail_line(mail: SesMail) -> DoctorLine:
    try:
        return DoctorLine(_MAIL, ok=True, detail=await mail.check())
    except Upstream as error:
        return DoctorLine(_MAIL, ok=False, detail=str(error))


def _checks(settings: ProcessSettings, base: Infrastructure, *, asks_aws: bool) -> Mapping[str, Check]:
    async def webhook() -> str:
        async with webhook_of(settings, SecretValues(settings)) as receiver:
            return await receiver.check()

    in_aws = {to.value: receiver.check for to, receiver in receivers_in_aws(settings, base.aws).items() if asks_aws}
    return {Destination.WEBHOOK.value: webhook, **in_aws}


async def _line(state: DeliveryState, check: Check | None, base: Infrastructure) -> DoctorLine:
    what, behind = f"Events to {DESTINATIONS[state.name]}", state.behind(base.clock.now())
    try:
        reached = f"{await check()}; " if check else ""
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=f"{error} {_waiting(state)} (teambot events)".strip())
    is_late = behind > EVENTS_WITHIN
    return DoctorLine(what, ok=not is_late, detail=f"{reached}{_waiting(state)}{_since(state, base)}")


def _waiting(state: DeliveryState) -> str:
    if state.progress is None:
        return "nothing was sent yet"
    if not state.waiting:
        return f"all is sent, up to event {state.progress.seq}"
    return f"{state.waiting} events wait behind event {state.progress.seq}"


def _since(state: DeliveryState, base: Infrastructure) -> str:
    """The last answer, while one is being tried again."""
    if state.progress is None or not state.progress.attempts:
        return ""
    for_ = show_duration(state.behind(base.clock.now()))
    tries = counted(state.progress.attempts, "failed try", "failed tries")
    return f", for {for_}, after {tries}: {state.progress.error} (teambot events: which one, and what to do)"
