"""``teambot import``: another tool's export becomes a policy file. Looks names up in AWS, and stores nothing."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from bot.compose import aws_of, clock_of
from bot.progress import shown
from bot.said import document, say, to_file
from bot.settings import ProcessSettings
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.peer_files import read_statements, read_tables
from core.adapters.policy_file.writing import write
from core.domain.errors import NotFound
from core.domain.ids import ConversationId, GroupId
from core.domain.imports.elevator import from_elevator
from core.domain.imports.notes import Imported
from core.domain.imports.statements import ElevatorOptions
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team import from_team
from core.domain.policy_validation import lacking
from handlers.words import import_words, policy_words


async def team(
    settings: ProcessSettings, files: Sequence[Path], channels: Sequence[str], output: Path | None, *, nested: bool
) -> int:
    tables = await asyncio.to_thread(read_tables, files)
    around = await _surroundings(settings, ids=tables.groups)
    imported = from_team(tables, around, nested=nested, channels=_channels(channels))
    return _told(imported, around, output, "AWS TEAM")


async def elevator(
    settings: ProcessSettings,
    file: Path,
    channels: Sequence[str],
    output: Path | None,
    *,
    requesters: tuple[str, ...],
    max_duration: timedelta | None,
    request_expiry: timedelta | None,
    reminder_after: timedelta | None,
    durations: tuple[timedelta, ...] | None,
) -> int:
    statements = await asyncio.to_thread(read_statements, file)
    around = await _surroundings(settings, names=requesters)
    for name in requesters:
        if not around.named(name):
            raise NotFound(f"There is no group {name} in Identity Center: give --requesters its display name.")
    options = ElevatorOptions(requesters, max_duration, request_expiry, reminder_after, _channels(channels), durations)
    return _told(from_elevator(statements, around, options), around, output, "SSO Elevator")


def _channels(ids: Iterable[str]) -> tuple[ConversationId, ...]:
    return tuple(dict.fromkeys(map(ConversationId, ids)))


async def _surroundings(settings: ProcessSettings, ids: Iterable[str] = (), names: Iterable[str] = ()) -> Surroundings:
    """AWS as it is now, with the members of the groups that are meant."""
    clock = clock_of(settings)
    async with aws_of(settings) as aws, shown("Reading AWS"):
        directory = IdentityStoreDirectory(aws, clock)
        organization = await AwsOrganizationReader(aws, clock).read()
        await directory.refresh()
        groups = await directory.groups()
        wanted = {GroupId(group) for group in ids} | {group.id for group in groups if group.name in set(names)}
        members = {g.id: await directory.members_of(g.id) for g in groups if g.id in wanted}
        return Surroundings.of(organization, await directory.everybody(), groups, members)


def _told(imported: Imported, around: Surroundings, output: Path | None, origin: str) -> int:
    """The YAML where it was asked for, the report on standard error."""
    text = f"# From {origin}.\n{write(imported.book, around.organization, imported.names)}"
    for line in import_words.lines(imported.notes):
        say(line, err=True)
    for section in lacking(imported.book):
        say(f"Warning: {policy_words.lacking(section)}", err=True)
    if output is None:
        document(text)
        return 0
    with to_file(output):
        output.write_text(text, encoding="utf-8")
    say(f"Written to {output}. Next: teambot policy check {output}", err=True)
    return 0
