"""The words of ``teambot reconcile`` on the command line: options, examples, help."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from bot.instants import INSTANT
from bot.settings import ProcessSettings, Purpose

Run = Callable[[Any], None]
"""Runs the work of a command to its end."""


def add_reconcile(teambot: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Run) -> None:
    """Make ``reconcile`` one of the commands."""

    @teambot.group(invoke_without_command=True, epilog="Example: teambot reconcile --repair")
    @click.option("--repair", is_flag=True, help="Remove what is provably the bot's, and check again what is missing.")
    @click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
    @click.option(
        "--since",
        type=INSTANT,
        help="Look for what the database lacks since this instant (UTC): the time of the backup. By default a day ago.",
    )
    @click.pass_context
    def reconcile(context: click.Context, *, repair: bool, as_json: bool, since: datetime | None) -> None:
        """Compare AWS with the bot's own records.

        What is unknown, forgotten, left behind or missing, and what to do about each.

        It goes through every account and permission set that policies name, at the pace that AWS allows, beside the
        running bot. One that was stopped goes on. Exit code 1 when something was found.
        """
        if context.invoked_subcommand is None:
            from bot import reconcile_commands

            work = reconcile_commands.reconcile(settings(Purpose.DATABASE), repair=repair, as_json=as_json, since=since)
            run(work)

    _add_settling(reconcile, settings, run)


def _add_settling(reconcile: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Run) -> None:
    """Decide about an assignment that nobody here made."""

    def settle(act: str, length: str = "", **about: str) -> None:
        from bot import reconcile_commands

        run(reconcile_commands.settle(settings(Purpose.DATABASE), act, length=length, **about))

    @reconcile.command("adopt", epilog=f"Example: teambot reconcile adopt {_EXAMPLE} --for 4h --reason 'ticket 4711'")
    @_about_one
    @click.option(
        "--for", "length", required=True, help="The time from now for which it stays, as 4h; then it is taken away."
    )
    def adopt(length: str, **about: str) -> None:
        """Give an unknown assignment an end.

        It becomes a request, and is taken away when that is over.
        """
        settle("adopt", length, **about)

    @reconcile.command("ignore", epilog=f"Example: teambot reconcile ignore {_EXAMPLE} --reason 'break glass'")
    @_about_one
    def ignore(**about: str) -> None:
        """Report an unknown assignment no more.

        For as long as it is there.
        """
        settle("ignore", **about)

    @reconcile.command("remove", epilog=f"Example: teambot reconcile remove {_EXAMPLE} --reason 'nobody needs it'")
    @_about_one
    def remove(**about: str) -> None:
        """Have an unknown assignment taken away.

        The running bot does it.
        """
        settle("remove", **about)


_OF_GROUP = """

        For membership of a group give the group in place of ACCOUNT, and `membership` in place of PERMISSION_SET.
        """
_EXAMPLE = "ada@example.com 111122223333 PowerUserAccess"


def _about_one(command: Callable[..., None]) -> Callable[..., None]:
    """Takes an assignment by its user, account and permission set, and a reason."""
    for part in (
        click.option("--reason", required=True, help="The reason; kept in the audit trail with your name."),
        click.argument("permission_set"),
        click.argument("account"),
        click.argument("user"),
    ):
        command = part(command)
    return command
