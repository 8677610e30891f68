"""The doctor's lines about the stored policies: whether all that they name is there, and somebody can decide."""

from collections.abc import AsyncIterator

from bot.compose import Infrastructure
from bot.doctor.line import DoctorLine
from core.domain.errors import Upstream
from core.domain.policy import PolicyBook
from core.domain.policy_warnings import KnownState, PolicyWarning, WarningKind, policy_warnings
from core.services.policies.impact_preview import members_of
from core.services.policies.names import CurrentNames, NameLookup
from handlers.screens import terminal, warnings
from handlers.screens.policy_text import Speller
from handlers.words.counts import noun

WHAT = "Policies"
NONE = "none yet, so nobody can ask for anything: `teambot policy init` writes a first file"
_ABOUT_POLICIES = (WarningKind.GONE, WarningKind.QUORUM, WarningKind.OUT_OF_REACH, WarningKind.NOT_JOINED)
"""Kinds that no other line of the doctor tells."""
_MARKS = "🔴⚠️ "


async def policy_lines(base: Infrastructure, book: PolicyBook) -> AsyncIterator[DoctorLine]:
    """One line when all is well, else one for each thing; the same sentences as on Home."""
    if not book.eligibility and not book.approval:
        yield DoctorLine(WHAT, ok=True, detail=NONE, warns=True)
        return
    try:
        organization = (await base.rules.context.rules()).organization
        names = await NameLookup(base.directory).names(organization)
        found = await _warnings(base, book, names)
    except Upstream as error:
        yield DoctorLine(WHAT, ok=False, detail=str(error))
        return
    speller = Speller(book, names)
    for warning in found:
        said = terminal.write(warnings.line(warning, speller)).lstrip(_MARKS)
        yield DoctorLine(WHAT, ok=True, detail=said, warns=True)
    if not found:
        counts = f"{_several(len(book.eligibility), 'eligibility')} and {_several(len(book.approval), 'approval')}"
        yield DoctorLine(WHAT, ok=True, detail=f"{counts}; everything that they name is there")


async def _warnings(base: Infrastructure, book: PolicyBook, names: CurrentNames) -> list[PolicyWarning]:
    groups = {group for policy in book.approval for group in policy.approver_groups}
    known = KnownState(
        organization=names.organization,
        groups=names.groups,
        users=names.users,
        synchronized=names.synchronized,
        disabled=names.unable(book),
        members=await members_of(base.directory, groups),
    )
    return [warning for warning in policy_warnings(book, known) if warning.kind in _ABOUT_POLICIES]


def _several(count: int, kind: str) -> str:
    return f"{count} {kind} {noun(count, 'policy', 'policies')}"
