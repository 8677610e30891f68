"""The commands about pairs of chat users and Identity Center users. Each returns its exit code."""

from collections.abc import Sequence

from bot.compose import Infrastructure, database_of, open_infrastructure
from bot.operator import operator_name
from bot.said import say
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.domain.errors import Upstream
from core.domain.pairing import Pairing
from core.domain.request import Actor
from core.services.context.pairs import Pairs
from core.services.policies.pair_release import PairRelease
from handlers.words import pair_words

IN_BULK = "the identity source was changed"


async def suspended(settings: ProcessSettings) -> int:
    """List them with their names; by ids alone while AWS does not tell the names."""
    async with database_of(settings) as database:
        await need_schema(database)
        async with database.look() as unit:
            held = await unit.pins.held()
    if not held:
        return 0
    try:
        async with open_infrastructure(settings) as base:
            _show(await _releasing(base).waiting())
    except Upstream as error:
        for pin in held:
            say(f"{pin.chat_user.team} {pin.chat_user.user}: {pair_words.by_ids(pin)}")
        say(f"Their names are not known: {error}", err=True)
    return 0


async def release(settings: ProcessSettings, words: Sequence[str], reason: str, *, dry_run: bool) -> int:
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        releasing = _releasing(base)
        pairing = await releasing.find(*words)
        if dry_run:
            _show([pairing])
            return 0
        pin = await releasing.release(pairing, _operator(), reason)
    say(f"{pin.chat_user.team} {pin.chat_user.user} is {pin.principal_id} from now on.")
    return 0


async def release_all(settings: ProcessSettings, reason: str, *, dry_run: bool) -> int:
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        releasing = _releasing(base)
        waiting = await releasing.waiting()
        sure = [each for each in waiting if each.is_sure]
        left = [each for each in waiting if not each.is_sure]
        _show(sure)
        done = 0 if dry_run else await releasing.release_all(sure, _operator(), reason or IN_BULK)
    if dry_run:
        say(f"{len(sure)} would be released; run it without --dry-run. {len(left)} would be left.")
    else:
        say(f"{done} released, {len(waiting) - done} left.")
    if left:
        say("Left, to be looked at and released one by one:")
        _show(left)
    return 0


def _show(pairings: Sequence[Pairing]) -> None:
    for pairing in pairings:
        user = pairing.pin.chat_user
        say(f"{user.team} {user.user}: {pair_words.told(pairing)}")


def _releasing(base: Infrastructure) -> PairRelease:
    pairs = Pairs(base.database.open, base.database.look, base.directory, base.clock)
    return PairRelease(base.database.open, base.directory, pairs)


def _operator() -> Actor:
    return Actor(name=operator_name())
