"""Files on a platform that asks first: offered, made anew once accepted, and sent once to whom they are for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from core.domain.commands import ExportKind, StartExport, TakeFile
from core.domain.errors import AnswerLost, UpstreamBusy
from core.domain.notice_content import Exported
from core.domain.outcome import Outcome, Result
from core.ports import ChatPlatform, ChatPlatforms
from core.services.runtime.retries import KEPT
from tests.contents import content_of
from tests.services.company import MINUTE, Member
from tests.services.quick import QuickSqlite
from tests.services.two_platforms import TwoPlatforms, both

ACCEPTED = {"uploadUrl": "https://example.sharepoint.com/upload", "offer": "m1"}


@pytest.fixture
async def world(quick_sqlite: QuickSqlite) -> AsyncIterator[TwoPlatforms]:
    async with both(quick_sqlite.fresh()) as world:
        yield world


async def offered(world: TwoPlatforms) -> int:
    """The id of the export that Erin was offered in Teams."""
    erin = world.on_teams(world.erin)
    await world.done(StartExport(erin.chat, world.key(), export=ExportKind.REQUESTS, subject=""))
    await work(world)
    (*_, (_, file, _)) = world.teams_offers.offered
    return file.export_id


async def take(world: TwoPlatforms, export_id: int, who: Member | None = None, key: str = "take") -> Outcome:
    actor = (who or world.on_teams(world.erin)).chat
    outcome = await world.done(TakeFile(actor, key, export_id=export_id, accepted=ACCEPTED))
    await work(world)
    return outcome


async def work(world: TwoPlatforms) -> None:
    for _ in range(6):
        await world.services.exports.work()
        await world.services.exports.done()
        world.clock.move(2 * MINUTE)
    await world.settle()


def got(world: TwoPlatforms) -> int:
    return len(world.teams_offers.files.shown)


async def recorded(world: TwoPlatforms) -> list[Any]:
    return [event["action"] for event in await world.events() if event["action"].startswith("export.")]


async def test_a_file_is_offered_with_what_it_holds_and_sent_when_it_is_accepted(world: TwoPlatforms) -> None:
    await world.asked()
    export_id = await offered(world)
    ((user, file, notice),) = world.teams_offers.offered
    assert (user, content_of(notice, Exported).rows, got(world)) == (world.erin.chat.user, 1, 0)
    assert file.name.endswith(".csv")
    await world.asked(world.dan)
    assert (await take(world, export_id)).result is Result.EXPORTING
    assert world.teams_offers.accepted[-1] == ACCEPTED
    ((_, shown, told),) = world.teams_offers.files.shown
    content = world.teams_offers.files.uploaded[shown]
    assert (content_of(told, Exported).rows, len(content) > file.size) == (2, True), (
        "it is made anew when it is accepted"
    )
    assert await recorded(world) == ["export.asked", "export.offered", "export.accepted", "export.sent"]
    assert world.files.shown == []


async def test_accepted_twice_it_comes_once(world: TwoPlatforms) -> None:
    export_id = await offered(world)
    for _ in range(2):
        await take(world, export_id)
    assert got(world) == 1


async def test_what_is_still_being_made_for_one_acceptance_is_not_made_twice(world: TwoPlatforms) -> None:
    export_id, erin = await offered(world), world.on_teams(world.erin).chat
    for key in ("first", "second"):
        await world.done(TakeFile(erin, key, export_id=export_id, accepted=ACCEPTED))
    await work(world)
    assert got(world) == 1
    assert (await recorded(world)).count("export.accepted") == 1


@pytest.mark.parametrize("who", ["bob", "erin"])
async def test_somebody_else_gets_nothing_by_it_the_same_person_elsewhere_included(
    world: TwoPlatforms, who: str
) -> None:
    export_id = await offered(world)
    other: Member = getattr(world, who)
    other = other if who == "erin" else world.on_teams(other)
    assert (await take(world, export_id, other)).result is Result.NOT_FOUND
    assert (await take(world, export_id + 1000)).result is Result.NOT_FOUND
    assert got(world) == 0


async def test_who_may_have_it_no_longer_gets_nothing(world: TwoPlatforms) -> None:
    export_id = await offered(world)
    world.principals.leave("Auditors", world.erin.id)
    assert (await take(world, export_id)).result is Result.DECLINED
    assert got(world) == 0


async def test_an_offer_is_good_for_as_long_as_it_is_known(world: TwoPlatforms) -> None:
    export_id = await offered(world)
    world.clock.move(KEPT / 4)
    assert (await take(world, export_id, key="later")).result is Result.EXPORTING
    assert got(world) == 1
    world.clock.move(KEPT)
    await world.services.exports.forget()
    assert (await take(world, export_id, key="too late")).result is Result.NOT_FOUND


async def test_one_whose_showing_is_not_answered_is_shown_again_and_not_made_again(world: TwoPlatforms) -> None:
    export_id = await offered(world)
    world.teams_offers.files.share_fails.extend([UpstreamBusy("away"), AnswerLost("lost")])
    await take(world, export_id)
    assert (got(world), len(world.teams_offers.files.uploaded)) == (1, 1)


async def test_where_a_platform_takes_no_files_the_person_is_told(
    world: TwoPlatforms, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = ChatPlatform(world.teams_chat, world.teams_messenger, world.teams_screens)
    platforms = world._platforms()
    monkeypatch.setattr(world, "_platforms", lambda: ChatPlatforms({**platforms.by_name, "teams": teams}))
    world.start()
    erin = replace(world.on_teams(world.erin))
    await world.done(StartExport(erin.chat, world.key(), export=ExportKind.REQUESTS, subject=""))
    await work(world)
    assert (await recorded(world))[-1] == "export.failed"
    assert world.teams_messenger.topics(world.erin.chat.user)[-1] == "export_failed"
