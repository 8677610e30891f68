"""The only maker of random organizations, people, policies, requests and histories.

Everything is drawn from small pools of ids, so that what is drawn apart still meets: a generator whose asks
fit no policy proves nothing. ``tests/domain/test_generators.py`` measures that every branch is reached.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast, overload

from hypothesis import strategies as st

from core.domain.approval import Verdict, Vote, approval_for
from core.domain.audit import Anchor, AuditEvent, Sealed, seal
from core.domain.errors import Reason
from core.domain.evaluation import EvaluationInput, RequestedAccess
from core.domain.ids import (
    AccountId,
    ConversationId,
    GroupId,
    OuId,
    PermissionSetArn,
    PrincipalId,
    RequestId,
)
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import ChatProfile, ChatUser, Person, Principal
from core.domain.platforms import TEAMS
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, Notify, PolicyBook
from core.domain.request import LIVE, TERMINAL, TRANSITIONS, Actor, Event, Request, Status, advance
from core.domain.settings import Requirement, Settings
from core.domain.windows import expiry

T = TypeVar("T")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = tuple(PrincipalId(f"user-{n}") for n in range(1, 6))
GROUPS = tuple(GroupId(f"group-{n}") for n in range(1, 5))
ROOT = OuId("r-root")
OUS = (ROOT, *(OuId(f"ou-{n}") for n in range(1, 6)))
ACCOUNTS = tuple(AccountId(str(n) * 12) for n in range(1, 7))
PERMISSION_SETS = tuple(PermissionSetArn(f"arn:aws:sso:::permissionSet/ssoins-1/ps-{n}") for n in range(1, 4))
CHANNELS = tuple(ConversationId(f"C{n}") for n in range(1, 4))
CHAT_USERS = (
    ChatUser("slack", "T1", "U1"),
    ChatUser("slack", "T1", "U2"),
    ChatUser("slack", "T1", "U3"),
    ChatUser("slack", "T2", "U1"),
)
OF_TEAMS = ConversationId("teams:19:a@thread.tacv2")
LENGTHS = tuple(timedelta(minutes=n) for n in (15, 30, 60, 240, 720))

lengths = st.integers(1, 60 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
moments = st.integers(0, 60 * 24 * 90).map(lambda minutes: NOW + timedelta(minutes=minutes))
texts = st.text(max_size=12)


class Parts(Sequence[frozenset[T]]):
    """All parts of a pool, as a sequence to pick from; when sparse, small ones more often than large ones."""

    def __init__(self, pool: Sequence[T], *, sparse: bool = False) -> None:
        self._pool = pool
        self._sparse = sparse

    def __len__(self) -> int:
        return 1 << len(self._pool) * (2 if self._sparse else 1)

    @overload
    def __getitem__(self, place: int) -> frozenset[T]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[frozenset[T]]: ...
    def __getitem__(self, place: int | slice) -> frozenset[T] | Sequence[frozenset[T]]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        bits = place & place >> len(self._pool) if self._sparse else place
        return frozenset(member for n, member in enumerate(self._pool) if bits >> n & 1)


def picks(*pools: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """One member of each pool, all equally often, in a single draw; shrinks to the first of each.

    Draws are what an example costs, and ``st.integers`` would favour small numbers by far: so it is bytes.
    """
    sizes = [(len(pool) - 1).bit_length() // 8 + 1 for pool in pools]

    def decode(raw: bytes) -> tuple[Any, ...]:
        chosen, start = [], 0
        for pool, size in zip(pools, sizes, strict=True):
            chosen.append(pool[int.from_bytes(raw[start : start + size], "big") % len(pool)])
            start += size
        return tuple(chosen)

    return st.binary(min_size=sum(sizes), max_size=sum(sizes)).map(decode)


def one_of(pool: Sequence[T]) -> st.SearchStrategy[T]:
    """A member of the pool, all equally often; shrinks to the first."""
    return picks(pool).map(lambda picked: cast("T", picked[0]))


def subsets(pool: Sequence[T]) -> st.SearchStrategy[frozenset[T]]:
    """Any part of a pool."""
    return one_of(Parts(pool))


# --- organizations -----------------------------------------------------------------------------------


_KINDS_OF_ACCOUNT = (range(len(OUS)), (True,) * 6 + (False,))  # where it stands, whether it is active


def _organization(picked: tuple[Any, ...]) -> Organization:
    unit_count, account_count, set_count, management, *others = picked
    parents, kinds = others[: len(OUS) - 1], others[len(OUS) - 1 :]
    units = {ROOT: OrganizationalUnit(ROOT, "Root")}
    for place in range(1, unit_count + 1):
        units[OUS[place]] = OrganizationalUnit(OUS[place], f"Unit {place}", OUS[place - 1 - parents[place - 1]])
    accounts = {
        account: Account(account, f"account {account[0]}", OUS[place % len(units)], active)
        for account, place, active in zip(ACCOUNTS[:account_count], kinds[::2], kinds[1::2], strict=False)
    }
    return Organization(
        accounts=accounts,
        ous=units,
        permission_sets={arn: PermissionSet(arn, f"Set{arn[-1]}") for arn in PERMISSION_SETS[:set_count]},
        management_account=ACCOUNTS[management % account_count],
        taken_at=NOW,
    )


_organizations = picks(
    range(len(OUS)),
    range(2, len(ACCOUNTS) + 1),
    range(1, len(PERMISSION_SETS) + 1),
    range(len(ACCOUNTS)),
    *(range(place) for place in range(1, len(OUS))),  # the unit before it first: deep trees are common
    *(_KINDS_OF_ACCOUNT * len(ACCOUNTS)),
).map(_organization)


def organizations() -> st.SearchStrategy[Organization]:
    """A tree of units at any depth, accounts anywhere in it, some suspended, one of them the management account."""
    return _organizations


ANY_TARGET = Target(ACCOUNTS[0], PERMISSION_SETS[0])
targets = st.builds(Target, one_of(ACCOUNTS), one_of(PERMISSION_SETS))
"""Targets that an organization may know or not."""


# --- people ------------------------------------------------------------------------------------------


def principal(identifier: PrincipalId, *, enabled: bool = True) -> Principal:
    """The user behind an id."""
    name = identifier.replace("user-", "person")
    return Principal(identifier, name, name.title(), (f"{name}@example.com",), enabled)


persons = picks(PEOPLE, (True, True, True, True, False), Parts(GROUPS), (None, *CHAT_USERS)).map(
    lambda picked: Person(principal(picked[0], enabled=picked[1]), *picked[2:])
)
"""Somebody acting, in any groups, through any chat user or none; now and then disabled."""

_ANN = ("ann@example.com", "Ann@Example.com", " ANN@example.COM ")
_OTHERS = ("bob@example.com", "ann", "stra\u00dfe@example.com", "strasse@example.com", "k@example.com")
addresses = one_of((*_ANN, *_ANN, *_OTHERS))

principals = picks(
    PEOPLE,
    (*_OTHERS, *_ANN),
    ("", "Ann"),
    ((), *((address,) for address in _ANN), ("bob@example.com", _ANN[1]), _OTHERS[2:3]),
    (True, False, True, False, True),
).map(lambda picked: Principal(*picked))
"""Identity Center users whose addresses collide often, apart from case or altogether."""

directories = st.lists(principals, min_size=1, max_size=5, unique_by=lambda found: found.id)

EMPLOYEE = ChatProfile(CHAT_USERS[0], "ann@example.com", email_confirmed=True)
FLAWS: Mapping[Reason, Mapping[str, Any]] = {
    Reason.BOT: {"is_bot": True},
    Reason.DEACTIVATED: {"is_deactivated": True},
    Reason.ANONYMOUS: {"is_anonymous": True},
    Reason.STRANGER: {"is_stranger": True},
    Reason.OTHER_WORKSPACE: {"is_of_this_workspace": False},
    Reason.GUEST: {"is_guest": True},
    Reason.NO_EMAIL: {"email": " "},
    Reason.EMAIL_UNCONFIRMED: {"email_confirmed": False},
}
"""The flaws that keep a chat user from standing for an employee, in the order in which they are told."""
EMPLOYEE_ON_TEAMS = ChatProfile(ChatUser(TEAMS, "tenant", "object-1"), user_principal_name="ann@example.com")
FLAWS_ON_TEAMS: Mapping[Reason, Mapping[str, Any]] = {
    **{
        reason: flaw for reason, flaw in FLAWS.items() if "email" not in reason and reason is not Reason.OTHER_WORKSPACE
    },
    Reason.OTHER_TENANT: {"is_of_this_workspace": False},
    Reason.NO_USER_PRINCIPAL_NAME: {"user_principal_name": " ", "email": "ann@example.com"},
}
"""The same on Teams, where an address that is not what somebody signs in with proves nothing."""


# --- policies ----------------------------------------------------------------------------------------

_SETTINGS: tuple[Sequence[Any], ...] = (
    (True, True, True, True, True, False),
    LENGTHS[2:],
    (frozenset(), frozenset(ACCOUNTS[:1]), frozenset(ACCOUNTS[1:3])),
    (frozenset(), frozenset(), frozenset(PERMISSION_SETS[-1:])),
    (None, *GROUPS),
    (None, *GROUPS),
    (True,) * 9 + (False,),
    tuple(Requirement),
)
_ELIGIBILITY = (
    *(Parts(pool, sparse=True) for pool in (PEOPLE, GROUPS, ACCOUNTS, OUS, OUS)),
    (*Parts(PERMISSION_SETS, sparse=True), *[frozenset({EVERY_PERMISSION_SET})] * 8),
    (None, *LENGTHS),
    (True, False),
)
_APPROVAL = (
    *(
        Parts(ACCOUNTS),
        Parts(OUS),
        Parts(OUS, sparse=True),
        (frozenset(), *Parts(PERMISSION_SETS)),
        Parts(GROUPS),
        Parts(PEOPLE),
    ),
    ((), CHANNELS[:1], CHANNELS[:2], CHANNELS[1:], (*CHANNELS[:1], OF_TEAMS), (OF_TEAMS,)),
    (1, 2, 3),
    tuple(Notify),
)


def _settings(picked: Sequence[Any]) -> Settings:
    return Settings(
        approval_required=picked[0],
        max_duration=picked[1],
        protected_accounts=picked[2],
        protected_permission_sets=picked[3],
        admin_group=picked[4],
        auditor_group=picked[5],
        require_justification=picked[6],
        ticket=picked[7],
        revoke_reason=picked[7],
        request_expiry=None if picked[7] is Requirement.OPTIONAL else timedelta(hours=3),
    )


def _policy_book(picked: tuple[Any, ...]) -> PolicyBook:
    revision, eligibility_count, approval_count, *others = picked
    settings, others = others[: len(_SETTINGS)], others[len(_SETTINGS) :]
    allowing, deciding = others[: 2 * len(_ELIGIBILITY)], others[2 * len(_ELIGIBILITY) :]
    half, middle = len(_ELIGIBILITY), len(_APPROVAL)
    eligibility = (EligibilityPolicy("one", *allowing[:half]), EligibilityPolicy("other", *allowing[half:]))
    approval = (ApprovalPolicy("one", *deciding[:middle]), ApprovalPolicy("other", *deciding[middle:]))
    return PolicyBook(revision, _settings(settings), eligibility[:eligibility_count], approval[:approval_count])


policy_settings = picks(*_SETTINGS).map(_settings)
eligibility_policies = picks(*_ELIGIBILITY).map(lambda picked: EligibilityPolicy("another", *picked))
approval_policies = picks(*_APPROVAL).map(lambda picked: ApprovalPolicy("another", *picked))
policy_books = picks(range(1, 9), range(3), range(3), *_SETTINGS, *_ELIGIBILITY * 2, *_APPROVAL * 2).map(_policy_book)
"""Policies under names of their own, about things that an organization may know or not."""


# --- asks --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Situation:
    """Somebody asks for something in circumstances that fit together; ``members`` says who is in the groups."""

    seen: EvaluationInput
    ask: RequestedAccess
    members: Mapping[GroupId, frozenset[PrincipalId]]


_TWICE = ("approvers", "assigned", "length", "ticket")
_SPOILS = (*_TWICE, "protected", "justification", "start", "approvers", *_TWICE)


_ANY = range(420)
"""A place in a pool that is not known yet."""


def _at(pool: Sequence[T], place: int) -> T:
    return pool[place % len(pool)]


_asker = picks(PEOPLE, (True,) * 15 + (False,), *(Parts(PEOPLE),) * len(GROUPS))
_choices = picks(
    ("aimed", "aimed", "known", "aimed", "unknown", "aimed"),
    _ANY,
    _ANY,
    (False, True),
    *(_SPOILS,) * 3,
    *(_ANY,) * 4,
    *(_ANY, _ANY, (None, *LENGTHS), (False, True, True, False, True), (True,) * 5 + (False,), (None, *LENGTHS[:2])),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """An ask in its circumstances: two in three are drawn from a policy, and half are then spoiled."""
    organization, book = draw(organizations()), draw(policy_books)
    identifier, enabled, *groups = draw(_asker)
    kind, account, permission_set, spoiled, *others = draw(_choices)
    spoils = frozenset(others[:3]) if spoiled else frozenset()
    members = dict(zip(GROUPS, groups, strict=True))
    if kind == "unknown":
        target = Target(_at(ACCOUNTS, account), _at(PERMISSION_SETS, permission_set))
    else:
        accounts = _askable(organization) if kind == "aimed" else [*organization.accounts]
        target = Target(_at(accounts, account), _at([*organization.permission_sets], permission_set))
    if kind == "aimed":
        book = _aimed(book, organization, identifier, target, others[7:])
        book = replace(book, settings=_protecting(book.settings, target, protected="protected" in spoils))
    deciding = approval_for(book, organization, target).approvers(members)
    seen = EvaluationInput(
        book=book,
        organization=organization,
        person=Person(
            principal(identifier, enabled=enabled),
            frozenset(group for group in GROUPS if identifier in members[group]),
        ),
        now=NOW,
        fits=lambda pattern, ticket: re.fullmatch(pattern, ticket) is not None,
        already_assigned="assigned" in spoils,
        approvers=deciding & {identifier} if "approvers" in spoils else deciding,
    )
    return Situation(seen, _ask(target, book, spoils, others[3:7]), members)


def _askable(organization: Organization) -> Sequence[AccountId]:
    """Accounts that exist, mostly such as may be asked for."""
    good = [a.id for a in organization.accounts.values() if a.active and a.id != organization.management_account]
    return [*good * 6, organization.management_account]


def _aimed(
    book: PolicyBook, organization: Organization, person: PrincipalId, target: Target, picked: Sequence[Any]
) -> PolicyBook:
    """The same book with a policy that names the person and the target, and mostly one that says who approves.

    Both cover the account itself, the unit that it stands in, or one above it.
    """
    account, above = frozenset({target.account}), organization.ancestors(target.account)
    places: list[dict[str, Any]] = [{"accounts": account}, {"direct_ous": frozenset(above[:1])}]
    places += [{"ous": frozenset({ou})} for ou in above]
    length, approval, decided, twin = picked[2:]
    allowing = EligibilityPolicy(
        "aimed",
        users=frozenset({person}),
        **_at(places, picked[0]),
        permission_sets=frozenset({target.permission_set}),
        max_duration=length,
        approval_required=approval,
    )
    deciding = ApprovalPolicy(
        "aimed",
        **_at(places, picked[1]),
        approver_users=frozenset(PEOPLE) if decided else frozenset({person}),
        channels=CHANNELS[:1],
    )
    allow = (allowing, replace(allowing, name="aimed too", max_duration=twin)) if twin else (allowing,)
    return replace(book, eligibility=(*book.eligibility[:1], *allow), approval=(*book.approval[:1], deciding))


def _protecting(settings: Settings, target: Target, *, protected: bool) -> Settings:
    """The same settings with the target on the protected list, or off it."""
    if protected:
        return replace(settings, protected_permission_sets=frozenset({target.permission_set}))
    return replace(
        settings,
        protected_accounts=settings.protected_accounts - {target.account},
        protected_permission_sets=settings.protected_permission_sets - {target.permission_set},
    )


def _ask(target: Target, book: PolicyBook, spoils: AbstractSet[str], places: Sequence[int]) -> RequestedAccess:
    """Values that a form accepts, except those to be spoiled; lengths lie at the limits and a minute beside them."""
    bounds = sorted({book.settings.max_duration, *(p.max_duration for p in book.eligibility if p.max_duration)})
    minute, shortest = timedelta(minutes=1), LENGTHS[0]
    good: Mapping[str, Sequence[Any]] = {
        "length": (*(shortest,) * 6, LENGTHS[1], *bounds),
        "justification": ("because", "  so it is "),
        "start": (None, None, NOW - timedelta(minutes=4), NOW + timedelta(hours=3)),
        "ticket": ("OPS-1", " OPS-22 "),
    }
    bad: Mapping[str, Sequence[Any]] = {
        "length": (shortest - minute, *(bound + minute for bound in bounds)),
        "justification": ("", " \u200b ", "\u2800 \u2800", "x" * 1001),
        "start": (NOW - timedelta(hours=3), NOW + timedelta(days=40)),
        "ticket": ("", "nonsense", "OPS", "OPS-1 OPS-2"),
    }
    pools = [(bad if name in spoils else good)[name] for name in good]
    return RequestedAccess(target, *(_at(pool, place) for pool, place in zip(pools, places, strict=True)))


# --- requests ----------------------------------------------------------------------------------------


_DETAILS: tuple[Sequence[Any], ...] = (
    LENGTHS,
    (timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=2)),
    ("", "Somebody"),
    ("", "AWS said no"),
    PEOPLE,
    ACCOUNTS,
    PERMISSION_SETS,
    (None, *CHAT_USERS),
    ((), CHANNELS[:1], CHANNELS[1:]),
    (0, 1, 2, 3),
    (None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)),
    ("", "OPS-1"),
    ("", "because", "Zugriff n\u00f6tig \U0001f511"),
    range(1001, 1010),
)


def requests(*statuses: Status) -> st.SearchStrategy[Request]:
    """Stored requests in one of the statuses or in any, with the instants that their status implies."""
    return picks(statuses or tuple(Status), *_DETAILS).map(lambda picked: _request(*picked))


def _request(status: Status, *details: Any) -> Request:
    duration, since, revoked_by, failure, requester, account, permission_set, *others = details
    chat_user, channels, quorum, start_at, ticket, justification, request_id = others
    live = status in LIVE
    return Request(
        status=status,
        requester=requester,
        requester_name="Person",
        requester_chat=chat_user,
        target=Target(account, permission_set),
        account_name="account",
        permission_set_name="Set",
        duration=duration,
        justification=justification,
        created_at=NOW - timedelta(hours=3),
        expires_at=NOW,
        id=RequestId(request_id),
        version=1,
        ticket=ticket,
        start_at=start_at,
        channels=channels,
        quorum=quorum,
        granting_at=NOW - since if live else None,
        end_at=NOW - since + duration if live else None,
        revoking_at=NOW - since if status is Status.REVOKING else None,
        revoked_by=revoked_by if status is Status.REVOKING else "",
        failure=failure if status is Status.GRANTING else "",
        closed_at=NOW if status in TERMINAL else None,
    )


def request_of(situation: Situation, *, quorum: int) -> Request:
    """The request that an ask became when it was allowed."""
    ask, person = situation.ask, situation.seen.person
    return Request(
        status=Status.SCHEDULED,
        requester=person.id,
        requester_name=person.principal.name,
        requester_chat=person.chat_user,
        target=ask.target,
        account_name="account",
        permission_set_name="Set",
        duration=ask.duration,
        justification=ask.justification,
        created_at=situation.seen.now,
        expires_at=expiry(
            None, situation.ask.duration, situation.seen.now, situation.seen.book.settings.request_expiry
        ),
        quorum=quorum,
    )


votes = picks(PEOPLE, (Verdict.APPROVE,) * 6 + (Verdict.REJECT,), CHAT_USERS, range(60)).map(
    lambda picked: Vote(
        request_id=RequestId(1001),
        principal_id=picked[0],
        name="Somebody",
        verdict=picked[1],
        comment="",
        at=NOW + timedelta(minutes=picked[3]),
        chat_user=picked[2],
    )
)


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of a history: what happened, and the request after it."""

    event: Event
    before: Request | None
    after: Request


_LIKELY = {Event.APPROVE: 3, Event.START: 8, Event.GRANTED: 6, Event.DISALLOW: 1}
"""Weights, so that lives get as far as the table allows."""
_BRANCHES = {
    status: [
        event
        for before, event in sorted(TRANSITIONS, key=lambda key: -_LIKELY.get(key[1], 2))
        if before is status
        for _ in range(_LIKELY.get(event, 2))
    ]
    for status in frozenset(Status) - TERMINAL
}


_LONGEST_LIFE = 5  # from pending over scheduled, granting, active and revoking to the end
_histories = st.tuples(requests(Status.PENDING, Status.PENDING, Status.SCHEDULED), picks(*(_ANY,) * _LONGEST_LIFE))


def _history(drawn: tuple[Request, tuple[int, ...]]) -> tuple[Move, ...]:
    request, turns = drawn
    moves = [Move(Event.SUBMIT if request.status is Status.PENDING else Event.SUBMIT_APPROVED, None, request)]
    for turn in turns:
        if request.status in TERMINAL:
            break
        before, event = request, _at(_BRANCHES[request.status], turn)
        request = advance(before, event, NOW + timedelta(minutes=len(moves)))
        moves.append(Move(event, before, request))
    return tuple(moves)


def histories() -> st.SearchStrategy[tuple[Move, ...]]:
    """Lives as the table allows them, from submission to the end."""
    return _histories.map(_history)


# --- audit -------------------------------------------------------------------------------------------

audit_events = picks(
    tuple(f"request.{event}" for event in Event),
    range(60),
    ("TEAM Bot", "Ann", "\u00c4nne"),
    (None, *PEOPLE),
    (None, *CHAT_USERS),
    (None, *range(1001, 1009)),
    (None, *range(3)),
    ({}, {"after": None}, {"after": True, "before": [1, "\u4e2d"]}, {"why": 'a "word"\n'}),
).map(
    lambda picked: AuditEvent(
        picked[0],
        NOW + timedelta(minutes=picked[1]),
        Actor(*picked[2:5]),
        request_id=picked[5],
        policy_revision=picked[6],
        facts=picked[7],
    )
)


@dataclass(frozen=True, slots=True)
class Trail:
    """A sealed chain and its anchor."""

    chain: tuple[Sealed, ...]
    anchor: Anchor


def sealed(events: Sequence[AuditEvent]) -> Trail:
    """Seal events one behind the other."""
    chain: list[Sealed] = []
    anchor = Anchor()
    for event in events:
        chain.append(seal(anchor, event))
        anchor = Anchor(chain[-1].seq, chain[-1].hash)
    return Trail(tuple(chain), anchor)


def trails(*, least: int = 1) -> st.SearchStrategy[Trail]:
    """Audit trails of at least so many events."""
    return st.lists(audit_events, min_size=least, max_size=6).map(sealed)
