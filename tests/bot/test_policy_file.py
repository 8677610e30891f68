"""FILE of ``teambot policy check`` and ``apply``: a path, or the file itself in a data: URL."""

import gzip
from base64 import b64encode
from pathlib import Path

import click
import pytest

from bot.policy_file import WRITTEN_OUT, PolicyFile, PolicyFileType
from core.adapters.policy_file.tree import LARGEST_FILE
from core.domain.errors import InvalidPolicies

POLICIES = 'version: 1\n# Zoë\'s, with \\ and "quotes"\n'


def given(value: str) -> PolicyFile:
    return PolicyFileType().convert(value, None, None)


def packed(content: bytes) -> str:
    return "data:application/gzip;base64," + b64encode(gzip.compress(content, mtime=0)).decode()


@pytest.mark.parametrize(
    "url",
    [packed(POLICIES.encode()), "data:application/yaml;base64," + b64encode(POLICIES.encode()).decode()],
    ids=["gzip", "plain"],
)
def test_a_file_in_a_data_url_is_what_was_written(url: str) -> None:
    file = given(url)

    assert (file.name, file.text) == (WRITTEN_OUT, POLICIES)


def test_a_path_is_read_once_so_that_a_pipe_will_do(tmp_path: Path) -> None:
    path = tmp_path / "policies.yaml"
    path.write_text(POLICIES, encoding="utf-8")
    file = given(str(path))
    path.unlink()

    assert (file.name, file.text, file.text) == ("policies.yaml", POLICIES, POLICIES)


@pytest.mark.parametrize(
    "url",
    ["data:,version: 1", "data:text/html;base64,AAAA", "data:application/gzip;base64,AAAA", packed(b"x")[:-4] + "é"],
    ids=["no type", "another type", "not packed", "not base64"],
)
def test_another_data_url_is_a_usage_error_that_says_which_there_are(url: str) -> None:
    with pytest.raises(click.UsageError, match="data:application/gzip;base64,"):
        given(url)


def test_what_is_cut_off_in_transport_is_a_usage_error() -> None:
    whole = gzip.compress(POLICIES.encode())

    with pytest.raises(click.UsageError, match="has the whole file"):
        given("data:application/gzip;base64," + b64encode(whole[:-6]).decode())


def test_no_more_is_unpacked_than_a_policy_file_may_have() -> None:
    assert len(given(packed(b"#" * (20 * LARGEST_FILE))).content) == LARGEST_FILE + 1


def test_what_is_no_text_is_said_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "policies.yaml"
    path.write_bytes(b"version: 1 # \xff")

    with pytest.raises(InvalidPolicies, match=r"policies\.yaml is not UTF-8"):
        given(str(path)).text  # noqa: B018 - it raises
