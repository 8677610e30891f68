"""The people one can be: everybody who could use the real Slack, by what they may do there and why.

Read from the company and from its policy file, not from the bot: the bot decides, this only introduces.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.sandbox.company import Company, IdentityUser, SlackUser

ASK, APPROVE, WATCH, OTHER = "Asks for access", "Approves", "Audits and administers", "Cannot use it, and is told why"
_GUEST = "A guest."
ORDER = (ASK, APPROVE, WATCH, OTHER)


@dataclass(frozen=True)
class Somebody:
    name: str
    real_name: str
    group: str
    #: What makes this person worth being.
    about: str


class People:
    def __init__(self, company: Company, policies: Path) -> None:
        self._company = company
        self._policies = _read(policies)
        present = (each for each in company.slack_users if not (each.bot or each.deleted))
        self.all = [self._introduced(each) for each in present]
        self._by_name = {each.name: each for each in self.all}

    def find(self, name: str) -> Somebody | None:
        return self._by_name.get(name)

    def groups(self) -> list[tuple[str, list[Somebody]]]:
        return [(name, found) for name in ORDER if (found := [each for each in self.all if each.group == name])]

    def first(self, group: str) -> Somebody:
        """The first of a group; anybody, where the group is empty."""
        return next((each for each in self.all if each.group == group), self.all[0])

    def outsider(self) -> Somebody:
        """Somebody who is told no: a guest, where there is one."""
        return next((each for each in self.all if each.about == _GUEST), self.first(OTHER))

    def _introduced(self, user: SlackUser) -> Somebody:
        found = self._users(user)
        hindrance = _hindrance(user, found)
        if hindrance:
            return Somebody(user.name, user.real_name, OTHER, hindrance)
        held = {each.name for each in self._company.groups if found[0].user_name in each.members}
        group, about = self._part(found[0], held)
        second = " A second Slack account of the same person." if self._is_second(user) else ""
        return Somebody(user.name, user.real_name, group, f"{about}{second}")

    def _part(self, user: IdentityUser, held: set[str]) -> tuple[str, str]:
        """The rarest of what this person may do."""
        settings = self._policies.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        if settings.get("admin_group") in held:
            return WATCH, "Admin."
        if settings.get("auditor_group") in held:
            return WATCH, "Auditor."
        asks = self._named("eligibility", user, held, "groups", "users")
        approves = self._named("approval", user, held, "approver_groups", "approver_users")
        if approves:
            return APPROVE, f"{_sentence(approves)}{' Can also request.' if asks else ''}"
        if asks:
            return ASK, _sentence(asks)
        return OTHER, "No policy names this person."

    def _named(self, kind: str, user: IdentityUser, held: set[str], groups: str, users: str) -> str:
        """Through which groups, or personally, the policies of a kind name somebody; empty: not at all."""
        through: dict[str, None] = {}
        by_name = False
        for policy in filter(lambda each: isinstance(each, dict), _listed(self._policies, kind)):
            through |= {str(each): None for each in _listed(policy, groups) if each in held}
            own = {str(each).casefold() for each in _listed(policy, users)}
            by_name |= bool(own & {user.user_name.casefold(), (user.email or "").casefold()})
        return ", ".join([*through, *(["named individually"] if by_name else [])])

    def _users(self, user: SlackUser) -> list[IdentityUser]:
        address = (user.email or "").casefold()
        by_mail = [each for each in self._company.users if (each.email or "").casefold() == address]
        return by_mail or [each for each in self._company.users if each.user_name.casefold() == address]

    def _is_second(self, user: SlackUser) -> bool:
        address = (user.email or "").casefold()
        alike = [each for each in self._company.slack_users if (each.email or "").casefold() == address]
        return bool(address) and alike[0] is not user


def _hindrance(user: SlackUser, found: list[IdentityUser]) -> str:
    facts = (
        (user.stranger, "From another workspace, met in a shared channel."),
        (user.guest or user.single_channel_guest, _GUEST),
        (not user.email_confirmed, "The e-mail address is not confirmed."),
        (not found, "Has no Identity Center user."),
        (len(found) > 1, "Two Identity Center users have this address."),
        (bool(found) and not found[0].enabled, "Disabled in Identity Center."),
    )
    return next((words for holds, words in facts if holds), "")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _read(policies: Path) -> dict[str, Any]:
    """The content of the file, as far as it can be read: `policy apply` says what is wrong with it."""
    try:
        found = yaml.safe_load(policies.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(given: dict[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []
