"""Acts of an administrator in AWS past the bot, from the page: each with the bot's reaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD
from infra.sandbox.slack.model import Json

Choice = tuple[str, str]
"""The value that is sent, and the label that is read."""


@dataclass(frozen=True)
class Hand:
    """One act: which choices it needs, and what follows from it."""

    id: str
    title: str
    label: str
    fields: tuple[str, ...]
    about: str


FIRST = frozenset({PAYMENTS_PROD, "PowerUserAccess", "bob@example.com"})
"""The first choice, before anybody chooses: something that a policy of the example company covers."""
HANDS = (
    Hand(
        "assign", "Assign something past the bot", "Assign", ("person", "permission_set", "account"),
        "Where a policy covers it, admins are told once it was seen twice: in about ten minutes, or a minute or two "
        "after the clock was moved.",
    ),
    Hand(
        "delete-person", "Delete a person", "Delete this person", ("person",),
        "They can do nothing any more, and what waits for approval fails when somebody decides. Live access runs to "
        "its end. AWS refuses to take it away then, and about five minutes later the request ends and names what is "
        "left.",
    ),
    Hand(
        "close-account", "Close an account", "Close this account", ("account",),
        "Nobody is offered it any more, and what waits for approval fails when somebody decides. Live access runs to "
        "its end. AWS refuses to take it away then, and about five minutes later the request ends and names what is "
        "left.",
    ),
)  # fmt: skip


class ByHand:
    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._acts: Mapping[str, Callable[[Json], str]] = {
            "assign": self._assign,
            "remove": self._remove,
            "delete-person": self._delete_person,
            "close-account": self._close_account,
        }

    def choices(self) -> Mapping[str, list[Choice]]:
        """Of each field, as AWS has them now."""
        world = self._aws.world
        accounts = [each for each in world.organization.accounts.values() if each.status == "ACTIVE"]
        return {
            "person": _sorted((each.user_name, each.display_name) for each in world.directory.users.values()),
            "permission_set": _sorted((each.name, each.name) for each in world.permission_sets.by_arn.values()),
            "account": _sorted((each.id, f"{each.name} ({each.id})") for each in accounts),
        }

    def do(self, asked: Json) -> str:
        """Do it, and say what was done. ValueError in words where it cannot be done."""
        act = self._acts.get(str(asked.get("hand", "")))
        if act is None:
            raise ValueError("There is no such thing to do.")
        try:
            return act(asked)
        except LookupError as error:
            raise ValueError(f"AWS has {error}. Reload the window.") from error

    def _assign(self, asked: Json) -> str:
        person, permission_set, account = _given(asked, "person", "permission_set", "account")
        self._aws.make_assignment(account, permission_set, person)
        return f"{person} has {permission_set} in {account} now, and nobody asked for it."

    def _remove(self, asked: Json) -> str:
        person, permission_set, account = _given(asked, "person", "permission_set", "account")
        self._aws.remove_assignment(account, permission_set, person)
        return f"{permission_set} in {account} is taken away from {person}. The bot will notice."

    def _delete_person(self, asked: Json) -> str:
        (person,) = _given(asked, "person")
        self._aws.delete_user(person)
        return f"{person} is gone from IAM Identity Center."

    def _close_account(self, asked: Json) -> str:
        (account,) = _given(asked, "account")
        self._aws.set_account_status(account, "SUSPENDED")
        return f"{account} is closed."


def _given(asked: Json, *names: str) -> tuple[str, ...]:
    return tuple(str(asked.get(name, "")) for name in names)


def _sorted(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: choice[1].casefold())
