"""The words of ``teambot policy init`` on the command line: options, example, help."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.settings import ProcessSettings, Purpose

EXAMPLE = (
    "Example: teambot policy init --requesters Payments --ou ou-ab12-payments --permission-set ReadOnlyAccess"
    " --approvers 'Payments Leads' --channel C0PAYMENTS"
)


def add_policy_init(
    policy: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Callable[[Any], None]
) -> None:
    """Make ``init`` one of the commands about policies."""

    @policy.command("init", epilog=EXAMPLE)
    @click.argument(
        "file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default=Path("policies.yaml")
    )
    @_several("--requesters", "GROUP", "Group whose people may ask.")
    @_several("--account", "ACCOUNT", "Account to ask for: its 12 digits, or its name.")
    @_several("--ou", "OU", "OU: every account below it. The root (r-…) is every account.")
    @_several("--permission-set", "NAME", "Permission set to ask for.")
    @_several("--approvers", "GROUP", "Group whose people approve.")
    @_several("--channel", "ID", "Channel for the cards; without one each approver is asked directly.")
    @click.option("--max-duration", metavar="LENGTH", default="4h", show_default=True, help="The longest access.")
    def policy_init(file: Path, **given: Any) -> None:
        """Write a first policy file, from a few answers.

        FILE is policies.yaml unless another is named; it must not be there. With - it is written to standard output.
        What no option says is asked for. Groups, accounts, OUs, permission sets and channels are looked up in AWS and
        in chat, and nothing is applied.
        """
        from bot.policy_init import init

        answers = {
            "requesters": given["requesters"],
            "places": (*given["account"], *given["ou"]),
            "permission_sets": given["permission_set"],
            "approvers": given["approvers"],
            "channels": given["channel"],
        }
        ask = _prompt if sys.stdin.isatty() else None
        run(init(settings(Purpose.CHAT), file, answers, given["max_duration"], ask))


def _prompt(question: str, answer: str) -> str:
    return str(click.prompt(question, default=answer, show_default=bool(answer), err=True))


def _several(option: str, metavar: str, said: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(option, metavar=metavar, multiple=True, help=f"{said} Can be given again.")
