"""The Teams app package asks for what the code uses, and for nothing else; the same input makes the same bytes."""

import io
import json
import zipfile
from typing import Any

import pytest

from handlers.flows import routes
from handlers.teams.listener import COMMANDS
from handlers.words.subcommands import HOME, SUBCOMMANDS
from manifests import teams
from manifests.teams import LONGEST_DESCRIPTION, LONGEST_TITLE, MOST_COMMANDS, manifest, package

APP, URL = "5f0c1a8e-7a0b-4f0e-9d5a-2b1c3d4e5f60", "https://teambot.example.com"


def opened(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("slash", [False, True])
def test_the_package_holds_the_manifest_and_both_icons_and_is_the_same_each_time(slash: bool) -> None:
    made = package(APP, URL, "1.2.3", slash=slash)
    files = opened(made)
    assert made == package(APP, URL, "1.2.3", slash=slash)
    assert list(files) == ["manifest.json", "color.png", "outline.png"]
    assert json.loads(files["manifest.json"]) == manifest(APP, URL, "1.2.3", slash=slash)


@pytest.mark.parametrize(("name", "size"), [("color.png", 192), ("outline.png", 32)])
def test_icons_are_as_large_as_teams_wants_them(name: str, size: int) -> None:
    icon = opened(package(APP, URL, "1.2.3"))[name]
    assert icon.startswith(b"\x89PNG\r\n")
    assert [int.from_bytes(icon[at : at + 4], "big") for at in (16, 20)] == [size, size]


def test_every_command_of_the_menu_leads_somewhere_and_fits() -> None:
    (bot,) = manifest(APP, URL, "1.2.3")["bots"]
    known = routes.subcommands()
    for listed in bot["commandLists"]:
        assert len(listed["commands"]) <= MOST_COMMANDS
        for command in listed["commands"]:
            assert command["title"] in known
            assert 0 < len(command["title"]) <= LONGEST_TITLE
            assert 0 < len(command["description"]) <= LONGEST_DESCRIPTION


def test_every_action_command_is_known_and_one_is_for_messages() -> None:
    for slash in (False, True):
        (extension,) = manifest(APP, URL, "1.2.3", slash=slash)["composeExtensions"]
        assert {each["id"] for each in extension["commands"]} == set(COMMANDS)
        assert [each["context"] for each in extension["commands"]] == [["compose", "commandBox"], ["message"]]
        assert all(0 < len(each["title"]) <= LONGEST_TITLE and each["fetchTask"] for each in extension["commands"])
        assert all(0 < len(each["description"]) <= LONGEST_DESCRIPTION for each in extension["commands"])


def test_what_is_typed_most_is_in_the_menu() -> None:
    titles = [command["title"] for command in teams.commands()]
    assert titles == [each.word for each in (HOME, *SUBCOMMANDS) if each.is_hinted]


def test_group_chats_are_not_offered_and_no_permission_lacks_its_purpose() -> None:
    made = manifest(APP, URL, "1.2.3")
    assert made["bots"][0]["scopes"] == ["personal", "team"]
    assert made["permissions"] == list(teams.PERMISSIONS)
    assert all(teams.PERMISSIONS.values())
    assert "authorization" not in made


def without_slash(made: dict[str, Any]) -> dict[str, Any]:
    bot, extension = made["bots"][0], made["composeExtensions"][0]["commands"][0]
    del bot["supportsTargetedMessages"], extension["triggers"]
    for listed in bot["commandLists"]:
        del listed["triggers"]
    return {**made, "manifestVersion": "1.19", "$schema": made["$schema"].replace("1.29", "1.19")}


def test_slash_adds_targeted_messages_and_commands_and_nothing_else() -> None:
    made = manifest(APP, URL, "1.2.3", slash=True)
    personal, team = made["bots"][0]["commandLists"]
    assert made["manifestVersion"] == "1.29"
    assert (personal["triggers"], team["triggers"]) == (["mention"], ["slash", "mention"])
    assert without_slash(made) == manifest(APP, URL, "1.2.3")


@pytest.mark.parametrize(
    ("version", "written"), [("1.2.3", "1.2.3"), ("0.1.0", "0.1.0"), ("1.2", "1.2.0"), ("1.2.3-rc.1+abc", "1.2.3")]
)
def test_the_version_is_three_numbers(version: str, written: str) -> None:
    assert manifest(APP, URL, version)["version"] == written


@pytest.mark.parametrize(
    ("app", "url", "said"),
    [("", URL, "--app-id"), ("not a guid", URL, "GUID"), (APP, "", "--url https://"), (APP, "http://x", "--url")],
)
def test_what_cannot_be_a_package_is_refused_with_what_to_do(app: str, url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        package(app, url, "1.2.3")


def test_names_and_descriptions_fit() -> None:
    made = manifest(APP, URL, "1.2.3")
    assert len(made["name"]["short"]) <= 30
    assert len(made["name"]["full"]) <= 100
    assert len(made["description"]["short"]) <= 80
    assert len(made["description"]["full"]) <= 4000
