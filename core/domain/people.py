"""Who is who: a chat user becomes a principal, and a principal has personas (rules 1 and 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.errors import Reason, Refusal, Refused
from core.domain.ids import GroupId, PrincipalId


@dataclass(frozen=True, slots=True)
class ChatUser:
    """Somebody on a chat platform, by ids alone: names there are free text and decide nothing."""

    team: str
    user: str
    platform: str = "slack"


@dataclass(frozen=True, slots=True)
class ChatProfile:
    """What the chat platform says about a user, read at the time of the action."""

    chat_user: ChatUser
    email: str = ""
    email_confirmed: bool = False
    display_name: str = ""
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_deactivated: bool = False
    is_of_this_workspace: bool = True


@dataclass(frozen=True, slots=True)
class Principal:
    """An Identity Center user."""

    id: PrincipalId
    user_name: str
    display_name: str
    emails: tuple[str, ...] = ()
    enabled: bool = True

    @property
    def name(self) -> str:
        """What to call this person."""
        return self.display_name or self.user_name


@dataclass(frozen=True, slots=True)
class Group:
    """An Identity Center group."""

    id: GroupId
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A principal who is acting, with the groups held at this moment and the chat user it acts through."""

    principal: Principal
    groups: frozenset[GroupId] = frozenset()
    chat_user: ChatUser | None = None
    barred_by: Reason | None = None
    """Set while this person may only reject, withdraw and end (rule 1): why."""

    @property
    def id(self) -> PrincipalId:
        return self.principal.id


class PinState(StrEnum):
    """Whether a remembered pair may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Pin:
    """The pair of a chat user and the principal it was first seen to be (rule 1)."""

    chat_user: ChatUser
    principal_id: PrincipalId
    state: PinState = PinState.ACTIVE
    claimed: PrincipalId | None = None
    """While suspended: the other principal that the e-mail address led to."""


def speaks_for(pin: Pin | None, principal_id: PrincipalId) -> bool:
    """Whether nothing is known against a chat account that acted as this principal once (rules 1 and 14)."""
    return pin is None or (pin.state is not PinState.SUSPENDED and pin.principal_id == principal_id)


def refuse_outsiders(profile: ChatProfile) -> None:
    """Refuse whoever cannot stand for an employee, each with its own reason (rule 1)."""
    grounds: Mapping[Reason, bool] = {
        Reason.BOT: profile.is_bot,
        Reason.DEACTIVATED: profile.is_deactivated,
        Reason.STRANGER: profile.is_stranger,
        Reason.OTHER_WORKSPACE: not profile.is_of_this_workspace,
        Reason.GUEST: profile.is_guest,
        Reason.NO_EMAIL: not profile.email.strip(),
        Reason.EMAIL_UNCONFIRMED: not profile.email_confirmed,
    }
    for reason, holds in grounds.items():
        if holds:
            raise Refused(Refusal(reason))


LEADS_NOWHERE = frozenset(
    {
        Reason.IDENTITY_SUSPENDED,
        Reason.NO_PRINCIPAL,
        Reason.SEVERAL_PRINCIPALS,
        Reason.PRINCIPAL_DISABLED,
        Reason.NO_EMAIL,
        Reason.EMAIL_UNCONFIRMED,
    }
)
"""Refusals that are about the address alone: whoever was pinned before may still take access away (rule 1)."""


def address_key(address: str) -> str:
    """What two spellings of one address have in common (rule 1). ``casefold`` would make ``ß`` and ``ss`` one."""
    return address.strip().lower()


def match_principal(email: str, candidates: Iterable[Principal]) -> Principal:
    """Find the one ENABLED principal of an e-mail address, by its e-mails, then by its user name (rule 1)."""
    wanted = address_key(email)
    if not wanted:
        raise Refused(Refusal(Reason.NO_PRINCIPAL))
    known = {principal.id: principal for principal in candidates}.values()
    for matches in (
        [p for p in known if wanted in map(address_key, p.emails)],
        [p for p in known if wanted == address_key(p.user_name)],
    ):
        enabled = [principal for principal in matches if principal.enabled]
        if len(enabled) > 1:
            raise Refused(Refusal(Reason.SEVERAL_PRINCIPALS, detail=email))
        if enabled:
            return enabled[0]
    named = [p for p in known if wanted in map(address_key, (*p.emails, p.user_name))]
    reason = Reason.PRINCIPAL_DISABLED if named else Reason.NO_PRINCIPAL
    raise Refused(Refusal(reason, detail=email))


def hold_to_pin(pin: Pin | None, chat_user: ChatUser, principal: Principal) -> Pin:
    """Return the pin that holds from now on: made on first use, suspended when it leads elsewhere (rule 1)."""
    if pin is None:
        return Pin(chat_user, principal.id)
    if pin.state is PinState.ACTIVE and pin.principal_id != principal.id:
        return Pin(chat_user, pin.principal_id, PinState.SUSPENDED, claimed=principal.id)
    return pin


class Persona(StrEnum):
    """What a person may do here, in the order it is explained (rule 2)."""

    REQUESTER = "requester"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


def user_of(pins: Iterable[Pin]) -> ChatUser | None:
    """Whom to write to for a principal with these pins, the newest first; None when none of them holds (rule 1)."""
    return next((pin.chat_user for pin in pins if pin.state is PinState.ACTIVE), None)
