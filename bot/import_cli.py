"""The words of ``teambot import`` on the command line: options, examples, help."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from bot.settings import ProcessSettings, Purpose
from core.domain.durations import SHORTEST, read_duration
from core.domain.settings import WITHOUT

Run = Callable[[Any], None]
"""Runs the work of a command to its end."""

_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_import(teambot: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Run) -> None:
    """Make ``import`` one of the commands."""

    @teambot.group("import", epilog="Example: teambot import team eligibility.json approvers.json settings.json")
    def import_() -> None:
        """Policies of AWS TEAM or SSO Elevator as YAML.

        YAML goes to standard output, or to a file. What maps, what differs in meaning and what does not map goes to
        standard error. People, accounts and permission sets are looked up in AWS; nothing is changed or stored.
        """

    _add_team(import_, settings, run)
    _add_elevator(import_, settings, run)


def _add_team(import_: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Run) -> None:
    @import_.command("team", epilog="Example: teambot import team eligibility.json approvers.json --output team.yaml")
    @click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_INPUT)
    @click.option("--nested", is_flag=True, help="Take an OU with all OUs below it, and say what that opens.")
    @_channel
    @_output
    def team(files: tuple[Path, ...], *, nested: bool, channel: tuple[str, ...], output: Path | None) -> None:
        """Translate AWS TEAM's exported tables.

        Eligibility, Approvers and Settings.

        FILE is a scan of a DynamoDB table (aws dynamodb scan), its export to S3, or an answer of the GraphQL API;
        several tables in one file, or several files, are told apart by their rows.
        """
        from bot import import_commands

        run(import_commands.team(settings(Purpose.DATABASE), files, channel, output, nested=nested))


def _add_elevator(import_: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Run) -> None:
    @import_.command("elevator", epilog=_ELEVATOR_EXAMPLE)
    @click.argument("file", type=_INPUT)
    @click.option(
        "--requesters",
        metavar="GROUP",
        multiple=True,
        required=True,
        help="Identity Center group that may ask, by name or id; SSO Elevator lets everybody. Can be given again.",
    )
    @click.option("--max-duration", callback=_access_length, help="max_permissions_duration_time, as 8h.")
    @click.option("--request-expiry", callback=_length_or_none, help="request_expiration_hours, as 8h or never.")
    @click.option(
        "--reminder-after", callback=_length_or_none, help="approver_renotification_initial_wait_time, as 15m or off."
    )
    @click.option(
        "--durations",
        metavar="LIST",
        callback=_lengths,
        help="permission_duration_list_override, as 00:30,01:00,08:00; its longest is the maximum, if none is given.",
    )
    @_channel
    @_output
    def elevator(file: Path, channel: tuple[str, ...], output: Path | None, **options: Any) -> None:
        """Translate SSO Elevator's statements.

        FILE is config/approval-config.json of its bucket, or the JSON of the variable STATEMENTS of older versions.
        """
        from bot import import_commands

        run(import_commands.elevator(settings(Purpose.DATABASE), file, channel, output, **options))


_ELEVATOR_EXAMPLE = "Example: teambot import elevator approval-config.json --requesters Engineering --max-duration 8h"


def _length(_context: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    length = read_duration(value) if value is not None else None
    if value is not None and length is None:
        raise click.BadParameter("write a length of time like 45m, 8h or 30d.", param=parameter)
    return length


def _access_length(context: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    length = _length(context, parameter, value)
    if length is not None and length < SHORTEST:
        raise click.BadParameter("the shortest access is 15m.", param=parameter)
    return length


def _lengths(_context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[timedelta, ...] | None:
    """As Terraform writes a list, too: ``["00:30", "01:00"]``."""
    if value is None:
        return None
    written = [each.strip(" \t\r\n\"'") for each in value.strip(" []").split(",")]
    lengths = [read_duration(each) for each in written if each]
    if None in lengths:
        raise click.BadParameter("write lengths of time with commas between, like 00:30,01:00.", param=parameter)
    return tuple(length for length in lengths if length is not None)


def _length_or_none(context: click.Context, parameter: click.Parameter, value: str | None) -> timedelta | None:
    """SSO Elevator's 0 is no time at all."""
    word = WITHOUT[parameter.name or ""]
    return timedelta() if value in {"0", word} else _length(context, parameter, value)


def _channel(command: Callable[..., None]) -> Callable[..., None]:
    said = "Channel id for the approval policies. Can be given again. Without one each approver is asked directly."
    return click.option("--channel", metavar="ID", multiple=True, help=said)(command)


def _output(command: Callable[..., None]) -> Callable[..., None]:
    said = "A file for the YAML, written over; else standard output."
    return click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help=said)(command)
