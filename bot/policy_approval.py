"""A file of policies and the second admin: what waits for one, and what to do when there is none (rule 25)."""

from dataclasses import dataclass

import click

from bot.compose import Infrastructure
from bot.said import say
from core.domain.policy import PolicyBook
from core.domain.policy_validation import no_second_admin
from core.domain.widening import Widening
from core.ports import PrincipalDirectory
from core.services.policies.live_validation import able_admins
from core.services.policies.store import compare
from handlers.words import policy_words, sentences


@dataclass(frozen=True, slots=True)
class Waits:
    """The reasons why a change waits for an admin's approval; empty when it takes effect at once.

    ``aside`` is put on record with the reason of one that widens and takes effect all the same.
    """

    because: tuple[Widening, ...] = ()
    aside: str = ""


async def refuse_alone(directory: PrincipalDirectory, before: PolicyBook, after: PolicyBook) -> None:
    """Refuse a file after which changes would wait for a second admin who isn't there."""
    group = after.settings.admin_group
    members = {group: await able_admins(directory, group)} if group else {}
    alone = no_second_admin(before.settings, after.settings, members, frozenset())
    if alone is not None:
        raise click.ClickException(f"settings, {alone.field}: {sentences.refusal(alone)}")


async def waiting(base: Infrastructure, before: PolicyBook, after: PolicyBook) -> Waits:
    """The reasons why an admin has to approve a change. Any admin may: its author has no chat account.

    While the admin group is empty it waits all the same, and whoever is added to the group can approve it. With no such
    group any more nobody ever could: then it takes effect, and the trail says why.
    """
    if compare(before, after).is_empty:
        return Waits()
    because = await base.rules.policies.waits(before, after, await base.rules.organizations.current())
    if not because:
        return Waits()
    widens = policy_words.waits_because(because)
    group = before.settings.admin_group
    if group not in {each.id for each in await base.directory.groups()}:
        say(f"This widens ({widens}) and waits for nobody: the admin group that could approve it is gone.")
        return Waits(aside=", not approved: the admin group is gone")
    say(f"Waits for an admin to approve it (policy_changes: second_admin): {widens}.")
    if not await able_admins(base.directory, group):
        say(
            f"Warning: nobody enabled is in the admin group {before.label(group or '')}. Add somebody to it in IAM "
            "Identity Center, who can then approve this.",
            err=True,
        )
    return Waits(because)
