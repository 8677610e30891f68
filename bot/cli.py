"""The command ``teambot``: what an operator types. Errors are one line each on standard error that say what to do."""

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from bot import __version__
from bot.event_cli import add_events
from bot.import_cli import add_import
from bot.instants import INSTANT
from bot.logs import configure, hide
from bot.manifest_cli import add_manifest
from bot.policy_file import PolicyFile, PolicyFileType
from bot.policy_init_cli import add_policy_init
from bot.reconcile_cli import add_reconcile
from bot.report_cli import add_report
from bot.request_cli import add_request
from bot.said import say
from bot.settings import ConfigError, ProcessSettings, Purpose, load_settings
from core.domain.audit_format import AuditLineStyle
from core.domain.errors import AccessError, Conflict, InvalidPolicies, NotFound
from handlers.words import sentences

FAILED, USAGE = 1, 2


def _settings(need: Purpose, *, with_secrets: bool = True, tells_troubles: bool = False) -> ProcessSettings:
    """Settings, and logs that leave their secrets out. What stands in AWS Secrets Manager is read, as far as needed.

    ``tells_troubles``: the command says by itself what the log would warn of.
    """
    settings = load_settings(need)
    level = "error" if tells_troubles and settings.log_level == "info" else settings.log_level
    configure(settings.log_format, level, known=settings.hidden())
    if settings.arns and with_secrets:
        from bot.secret_values import with_secrets as read

        settings = asyncio.run(read(settings, need))
        hide(*settings.hidden())
    return settings


def _run(work: Coroutine[Any, Any, int | None]) -> None:
    sys.exit(asyncio.run(work) or 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog="Example: teambot doctor")
@click.version_option(__version__, prog_name="teambot")
def teambot() -> None:
    """Temporary elevated access to AWS: asked for, approved and ended in chat."""


@teambot.command(epilog="Example: teambot version")
def version() -> None:
    """Print the version."""
    say(f"teambot {__version__}")


@teambot.command(epilog="Example: SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… teambot serve")
def serve() -> None:
    """Run the bot.

    Slack reaches it by Socket Mode when SLACK_APP_TOKEN is set, by HTTP otherwise.
    """
    from bot.serve import serve as run

    _run(run(_settings(Purpose.SERVE)))


@teambot.command(epilog="Example: teambot sandbox --port 4000")
@click.option("--port", default=4000, show_default=True, help="Port of the local workspace; 0 takes a free one.")
@click.option(
    "--walkthrough/--no-walkthrough",
    default=None,
    help="Print the first request in full, screen by screen, or leave it out. By default it prints a line a step.",
)
@click.option(
    "--policies",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Policies to rehearse instead of the example's; then no request is played.",
)
@click.option("--once", is_flag=True, help="End after the walkthrough: exit code 0 if everything worked.")
def sandbox(port: int, *, walkthrough: bool | None, policies: Path | None, once: bool) -> None:
    """Try everything on this machine alone.

    A local Slack in the browser, a local AWS, and the bot between them. No account, no token.
    """
    if walkthrough and policies:
        raise click.UsageError("The walkthrough goes by the example's policies: leave out --walkthrough or --policies.")
    _run(_installed_sandbox()(port=port, walkthrough=walkthrough, policies=policies, once=once))


def _installed_sandbox() -> Callable[..., Coroutine[Any, Any, int]]:
    """A package of its own (infra/sandbox), which this one knows by an entry point alone."""
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group="teambot", name="sandbox")), None)
    if found is None:
        raise click.ClickException("The sandbox is not installed: install it with `pip install 'teambot[sandbox]'`.")
    try:
        start: Callable[..., Coroutine[Any, Any, int]] = found.load()
    except ModuleNotFoundError as missing:
        sentence = f"The sandbox needs {missing.name}: install it with `pip install 'teambot[sandbox]'`."
        raise click.ClickException(sentence) from missing
    return start


@teambot.command(epilog="Example: TEAMBOT_DATABASE_URL=postgresql+asyncpg://teambot@db/teambot teambot migrate")
def migrate() -> None:
    """Bring the database to the newest schema."""
    from bot import commands

    _run(commands.migrate(_settings(Purpose.DATABASE)))


@teambot.group(epilog="Example: teambot policy check policies.yaml")
def policy() -> None:
    """Policies and settings as code."""


_STYLE = click.Choice([style.value for style in AuditLineStyle])
_FILE = click.argument("file", type=PolicyFileType())


@policy.command("apply", epilog="Example: teambot policy apply policies.yaml --dry-run")
@_FILE
@click.option("--dry-run", is_flag=True, help="Show what would change, without changing it.")
@click.option(
    "--based-on",
    type=click.IntRange(min=0),
    metavar="REVISION",
    help="The newest revision that the file knows of. An exported file says it; otherwise what was changed in Slack"
    " since a file was last applied is not overwritten.",
)
def policy_apply(file: PolicyFile, *, dry_run: bool, based_on: int | None) -> None:
    """Apply a file: it is in effect from then on.

    Names are looked up, everything is checked, and a revision is stored. FILE may also be the file itself, as a data:
    URL (data:application/gzip;base64,…), where a process has no files: in a task of ECS.
    """
    from bot import commands

    _run(commands.policy_apply(_settings(Purpose.CHAT), file, dry_run=dry_run, based_on=based_on))


@policy.command("check", epilog="Example: teambot policy check policies.yaml")
@_FILE
def policy_check(file: PolicyFile) -> None:
    """Check a file against AWS and Slack.

    Nothing is stored. FILE may also be a data: URL, as for apply.
    """
    from bot import commands

    _run(commands.policy_check(_settings(Purpose.CHAT), file))


@policy.command("export", epilog="Example: teambot policy export > policies.yaml")
def policy_export() -> None:
    """Write what is in effect as YAML."""
    from bot import commands

    _run(commands.policy_export(_settings(Purpose.DATABASE)))


@policy.command("explain", epilog="Example: teambot policy explain ada@example.com 111122223333 PowerUserAccess")
@click.argument("user")
@click.argument("account")
@click.argument("permission_set")
def policy_explain(user: str, account: str, permission_set: str) -> None:
    """Say who may ask, how long, and who decides.

    Each by the policies that say so.
    """
    from bot import commands

    _run(commands.policy_explain(_settings(Purpose.DATABASE), user, account, permission_set))


add_policy_init(policy, _settings, _run)


@teambot.command(epilog="Example: teambot doctor")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON document, for programs.")
def doctor(*, as_json: bool) -> None:
    """Check everything the bot depends on.

    A line each; exit code 1 if one of them fails. Changes nothing.

    \b
    Secrets           those in AWS Secrets Manager
    Database          reachable, with the newest schema
    Slack             bot token and its scopes, Socket Mode or signing secret
    Microsoft Teams   what the app shows Entra, the keys of Teams, channels
    HTTP API          where it is, and the proxies in front
    AWS               credentials, organization, Identity Center, each kind of call
    Clocks            this machine beside the database, AWS and Slack; the replicas that run
    Session activity  the source, where one is chosen
    Groups            of admins and auditors: there, with somebody enabled in them
    Policies          whether all that they name is there, and somebody can decide
    Channels          of policies and audit: there, not shared, with the bot
    Outbox            messages that could not be delivered
    Audit trail       both its ends, and what the running bot found in between
    Invariants        no access past its end, nothing waiting for long, the archive in step
    Audit archive     the bucket, where one is named
    Events, E-mail    each destination that is set up: reached, and up to date

    What is missing is told once, and everything else is checked all the same. What depends on something missing is
    marked as not checked.
    """  # noqa: D301 - click reads the backspace as "leave these lines as they are"
    from bot.doctor.examine import examine

    _run(examine(_settings(Purpose.DATABASE, with_secrets=False, tells_troubles=True), as_json=as_json))


@teambot.group(epilog="Example: teambot audit verify")
def audit() -> None:
    """The audit trail."""


@audit.command("verify", epilog="Example: teambot audit verify")
@click.option(
    "--anchor",
    default="",
    help="An end of the chain that you noted earlier, as SEQ:HASH: the chain must still contain it.",
)
@click.option("--archive", is_flag=True, help="Compare it with the end of each day in the bucket, too.")
def audit_verify(anchor: str, *, archive: bool) -> None:
    """Prove the chain, or name where it breaks."""
    if anchor and not re.fullmatch(r"\d+:[0-9a-f]{64}", anchor):
        raise click.BadParameter("it must be SEQ:HASH, as `teambot audit verify` prints it.", param_hint="--anchor")
    from bot import audit_commands

    _run(audit_commands.verify(_settings(Purpose.DATABASE), anchor, against_archive=archive))


@audit.command("rejoin", epilog="Example: teambot audit rejoin --reason 'restored the backup of 02:00, ticket 4711'")
@click.option(
    "--reason", required=True, help="The reason why the database has less than its archive; kept in the audit trail."
)
def audit_rejoin(reason: str) -> None:
    """Go on archiving after a restore.

    The events that the database lost stay in the archive, the trail says so, and the archive continues after them.
    """
    from bot import audit_commands

    _run(audit_commands.rejoin(_settings(Purpose.DATABASE), reason))


@audit.command("export", epilog="Example: teambot audit export --format jsonl --output trail.jsonl --resume")
@click.option(
    "--format",
    "style",
    type=click.Choice([style.value for style in AuditLineStyle]),
    default=AuditLineStyle.JSONL.value,
    show_default=True,
    help="ocsf is User Management, 3007.",
)
@click.option("--since", type=INSTANT, help="From this instant on (UTC).")
@click.option(
    "--until",
    type=INSTANT,
    help="Before this instant (UTC); a day alone is its beginning, so name the day after the last.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@click.option(
    "--resume", is_flag=True, help="Continue after the last event in the file; a line that was cut off is repaired."
)
@click.option(
    "--after", type=click.IntRange(0, 2**63 - 1), default=0, help="Continue after the event with this number."
)
def audit_export(**options: Any) -> None:
    """Write the trail, an event a line.

    To a file, or to standard output.
    """
    from bot import audit_commands

    if options["resume"] and options["output"] is None:
        raise click.UsageError("--resume continues a file: name it with --output.")
    _run(audit_commands.export(_settings(Purpose.DATABASE), AuditLineStyle(options.pop("style")), **options))


@teambot.group(epilog="Example: teambot request new 111122223333 ReadOnlyAccess 1h fixing the pipeline")
def request() -> None:
    """Requests at a terminal."""


@request.command("close", epilog="Example: teambot request close R-1042 --reason 'the account was closed'")
@click.argument("request_id", metavar="ID")
@click.option(
    "--reason", required=True, help="The reason why AWS will never finish it; kept in the audit trail and on the card."
)
def request_close(request_id: str, reason: str) -> None:
    """Close a revocation that AWS never finishes.

    Takes nothing away in AWS.
    """
    from bot import commands

    _run(commands.request_close(_settings(Purpose.DATABASE), request_id, reason))


add_request(request, lambda: _settings(Purpose.DATABASE, with_secrets=False), _run)
add_reconcile(teambot, _settings, _run)
add_report(teambot, _settings, _run)
add_events(teambot, _settings, _run)
add_manifest(teambot, lambda: _settings(Purpose.DATABASE))
add_import(teambot, _settings, _run)


@teambot.group(epilog="Example: teambot identity suspended")
def identity() -> None:
    """Pairs of chat users and Identity Center users."""


@identity.command("suspended", epilog="Example: teambot identity suspended")
def identity_suspended() -> None:
    """List the pairs that wait for a release.

    With who they were, and whom they lead to now.
    """
    from bot import identity_commands

    _run(identity_commands.suspended(_settings(Purpose.DATABASE)))


@identity.command("release", epilog="Example: teambot identity release ada@example.com --reason 'new Slack account'")
@click.argument("user", nargs=-1, metavar="[USER]")
@click.option("--all", "everybody", is_flag=True, help="All whose old user is gone and whose new one is alike.")
@click.option("--dry-run", is_flag=True, help="Show the pairing, and release nobody.")
@click.option(
    "--reason", default="", help="The reason; kept in the audit trail, and shown to the person who is released."
)
def identity_release(user: tuple[str, ...], *, everybody: bool, dry_run: bool, reason: str) -> None:
    """Let a chat user act again.

    As the Identity Center user that its address leads to now.

    USER is a Slack user id (also behind its team: T0EXAMPLE U0ADA), or the user name, e-mail address or id of the user
    in Identity Center, before or now. After a change of the identity source, release all: shown are the pairs of old
    and new users that have a user name, an e-mail address or an external id in common; the others are left.
    """
    from bot import identity_commands

    if everybody == bool(user) or len(user) > 2:
        raise click.UsageError("Name one user, or give --all.")
    settings = _settings(Purpose.DATABASE)
    if everybody:
        _run(identity_commands.release_all(settings, reason, dry_run=dry_run))
    else:
        _run(identity_commands.release(settings, user, reason, dry_run=dry_run))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line: exit code 0, 1 (failed) or 2 (usage)."""
    try:
        teambot.main(arguments, prog_name="teambot", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        _say(error.format_message())
        sys.exit(USAGE)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "teambot"
        said = " ".join(error.format_message().split())
        _say(f"{said if said.endswith(('.', '?', '!')) else f'{said}.'} See `{path} --help`.")
        sys.exit(USAGE)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(FAILED)
    except ConfigError as error:
        _say(*error.problems)
        sys.exit(FAILED)
    except InvalidPolicies as error:
        for each in error.problems:
            say(f"line {each.line}: {each.message}" if each.line else each.message, err=True)
        sys.exit(FAILED)
    except (Conflict, NotFound) as error:
        _say(str(error) or sentences.error(error))
        sys.exit(FAILED)
    except AccessError as error:
        _say(str(error))
        sys.exit(FAILED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(FAILED)


def _say(*paragraphs: str) -> None:
    """Line by line: what is told at length has lines of its own."""
    for paragraph in paragraphs:
        for line in paragraph.split("\n"):
            say(line, err=True)
