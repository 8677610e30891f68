"""Files by Slack: from disk to one person, only to Slack's own addresses, and seen only when all of it is there."""

from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.commands import ExportKind
from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.notice_content import Exported
from core.domain.notices import Form, Notice, Recipient
from core.ports import FileSender
from handlers.slack.files import SlackFiles
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack_api.addresses import ANSWERS, FILES, may_call
from handlers.web_api.uploads import PIECE
from infra.sandbox.slack import LocalSlack
from tests.fakes.clock import FakeClock
from tests.handlers.samples import ADA

EXPORTED = Notice(Form.DIRECT, Exported(ExportKind.REQUESTS, "status:<active>", 2), Recipient.chat(ADA))
API = "https://slack.com/api/"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "some.csv"
    file.write_bytes(b"request,person\n" + b"R-1,\xc3\x84da\n" * PIECE)
    return file


def sender_by(client: AsyncWebClient, clock: FakeClock) -> SlackFiles:
    return SlackFiles(client, clock, LinkMaker(client, Installation(client), clock))


@pytest.fixture
def files(client: AsyncWebClient, clock: FakeClock) -> SlackFiles:
    senders: list[FileSender] = [found := sender_by(client, clock)]
    assert senders
    return found


async def test_a_file_comes_whole_into_the_direct_messages_of_one_person(
    files: SlackFiles, slack: LocalSlack, csv: Path
) -> None:
    known = await files.upload(csv, "team.csv")
    assert slack.person("ada").reads() == []
    await files.share(known, "team.csv", ADA, EXPORTED)
    seen = await slack.person("ada").sees("2 requests as CSV (status:<active>)")
    assert "[file: team.csv]" in seen.text()
    assert slack.workspace.files[known].content == csv.read_bytes()  # noqa: ASYNC240
    assert slack.person("bob").reads() == []


async def test_what_was_shown_is_not_shown_again(files: SlackFiles, slack: LocalSlack, csv: Path) -> None:
    known = await files.upload(csv, "team.csv")
    await files.share(known, "team.csv", ADA, EXPORTED)
    with pytest.raises(UpstreamRefused):
        await files.share(known, "team.csv", ADA, EXPORTED)
    assert len(slack.person("ada").reads()) == 1


async def test_an_address_that_is_not_slacks_gets_no_file(slack: LocalSlack, csv: Path, clock: FakeClock) -> None:
    """Here Slack is known by another name than the one in the address it gives."""
    elsewhere = AsyncWebClient(token="xoxb-team", base_url=slack.api_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(UpstreamRefused) as refused:
        await sender_by(elsewhere, clock).upload(csv, "team.csv")
    assert refused.value.code == "foreign_upload_url"
    assert all(file.content is None for file in slack.workspace.files.values())


@pytest.mark.parametrize(
    ("status", "error"), [(500, UpstreamBusy), (429, UpstreamBusy), (302, UpstreamRefused), (413, UpstreamRefused)]
)
async def test_an_upload_that_fails_says_whether_to_try_again(
    files: SlackFiles, slack: LocalSlack, csv: Path, status: int, error: type[Exception]
) -> None:
    slack.faults.add("upload", status=status, times=1)
    with pytest.raises(error):
        await files.upload(csv, "team.csv")


async def test_a_dropped_upload_may_be_repeated_and_a_dropped_completion_not(
    files: SlackFiles, slack: LocalSlack, csv: Path
) -> None:
    slack.faults.add("upload", drop="before", times=1)
    with pytest.raises(UpstreamBusy):
        await files.upload(csv, "team.csv")
    known = await files.upload(csv, "team.csv")
    slack.faults.add("files.completeUploadExternal", drop="after", times=1)
    with pytest.raises(AnswerLost):
        await files.share(known, "team.csv", ADA, EXPORTED)
    assert len(slack.person("ada").reads()) == 1


async def test_without_the_scope_an_operator_has_to_mend_it(files: SlackFiles, slack: LocalSlack, csv: Path) -> None:
    slack.app().scopes = slack.app().scopes - {"files:write"}
    with pytest.raises(UpstreamBusy, match="missing_scope") as busy:
        await files.upload(csv, "team.csv")
    assert busy.value.retry_after is not None


@pytest.mark.parametrize(
    ("url", "files", "answers"),
    [
        ("https://files.slack.com/upload/v1/abc", True, False),
        ("https://files.slack-gov.com/upload/v1/abc", True, False),
        ("https://hooks.slack.com/commands/T/1/x", False, True),
        ("http://files.slack.com/upload/v1/abc", False, False),
        ("https://files.slack.com:8443/x", False, False),
        ("https://files.slack.com.evil.test/x", False, False),
        ("https://user@files.slack.com/x", False, False),
        ("https://evil.test/files.slack.com", False, False),
        ("https://slack.com/upload", True, True),
        ("https://slack.com:99999999/", False, False),
        ("", False, False),
    ],
)
def test_only_slacks_own_addresses_are_called(url: str, files: bool, answers: bool) -> None:
    assert (may_call(url, FILES, API), may_call(url, ANSWERS, API)) == (files, answers)


async def test_a_picture_has_words_for_who_cannot_see_it(files: SlackFiles, slack: LocalSlack, csv: Path) -> None:
    known = await files.upload(csv, "report.png", "Requests: 5")
    assert slack.workspace.files[known].alt == "Requests: 5"
    assert slack.workspace.files[await files.upload(csv, "team.csv")].alt == ""
