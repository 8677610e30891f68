"""The words of ``teambot events`` on the command line: options, examples, help."""

from collections.abc import Callable
from typing import Any

import click

from bot.settings import ProcessSettings, Purpose
from core.domain.outgoing_events import Destination


def add_events(
    teambot: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Callable[[Any], None]
) -> None:
    """Make ``events`` one of the commands."""

    @teambot.group(invoke_without_command=True, epilog="Example: teambot events")
    @click.option("--json", "as_json", is_flag=True, help="Everything as one JSON document, for programs.")
    @click.pass_context
    def events(context: click.Context, *, as_json: bool) -> None:
        """Destinations of events, and how far each has come.

        Which event each took last, how many wait, since when it refuses one, and why.
        """
        if context.invoked_subcommand is None:
            from bot import event_commands

            run(event_commands.destinations(settings(Purpose.DATABASE), as_json=as_json))

    @events.command("skip", epilog="Example: teambot events skip webhook 4712 --reason 'too long for it, ticket 4711'")
    @click.argument("destination", type=click.Choice([each.value for each in Destination]))
    @click.argument("event", type=click.IntRange(min=1), metavar="EVENT")
    @click.option("--reason", required=True, help="The reason why it is passed over; kept in the audit trail.")
    @click.option("--yes", is_flag=True, help="Pass over it without asking.")
    def skip(destination: str, event: int, reason: str, *, yes: bool) -> None:
        """Pass over one event that is never taken.

        EVENT is its number, as `teambot events` shows it: the one that holds up DESTINATION now, and no other. The
        destination never gets it; the audit trail keeps it, and says who passed over it and why.
        """
        from bot import event_commands

        work = event_commands.skip(settings(Purpose.DATABASE), Destination(destination), event, reason, is_sure=yes)
        run(work)
