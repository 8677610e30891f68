"""Files in Teams: offered, uploaded whole to Microsoft's own addresses, and seen where the offer stood."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from core.adapters.storage.engine import Database
from core.domain.commands import ExportKind
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.notice_content import Exported
from core.domain.notices import Form, Notice, Recipient
from core.domain.people import ChatUser
from core.ports import FileOffers, OfferedFile
from handlers.bot_connector import messages, uploads
from handlers.bot_connector.clouds import CLOUDS
from handlers.bot_connector.uploads import Uploads
from handlers.teams.files import TeamsFiles
from handlers.teams.readers import Readers
from handlers.web_api.uploads import PIECE
from infra.sandbox.local_teams import LocalTeams
from tests.contracts.teams_benches import SendingSide, ada_of, sending_side, tenant_of_two
from tests.fakes.clock import FakeClock
from tests.handlers.teams.bot_connector import BotConnector

CONTENT = b"request,person\n" + b"R-1,\xc3\x84da\n" * PIECE


@pytest.fixture
async def local(clock: FakeClock) -> AsyncIterator[LocalTeams]:
    async with LocalTeams(tenant_of_two(clock)) as teams:
        yield teams


@pytest.fixture
async def side(local: LocalTeams, database: Database, clock: FakeClock) -> AsyncIterator[SendingSide]:
    async with sending_side(local, database, clock) as side:
        yield side


@pytest.fixture
def files(side: SendingSide, local: LocalTeams, http: aiohttp.ClientSession, clock: FakeClock) -> TeamsFiles:
    cloud = replace(CLOUDS["public"], local=local.url)
    readers = Readers(side.book, side.directory, clock)
    found = TeamsFiles(Uploads(http, cloud), side.posts, readers, side.links, clock)
    offers: list[FileOffers] = [found]
    assert offers
    return found


@pytest.fixture
def ada(local: LocalTeams) -> ChatUser:
    return ada_of(local.tenant)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "some.csv"
    file.write_bytes(CONTENT)
    return file


def told(to: ChatUser) -> Notice:
    return Notice(Form.DIRECT, Exported(ExportKind.REQUESTS, "status:<active>", 2), Recipient.chat(to))


async def accepted(files: TeamsFiles, local: LocalTeams, ada: ChatUser, size: int) -> dict[str, str]:
    """The answer that Teams sends when Ada has accepted the file that she is offered."""
    await files.offer(OfferedFile(7, "team.csv", size), ada, told(ada))
    (message,) = local.tenant.messages.in_conversation(local.tenant.chat(local.tenant.person("ada")).id)
    delivery = await local.interactions.answer_file(local.tenant.person("ada"), message, "accept")
    value = delivery.activity["value"]
    assert value["context"] == {"export": 7}
    return {**value["uploadInfo"], "conversation": message.conversation_id, "offer": message.id}


async def test_a_file_comes_whole_once_it_is_accepted_and_stands_where_the_offer_stood(
    files: TeamsFiles, local: LocalTeams, ada: ChatUser, csv: Path
) -> None:
    where = await accepted(files, local, ada, len(CONTENT))
    sender = files.to(where)
    file = await sender.upload(csv, "team.csv")
    for _ in range(2):
        await sender.share(file, "team.csv", ada, told(ada))
    (stored,) = local.tenant.files
    assert stored.content == CONTENT
    (shown,) = await local.person("ada").chat()
    assert shown.message.attachments[0]["contentType"] == messages.FILE
    assert shown.message.summary.startswith("2 requests as CSV")


async def test_an_offer_that_is_gone_meanwhile_keeps_the_file_from_nobody(
    files: TeamsFiles, local: LocalTeams, ada: ChatUser, csv: Path
) -> None:
    where = await accepted(files, local, ada, len(CONTENT))
    message = local.tenant.messages.find(where["conversation"], where["offer"])
    assert message is not None
    local.tenant.messages.delete(message)
    sender = files.to(where)
    await sender.share(await sender.upload(csv, "team.csv"), "team.csv", ada, told(ada))
    assert len(await local.person("ada").chat()) == 1


async def test_an_upload_is_taken_once(files: TeamsFiles, local: LocalTeams, ada: ChatUser, csv: Path) -> None:
    sender = files.to(await accepted(files, local, ada, len(CONTENT)))
    await sender.upload(csv, "team.csv")
    with pytest.raises(UpstreamRefused) as caught:
        await sender.upload(csv, "team.csv")
    assert caught.value.code == "upload_404"


@pytest.mark.parametrize("word", ["uploadUrl", "contentUrl"])
@pytest.mark.parametrize("url", ["https://evil.example/upload", "http://127.0.0.1:1/x", "", "file:///etc/passwd"])
async def test_nothing_goes_to_an_address_that_is_not_microsofts(
    files: TeamsFiles, local: LocalTeams, ada: ChatUser, csv: Path, word: str, url: str
) -> None:
    where = await accepted(files, local, ada, len(CONTENT))
    with pytest.raises(UpstreamRefused) as caught:
        await files.to({**where, word: url}).upload(csv, "team.csv")
    assert caught.value.code == "foreign_upload_url"
    assert local.tenant.files[0].content is None


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": "before"}])
async def test_an_outage_in_the_middle_is_tried_again(
    files: TeamsFiles, local: LocalTeams, ada: ChatUser, csv: Path, fault: dict[str, object]
) -> None:
    sender = files.to(await accepted(files, local, ada, len(CONTENT)))
    scripted = local.faults.add("upload", **fault)
    with pytest.raises(UpstreamBusy):
        await sender.upload(csv, "team.csv")
    local.faults.remove(scripted.id)
    assert await sender.upload(csv, "team.csv")


async def test_a_large_file_goes_in_fragments_that_follow_one_another(
    files: TeamsFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FRAGMENT", 1000)
    file = tmp_path / "large.csv"
    content = bytes(range(250)) * 10
    file.write_bytes(content)
    async with BotConnector() as store:
        files.uploads.cloud = replace(files.uploads.cloud, local=store.login)
        where = {"uploadUrl": f"{store.login}/upload/large", "contentUrl": f"{store.login}/large", "uniqueId": "u"}
        await files.to(where).upload(file, "large.csv")
        assert store.upload_ranges == ["bytes 0-999/2500", "bytes 1000-1999/2500", "bytes 2000-2499/2500"]
        assert store.uploads["large"] == content[2000:]
