"""Every command with its options, as ``--help`` shows them."""

import inspect
from collections.abc import Iterator

import click

from bot.cli import teambot
from tests.reference.markdown import code, table


def reference() -> str:
    return "\n\n".join(_section(command, context) for command, context in commands_of(teambot, None, "teambot"))


def commands_of(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[tuple[click.Command, click.Context]]:
    """Depth first; a group before what is in it, when it does something by itself."""
    context = click.Context(command, info_name=name, parent=parent)
    if not isinstance(command, click.Group):
        yield command, context
        return
    if command.invoke_without_command:
        yield command, context
    for each in sorted(command.commands):
        yield from commands_of(command.commands[each], context, each)


def _section(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"## {context.command_path}", *_said(command), f"```text\n{usage}\n```"]
    records = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [(code(name), meaning) for name, meaning in filter(None, records) if "--help" not in name]
    if rows:
        parts.append(table(("Option", "Meaning"), rows))
    if command.epilog:
        parts.append(f"Example:\n\n```sh\n{command.epilog.removeprefix('Example: ')}\n```")
    return "\n\n".join(parts)


def _said(command: click.Command) -> Iterator[str]:
    """Paragraphs; what click leaves as it is written stays so."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        kept = paragraph.partition("\b\n")
        yield f"```text\n{kept[2]}\n```" if kept[1] else " ".join(paragraph.split())
