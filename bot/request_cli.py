"""The words of ``teambot request`` on the command line: people ask for access, and end it, at a terminal."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from bot.settings import ConfigError, ProcessSettings
from core.domain.ids import read_request_id, show_request_id
from core.domain.open_requests import MOST_TARGETS

Run = Callable[[Any], None]
"""Runs the work of a command to its end."""
Address = Callable[[], str]


class RequestNumber(click.ParamType[str]):
    """ID on the command line: ``R-1042``."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = read_request_id(str(value))
        if found is None:
            self.fail(f"{value} is not a request: give a number such as R-1042.", param, ctx)
        return show_request_id(found)


def add_request(request: click.Group, settings: Callable[[], ProcessSettings], run: Run) -> None:
    """Add what people do at a terminal to the group ``request``."""

    def address() -> str:
        found = settings().api_url
        if not found:
            raise ConfigError(("TEAMBOT_API_URL: set the address of TEAM Bot's HTTP API, as its admins give it.",))
        return found

    _add_asking(request, address, run)
    _add_looking(request, address, run)
    _add_ending(request, address, run)


def _asked_with(command: Callable[..., None]) -> Callable[..., None]:
    """The duration, the reason and the options that follow a target of any kind."""
    for add in (
        click.option(
            "--start", default="", help="The start with its offset, like 2026-11-30T09:00:00Z. Without it: now."
        ),
        click.option("--ticket", default="", help="The ticket, where settings ask for one."),
        click.argument("why", nargs=-1),
        click.argument("duration"),
    ):
        command = add(command)
    return command


def _add_asking(request: click.Group, address: Address, run: Run) -> None:
    @request.command("new", epilog="Example: teambot request new 111122223333 ReadOnlyAccess 1h fixing the pipeline")
    @click.argument("account")
    @click.argument("permission_set")
    @click.option(
        "--also",
        multiple=True,
        nargs=2,
        metavar="ACCOUNT PERMISSION_SET",
        help=f"Another target, for the same time. Repeat it for more, up to {MOST_TARGETS} targets in all.",
    )
    @_asked_with
    def new(account: str, permission_set: str, also: tuple[tuple[str, str], ...], **rest: Any) -> None:
        """Ask for access.

        You prove who you are with the AWS credentials of your session in IAM Identity Center. With several targets
        there is a request for each, or none at all if one is refused.
        """
        named = [{"account": each, "permission_set": beside} for each, beside in ((account, permission_set), *also)]
        _ask(address, run, {"targets": named} if also else named[0], **rest)

    _add_asking_for_more(request, address, run)


def _ask(
    address: Address,
    run: Run,
    wanted: Mapping[str, object],
    *,
    duration: str,
    why: tuple[str, ...],
    ticket: str,
    start: str,
) -> None:
    from bot import request_client

    document = {**wanted, "duration": duration, "justification": " ".join(why), "ticket": ticket, "start": start}
    run(request_client.new(address(), document))


def _add_asking_for_more(request: click.Group, address: Address, run: Run) -> None:
    """A group, or a bundle, in place of an account and a permission set."""

    @request.command("group", epilog="Example: teambot request group 'Database operators' 1h the index is broken")
    @click.argument("group")
    @_asked_with
    def group(group: str, **rest: Any) -> None:
        """Ask for membership of a group."""
        _ask(address, run, {"group": group}, **rest)

    @request.command("bundle", epilog="Example: teambot request bundle incident 1h payments do not settle")
    @click.argument("bundle")
    @_asked_with
    def bundle(bundle: str, **rest: Any) -> None:
        """Ask for all targets of a bundle.

        Those that you can't ask for are left out, and it says how many.
        """
        _ask(address, run, {"bundle": bundle}, **rest)


def _add_looking(request: click.Group, address: Address, run: Run) -> None:
    @request.command("targets", epilog="Example: teambot request targets payments")
    @click.argument("search", default="")
    def targets(search: str) -> None:
        """List what you may ask for.

        Accounts, permission sets, groups and bundles, those whose name has SEARCH in it.
        """
        from bot import request_client

        run(request_client.targets(address(), search))

    @request.command("list", epilog="Example: teambot request list")
    @click.option("--before", default=None, type=RequestNumber(), metavar="ID", help="Those older than this one.")
    def list_own(before: str | None) -> None:
        """List your requests, newest first."""
        from bot import request_client

        run(request_client.list_own(address(), before or ""))

    @request.command("show", epilog="Example: teambot request show R-1042")
    @click.argument("request_id", metavar="ID", type=RequestNumber())
    def show(request_id: str) -> None:
        """Show one of your requests with its history."""
        from bot import request_client

        run(request_client.show(address(), request_id))


def _add_ending(request: click.Group, address: Address, run: Run) -> None:
    @request.command("cancel", epilog="Example: teambot request cancel R-1042")
    @click.argument("request_id", metavar="ID", type=RequestNumber())
    def cancel(request_id: str) -> None:
        """Withdraw your request before it has begun."""
        from bot import request_client

        run(request_client.end(address(), request_id, "cancel", ""))

    @request.command("end", epilog="Example: teambot request end R-1042 --reason 'the incident is over'")
    @click.argument("request_id", metavar="ID", type=RequestNumber())
    @click.option("--reason", default="", help="The reason, where settings ask for one.")
    def end(request_id: str, reason: str) -> None:
        """End your own access now."""
        from bot import request_client

        run(request_client.end(address(), request_id, "end", reason))
