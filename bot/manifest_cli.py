"""``teambot manifest``: what the bot asks a Slack workspace or a Teams tenant for."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from bot import __version__
from bot.said import document, to_file
from bot.settings import ProcessSettings
from manifests import slack, teams


def add_manifest(group: click.Group, settings: Callable[[], ProcessSettings]) -> None:
    """``settings``: read when the command is called."""

    @group.command(
        epilog="Example: teambot manifest --mode socket, or "
        "teambot manifest --platform teams --url https://teambot.example.com --out teambot.zip"
    )
    @click.option(
        "--platform",
        type=click.Choice(["slack", "teams"]),
        default="slack",
        show_default=True,
        help="Chat platform of the manifest.",
    )
    @click.option("--mode", type=click.Choice(["http", "socket"]), help="Way in which Slack reaches the bot.")
    @click.option("--url", default="", help="Public address of the bot: for Teams, and for Slack's mode http.")
    @click.option("--app-id", default="", metavar="GUID", help="Of the Teams bot; else TEAMBOT_TEAMS_APP_ID.")
    @click.option("--slash", is_flag=True, help="Teams: private answers in channels, / commands (manifest 1.29).")
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File for the Teams app package.")
    def manifest(platform: str, mode: slack.Mode | None, url: str, app_id: str, slash: bool, out: Path | None) -> None:
        """The Slack manifest, or the Teams app package.

        Slack's is JSON, to paste at api.slack.com/apps. That of Teams is a zip, to upload in its admin center.
        """
        try:
            if platform == "teams":
                known = app_id or settings().teams_app_id or ""
                _write(teams.package(known, url, __version__, slash=slash), out)
            else:
                document(_slack(mode, url, settings().command) + "\n")
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def _slack(mode: slack.Mode | None, url: str, command: str) -> str:
    if mode is None:
        raise click.UsageError("Missing option '--mode'. Choose from: http, socket.")
    return json.dumps(slack.manifest(mode, url, command), indent=2)


def _write(package: bytes, out: Path | None) -> None:
    if out is not None:
        with to_file(out):
            out.write_bytes(package)
        return
    if sys.stdout.isatty():
        raise click.UsageError("The app package is a zip: give it a file with --out teambot.zip.")
    document(package)
