"""The commands of the command line that do something and end. Each returns its exit code."""

import re
from collections.abc import Container, Sequence

import click

from bot.compose import Infrastructure, clock_of, database_of, open_infrastructure
from bot.migration import migrated
from bot.operator import operator_name
from bot.platforms import asking_platforms
from bot.policy_approval import refuse_alone, waiting
from bot.policy_documents import NO_ORGANIZATION, read_policies, warnings_of
from bot.policy_file import PolicyFile
from bot.progress import shown
from bot.said import document, say
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.adapters.policy_file.reading import Document, read
from core.adapters.policy_file.writing import write
from core.domain.errors import Conflict, NotFound, Upstream
from core.domain.evaluation import reason_in
from core.domain.ids import read_request_id, show_request_id
from core.domain.organization import Organization
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.services.policies.impact_preview import ImpactPreview
from core.services.policies.names import NameLookup
from core.services.policies.store import INSTALLATION, RevisionEntry, compare, keep_personas
from core.services.provisioning.manual_close import close_as
from handlers.screens import effects, terminal
from handlers.screens.clean import clean
from handlers.screens.policy_text import Speller
from handlers.words import explain_words, left_behind_words, policy_words

_REVISION = re.compile(r"# revision (\d+)\b")


async def migrate(settings: ProcessSettings) -> int:
    async with shown("Bringing the database to the newest schema"):
        said = await migrated(settings.database_url)
    say(said)
    return 0


async def policy_apply(settings: ProcessSettings, file: PolicyFile, *, dry_run: bool, based_on: int | None) -> int:
    """Put a file's policies into effect, or ask the admins to.

    A bot that starts for the first time names the admins in a revision of its own. When that comes in between, the
    file is applied on top of it: no person's change is overwritten.
    """
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        before = await base.rules.policies.current()
        try:
            return await _apply(settings, base, file, before, dry_run=dry_run, based_on=based_on)
        except Conflict:
            since = await base.rules.policies.since(before.revision)
            if not since or any(entry.revision.author != INSTALLATION for entry in since):
                raise
            before = await base.rules.policies.current()
            return await _apply(settings, base, file, before, dry_run=dry_run, based_on=based_on)


async def _apply(
    settings: ProcessSettings,
    base: Infrastructure,
    file: PolicyFile,
    before: PolicyBook,
    *,
    dry_run: bool,
    based_on: int | None,
) -> int:
    after = keep_personas(before, await read_here(settings, base, read(file.text)))
    unseen = await base.rules.policies.unseen(_revision_of(file) if based_on is None else based_on)
    if dry_run:
        _show_difference(before, after)
        await _show_effects(base, before, after)
        await warn(base, after, settings.platforms)
    if unseen and not compare(before, after).is_empty:
        raise Conflict(_overwrites(file, unseen))
    await refuse_alone(base.directory, before, after)
    waits = await waiting(base, before, after)
    if dry_run:
        return 0
    author, why = Actor(name=operator_name()), f"apply {file.name}{waits.aside}"
    await warn(base, after, settings.platforms)
    if waits.because:
        await base.rules.policies.propose(
            after, based_on=before.revision, author=author, why=why, because=waits.because
        )
        _show_difference(before, after)
        say("Not in effect yet: the admins have been asked to approve this change.")
        return 0
    stored = await base.rules.policies.apply(after, based_on=before.revision, author=author, why=why)
    _show_difference(before, stored)
    if stored.revision == before.revision:
        say(f"Revision {stored.revision} stays in effect.")
    else:
        say(f"Saved as revision {stored.revision}, in effect now.")
    return 0


async def policy_check(settings: ProcessSettings, file: PolicyFile) -> int:
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        book = await read_here(settings, base, read(file.text))
        await warn(base, book, settings.platforms)
        before = await base.rules.policies.current()
        await refuse_alone(base.directory, before, keep_personas(before, book))
    say(f"{file.name} is valid: {len(book.eligibility)} eligibility and {len(book.approval)} approval policies.")
    return 0


async def policy_export(settings: ProcessSettings) -> int:
    """Write by name: the names that the policies were written with."""
    async with database_of(settings) as database:
        await need_schema(database)
        async with database.look() as unit:
            book, organization = await unit.policies.current(), await unit.snapshots.get()
    say(f"# revision {book.revision}")
    document(write(book, organization or NO_ORGANIZATION))
    return 0


async def policy_explain(settings: ProcessSettings, user: str, account: str, permission_set: str) -> int:
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        await _organization(base)
        told = await base.rules.explainer.explain(user, account, permission_set)
        book = await base.rules.policies.current()
    say(f"{told.person.principal.name} · {told.permission_set.name} in {told.account.name} ({told.account.id})")
    for line in explain_words.explain(
        told.judgement,
        approvers=[principal.name for principal in told.approvers],
        groups=told.group_names,
        approvals_on=book.settings.approval_required,
        barred=told.barred,
    ):
        say(line)
    for line in explain_words.around(told.around) if told.around else ():
        say(line)
    if told.judgement.eligibility is None:
        for line in policy_words.near_misses(told.covering, told.naming):
            say(line)
    return 0


async def request_close(settings: ProcessSettings, typed: str, reason: str) -> int:
    """Close a revocation by hand; who runs the command is on record with the reason."""
    request_id = read_request_id(typed)
    if request_id is None:
        raise click.UsageError(f"{typed} is not a request: give a number such as R-1042.")
    if not (why_closed := reason_in(reason)):
        raise click.UsageError("Give the reason with --reason: it is kept in the audit trail.")
    async with database_of(settings) as database:
        await need_schema(database)
        actor = Actor(name=operator_name())
        try:
            closed = await close_as(database.open, clock_of(settings), request_id, actor, why_closed)
        except NotFound:
            raise NotFound(f"There is no request {show_request_id(request_id)}.") from None
        except Conflict as conflict:
            why = f"{show_request_id(request_id)} {conflict}: only one that is being ended can be closed by hand."
            raise Conflict(why) from None
    say(f"{show_request_id(closed.id)} is closed by hand. {left_behind_words.left_in_aws(closed)}")
    return 0


async def read_here(settings: ProcessSettings, base: Infrastructure, document: Document) -> PolicyBook:
    """The same as ``read_policies``, for a command, which asks the chat platforms and ends."""
    async with asking_platforms(settings, base) as chats:
        return await read_policies(base, chats, document, settings.platforms)


async def _organization(base: Infrastructure) -> Organization:
    """The snapshot that the bot keeps, or one read now."""
    try:
        return await base.rules.organizations.current()
    except Upstream:
        await base.rules.organizations.refresh()
        return await base.rules.organizations.current()


def _revision_of(file: PolicyFile) -> int | None:
    """The revision that an exported file says it is; None for one that was written by hand."""
    match = _REVISION.match(file.text)
    return int(match[1]) if match else None


def _overwrites(file: PolicyFile, unseen: Sequence[RevisionEntry]) -> str:
    """Say what a file would undo that its author may not know of."""
    newest = unseen[0].revision.book.revision
    lines = [f"{file.name} does not have what was changed since, and would undo it:"]
    for entry in unseen:
        changed = entry.revision
        names = ", ".join(f"{part.section.value}.{part.name}".rstrip(".") for part in entry.changes)
        when = changed.at.strftime("%Y-%m-%d %H:%M UTC")
        why = f" ({changed.why})" if changed.why else ""
        said = f"revision {changed.book.revision}, {changed.author.name}, {when}: {names}{why}"
        lines.append(f"  {clean(said)}")
    lines.append(f"Merge it from `teambot policy export`, or apply anyway with --based-on {newest}.")
    return "\n".join(lines)


async def _show_effects(base: Infrastructure, before: PolicyBook, after: PolicyBook) -> None:
    """In the words of the preview in chat."""
    if compare(before, after).is_empty:
        return
    async with shown("Working out what changes for whom"):
        names = await NameLookup(base.directory).names(await base.rules.organizations.current())
        done = await ImpactPreview(base.database.open, base.directory).effects(before, after, names)
    told = effects.parts(done, Speller(after, names))
    for part in told:
        say(f"{part.title}:")
        for line in part.lines:
            say(f"  {terminal.write(line)}")
    if not told:
        say(effects.NOTHING)


async def warn(base: Infrastructure, book: PolicyBook, platforms: Container[str]) -> None:
    """Say on standard error what is no mistake and yet may surprise. ``platforms``: those that are configured."""
    for each in await warnings_of(base, book, platforms):
        say(f"Warning: {each}", err=True)


def _show_difference(before: PolicyBook, after: PolicyBook) -> None:
    difference = compare(before, after)
    if difference.is_empty:
        say("Nothing changes.")
    for mark, names in (("+", difference.added), ("-", difference.removed), ("~", difference.changed)):
        for name in names:
            say(f"{mark} {name}")
