"""People: a chat user becomes a principal, and a principal has personas (rules 1 and 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from core.domain.errors import Reason, Refusal, Refused
from core.domain.ids import GroupId, PrincipalId
from core.domain.platforms import TEAMS


@dataclass(frozen=True, slots=True)
class ChatUser:
    """Somebody on a chat platform, by ids alone: names there are free text and decide nothing."""

    platform: str
    team: str
    user: str


@dataclass(frozen=True, slots=True)
class ChatProfile:
    """A user's profile on the chat platform, read at the time of the action."""

    chat_user: ChatUser
    email: str = ""
    email_confirmed: bool = False
    display_name: str = ""
    user_principal_name: str = ""
    """On Teams: the name that it signs in with, which the organization's directory manages."""
    external_id: str = ""
    """The id of it in the identity provider, where that alone is to lead to the principal; empty: its addresses do."""
    is_bot: bool = False
    is_anonymous: bool = False
    """Somebody without an account, as in a meeting that is open to everybody."""
    is_guest: bool = False
    is_stranger: bool = False
    is_deactivated: bool = False
    is_of_this_workspace: bool = True
    organization: str = ""
    """The organization that the platform vouches for (Slack: the enterprise, else the workspace). Empty: the team."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that lead to its principal; where there are two, both must lead to the same one (rule 1)."""
        given = {address_key(each): each.strip() for each in (self.user_principal_name, self.email)}
        return tuple(address for key, address in given.items() if key)

    @property
    def account(self) -> ChatUser:
        """The chat account under which this user is pinned: the same from whichever workspace it acts (rule 1)."""
        return replace(self.chat_user, team=self.organization or self.chat_user.team)


@dataclass(frozen=True, slots=True)
class Principal:
    """An Identity Center user."""

    id: PrincipalId
    user_name: str
    display_name: str
    emails: tuple[str, ...] = ()
    enabled: bool = True
    external_ids: tuple[str, ...] = ()
    """The ids that the identity provider knows it by, each behind its issuer."""

    @property
    def name(self) -> str:
        """The name to call this person by."""
        return self.display_name or self.user_name


@dataclass(frozen=True, slots=True)
class Group:
    """An Identity Center group."""

    id: GroupId
    name: str
    is_synchronized: bool = False
    """Its members are somebody else's to say: an identity provider's, or those of AWS Control Tower and the like."""


@dataclass(frozen=True, slots=True)
class PeopleListing:
    """All users and groups of Identity Center, as listed by a reading that began at a moment."""

    users: tuple[Principal, ...]
    groups: tuple[Group, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A principal who is acting, with the groups held at this moment and the chat user it acts through."""

    principal: Principal
    groups: frozenset[GroupId] = frozenset()
    chat_user: ChatUser | None = None
    barred_by: Reason | None = None
    """The reason why this person may only reject, withdraw and end; or, with a second account, only ask (rule 1)."""
    is_second: bool = False
    """It acts through a second account that nobody has released, whatever else bars it."""
    token: str = ""
    """The name of the token that acts for this person; empty for somebody who acts in person."""

    @property
    def id(self) -> PrincipalId:
        return self.principal.id

    @property
    def may_ask(self) -> bool:
        return self.barred_by in {None, Reason.SECOND_ACCOUNT, Reason.AT_TERMINAL}

    @property
    def only_asks(self) -> bool:
        """True if it decides and administers nothing: through a second account, or from a terminal."""
        return self.is_second or self.barred_by in {Reason.SECOND_ACCOUNT, Reason.AT_TERMINAL}


NEVER_USED = datetime.min.replace(tzinfo=UTC)


class PinState(StrEnum):
    """The state of a remembered pair: whether it may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Its address leads to another principal: takes access away and does nothing else."""
    SECOND = "second"
    """Another account was there before it: asks and does nothing else."""
    SUSPENDED_SECOND = "suspended_second"
    """A second one that was suspended: ends what is its own and does nothing else."""

    @property
    def is_suspended(self) -> bool:
        return self in {PinState.SUSPENDED, PinState.SUSPENDED_SECOND}

    @property
    def is_second(self) -> bool:
        return self in {PinState.SECOND, PinState.SUSPENDED_SECOND}


@dataclass(frozen=True, slots=True)
class KnownAs:
    """The names of a principal when it was last seen: its UserId tells nothing once Identity Center forgot it."""

    user_name: str = ""
    emails: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, principal: Principal) -> "KnownAs":
        return cls(principal.user_name, principal.emails, principal.external_ids)


@dataclass(frozen=True, slots=True)
class Pin:
    """The pair of a chat user and the principal it was first seen to be (rule 1)."""

    chat_user: ChatUser
    principal_id: PrincipalId
    state: PinState = PinState.ACTIVE
    claimed: PrincipalId | None = None
    """While suspended: the other principal that the e-mail address led to."""
    known_as: KnownAs | None = field(default=None, compare=False)
    """None for a pair that was last seen before this was kept."""
    pinned_at: datetime | None = field(default=None, compare=False)
    told_at: datetime | None = field(default=None, compare=False)
    """The time when the admins were told that it waits for a release."""
    used_at: datetime | None = field(default=None, compare=False)
    """The last act that was noted; None for a pair that was last used before this was kept."""

    @property
    def last_use(self) -> datetime:
        """The last time this account acted, as far as it was noted."""
        return self.used_at or self.pinned_at or NEVER_USED


def speaks_for(pin: Pin | None, principal_id: PrincipalId) -> bool:
    """True if nothing is known against a chat account that acted as this principal once (rules 1 and 14)."""
    return pin is None or (not pin.state.is_suspended and pin.principal_id == principal_id)


def refuse_outsiders(profile: ChatProfile) -> None:
    """Refuse whoever cannot stand for an employee, each with its own reason (rule 1)."""
    is_teams, by_id = profile.chat_user.platform == TEAMS, bool(profile.external_id)
    grounds: Mapping[Reason, bool] = {
        Reason.BOT: profile.is_bot,
        Reason.DEACTIVATED: profile.is_deactivated,
        Reason.ANONYMOUS: profile.is_anonymous,
        Reason.STRANGER: profile.is_stranger,
        Reason.OTHER_TENANT if is_teams else Reason.OTHER_WORKSPACE: not profile.is_of_this_workspace,
        Reason.GUEST: profile.is_guest,
        Reason.NO_USER_PRINCIPAL_NAME: is_teams and not by_id and not profile.user_principal_name.strip(),
        Reason.NO_EMAIL: not is_teams and not profile.email.strip(),
        Reason.EMAIL_UNCONFIRMED: not is_teams and not profile.email_confirmed,
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
        Reason.NO_USER_PRINCIPAL_NAME,
        Reason.ADDRESSES_DIFFER,
        Reason.EXTERNAL_ID_UNKNOWN,
    }
)
"""Refusals that are about the address alone: whoever was pinned before may still take access away (rule 1)."""


_KELVIN_SIGN = "\u212a"
"""The one letter outside ASCII whose small letter is in it: a ``k``, by which it would name somebody else's mailbox."""


def address_key(address: str) -> str:
    """The form that two spellings of one address share (rule 1). ``casefold`` would make ``ß`` and ``ss`` one."""
    return _KELVIN_SIGN.join(part.lower() for part in address.strip().split(_KELVIN_SIGN))


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


def match_external_id(external_id: str, candidates: Iterable[Principal]) -> Principal:
    """Find the one ENABLED principal of these, which the identity provider knows by this id (rule 1)."""
    known = {principal.id: principal for principal in candidates}.values()
    enabled = [principal for principal in known if principal.enabled]
    if len(enabled) == 1:
        return enabled[0]
    if enabled:
        raise Refused(Refusal(Reason.SEVERAL_PRINCIPALS, detail=external_id))
    raise Refused(Refusal(Reason.PRINCIPAL_DISABLED if known else Reason.EXTERNAL_ID_UNKNOWN, detail=external_id))


def agreed(found: Sequence[Principal]) -> Principal:
    """The one principal that every address of a profile leads to (rule 1).

    An address that is not checked where people sign in could be somebody else's: alone it leads nowhere.
    """
    first, *others = found
    if any(other.id != first.id for other in others):
        raise Refused(Refusal(Reason.ADDRESSES_DIFFER))
    return first


def hold_to_pin(pin: Pin | None, chat_user: ChatUser, principal: Principal, *, is_second: bool = False) -> Pin:
    """Return the pin that holds from now on: made on first use, suspended when it leads elsewhere (rule 1).

    ``is_second``: another account leads to this principal already.
    """
    if pin is None:
        state = PinState.SECOND if is_second else PinState.ACTIVE
        return Pin(chat_user, principal.id, state, known_as=KnownAs.of(principal))
    if not pin.state.is_suspended and pin.principal_id != principal.id:
        state = PinState.SUSPENDED_SECOND if pin.state.is_second else PinState.SUSPENDED
        return Pin(chat_user, pin.principal_id, state, claimed=principal.id, known_as=pin.known_as)
    return pin if pin.chat_user == chat_user else replace(pin, chat_user=chat_user)


def strictest(pins: Iterable[Pin]) -> Pin | None:
    """Of several pairs of one account, kept for its workspaces one by one, that which allows least."""
    order = (PinState.SUSPENDED_SECOND, PinState.SUSPENDED, PinState.SECOND, PinState.ACTIVE)
    return min(pins, key=lambda pin: order.index(pin.state), default=None)


class Persona(StrEnum):
    """The roles of people here, in the order they are explained (rule 2)."""

    REQUESTER = "requester"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


def by_use(pins: Sequence[Pin], platform: str = "") -> list[Pin]:
    """The accounts of one principal, given the newest first, in the order in which to write to them.

    Those of this platform come first, then those of the platform that was used last. Of several on one platform the
    first account comes first, whichever is used more (rule 1).
    """
    used = {each: max(pin.last_use for pin in pins if pin.chat_user.platform == each) for each in _platforms(pins)}
    order = sorted(used, key=lambda each: (each == platform, used[each]), reverse=True)
    first_to_last = list(reversed(pins))
    return sorted(first_to_last, key=lambda pin: order.index(pin.chat_user.platform))


def _platforms(pins: Iterable[Pin]) -> set[str]:
    return {pin.chat_user.platform for pin in pins}


def is_elsewhere(pin: Pin, pins: Iterable[Pin]) -> bool:
    """True if its principal acted on another platform since this account was last noted to act."""
    return any(
        other.principal_id == pin.principal_id
        and other.chat_user.platform != pin.chat_user.platform
        and other.last_use > pin.last_use
        for other in pins
    )


def user_of(pins: Sequence[Pin], platform: str = "") -> ChatUser | None:
    """The chat account that messages for a principal go to, from its pins, the newest first (rule 1)."""
    return next((pin.chat_user for pin in by_use(pins, platform) if pin.state is PinState.ACTIVE), None)
