"""Users and groups of Identity Center. Says who is there and who belongs together; whom that lets in is core's."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from core.adapters.aws.budget import Priority
from core.adapters.aws.cache import Cache
from core.adapters.aws.concurrently import concurrently
from core.adapters.aws.errors import NOT_FOUND, VALIDATION
from core.adapters.aws.session import AwsSession
from core.adapters.aws.user_index import external_ids_of, folded, names_of, principal_of
from core.adapters.aws.user_listing import PAGE, UserListing
from core.domain.errors import Upstream, UpstreamRefused
from core.domain.ids import GroupId, PrincipalId
from core.domain.people import Group, PeopleListing, Principal
from core.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_identitystore.type_defs import AlternateIdentifierTypeDef, GroupTypeDef

MAX_AGE = timedelta(minutes=1)
"""The oldest answer that is used when a fresh one is not asked for (rule 2)."""
RESCAN_AFTER = timedelta(seconds=5)
"""Somebody whom no scan has seen may have been added since: one more scan, but not one at every click."""
ALWAYS_ASK = timedelta(0)
EVERYBODY = "everybody"
LOOKED_UP_BY = ("emails.value", "userName")


class IdentityStoreDirectory:
    """The ``PrincipalDirectory`` of core.

    The store looks names up with regard to case, so users are also listed into an index. ``refresh`` is to be
    called more often than ``MAX_AGE``; without it the first who asks waits for the listing. A large directory is
    listed more seldom. Then whoever is asked about is looked up alone, by id and by spelling, within ``MAX_AGE``. Only
    names in another case than the store has, and names offered while somebody types, are as old as the listing.
    """

    def __init__(self, session: AwsSession, clock: Clock) -> None:
        self._session = session
        self._store = session.identity_store
        self._users = UserListing(session, clock, MAX_AGE)
        self._groups: Cache[str, tuple[Group, ...]] = Cache(clock, MAX_AGE)
        self._clock = clock
        self._described: Cache[PrincipalId, Principal | None] = Cache(clock, MAX_AGE)
        self._found: Cache[tuple[str, str], PrincipalId | None] = Cache(clock, MAX_AGE)
        """The principal that an attribute with a name leads to."""
        self._groups_of: Cache[PrincipalId, frozenset[GroupId]] = Cache(clock, MAX_AGE)
        self._members_of: Cache[GroupId, frozenset[PrincipalId]] = Cache(clock, MAX_AGE)

    async def principals_of_email(
        self, email: str, *, fresh: bool = False, since: datetime | None = None
    ) -> Sequence[Principal]:
        """Fresh: every candidate is described now, and when none of them matches the users are listed again.

        Nobody is looked up while somebody enabled, whom the listing knows by this address, still has it among their
        e-mails: that is who it means (rule 1). The store gives no two users the same address; who has it in another
        case is in the listing, a minute after it was given at most, in a large directory some minutes. Nor is anybody
        looked up by user name then. A large directory is not listed for somebody whom no look-up finds.
        """
        wanted = email.strip()
        if not wanted:
            return ()
        indexed = (await self._users.index()).named(wanted)
        if not fresh and self._is_listing_enough:
            return indexed
        within, described = self._within(since) if fresh else MAX_AGE, dict[PrincipalId, Principal | None]()
        ids = {user.id for user in indexed}
        asked = [self._describe_all(ids, described, within)]
        if not fresh:  # whoever opens a form has to wait for one look-up, not for two
            asked += [self._read_ahead(principal) for principal in ids]
        await concurrently(asked)
        for path in LOOKED_UP_BY:
            if _is_owned(wanted, described.values()):
                break
            await self._describe_all(await self._find(path, wanted, within), described, within)
        matching = [found for found in described.values() if found and folded(wanted) in names_of(found)]
        if matching or self._users.is_large:
            return matching
        index = await self._users.index(within=RESCAN_AFTER)
        return [found for found in index.named(wanted) if found.id not in described]

    async def principals_of_external_id(self, external_id: str, *, fresh: bool = False) -> Sequence[Principal]:
        """Fresh: as for an address. Where no user has an external id there is no issuer to ask for, but the scan."""
        if not external_id.strip():
            return ()
        index = await self._users.index()
        if not fresh and self._is_listing_enough:
            return index.known_as(external_id)
        found = await concurrently(self._look_up_external(issuer, external_id) for issuer in sorted(index.issuers))
        candidates = frozenset(filter(None, (*found, *(user.id for user in index.known_as(external_id)))))
        described = await concurrently(self._describe(principal) for principal in candidates)
        matching = [each for each in described if each and folded(external_id) in external_ids_of(each)]
        if matching or self._users.is_large:
            return matching
        index = await self._users.index(within=RESCAN_AFTER)
        return [each for each in index.known_as(external_id) if each.id not in candidates]

    async def principal(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> Principal | None:
        within = self._within(since)
        if not fresh:
            known = (await self._users.index()).by_id.get(principal)
            if known and self._is_listing_enough:
                return known
            within = MAX_AGE if known else within
        return await self._described_within(principal, within)

    async def everybody(self) -> Sequence[Principal]:
        return tuple((await self._users.index()).by_id.values())

    async def groups_of(
        self, principal: PrincipalId, *, fresh: bool = False, since: datetime | None = None
    ) -> frozenset[GroupId]:
        within = self._within(since) if fresh else None
        return await self._groups_of.get(principal, lambda: self._list_groups_of(principal), within=within)

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        within = ALWAYS_ASK if fresh else None
        return await self._members_of.get(group, lambda: self._list_members(group), within=within)

    async def groups(self) -> Sequence[Group]:
        return await self._groups.get(EVERYBODY, lambda: self._list_groups(Priority.READ))

    async def refresh(self) -> None:
        """List users and groups, behind everything that somebody waits for; too early for a large directory: nothing.

        Then groups are listed when somebody asks for them.
        """
        if await self._users.refresh():
            await self._groups.get(EVERYBODY, lambda: self._list_groups(Priority.BACKGROUND), within=ALWAYS_ASK)

    @property
    def listing(self) -> PeopleListing | None:
        users, groups, asked_at = self._users.last, self._groups.last(EVERYBODY), self._users.asked_at
        if users is None or groups is None or asked_at is None:
            return None
        return PeopleListing(users.listed, groups, asked_at)

    async def take_over(self, listing: PeopleListing) -> None:
        await self._users.take_over(listing.users, listing.asked_at)
        self._groups.take_over(EVERYBODY, listing.groups, listing.asked_at)

    @property
    def _is_listing_enough(self) -> bool:
        """True if an answer that may be a minute old is read from the listing."""
        return self._users.is_young or not self._users.waits_for_nobody

    async def _read_ahead(self, principal: PrincipalId) -> None:
        """Ask for the groups of somebody who is about to be asked for them; a failure is told to whoever does."""
        with suppress(Upstream):
            await self.groups_of(principal)

    def _within(self, since: datetime | None) -> timedelta:
        """The greatest age of a fresh answer: asked for since then, or now."""
        return ALWAYS_ASK if since is None else max(ALWAYS_ASK, self._clock.now() - since)

    async def _find(self, path: str, name: str, within: timedelta) -> set[PrincipalId]:
        """Principals that the store finds by this very spelling, and by the usual one."""

        async def look_up(spelling: str) -> PrincipalId | None:
            return await self._found.get((path, spelling), lambda: self._look_up(path, spelling), within=within)

        found = await concurrently(look_up(spelling) for spelling in dict.fromkeys((name, name.lower())))
        return set(filter(None, found))

    async def _describe_all(
        self, principals: Iterable[PrincipalId], described: dict[PrincipalId, Principal | None], within: timedelta
    ) -> None:
        """Add a description of each that has none."""
        new = [principal for principal in principals if principal not in described]
        found = await concurrently(self._described_within(principal, within) for principal in new)
        described.update(zip(new, found, strict=True))

    async def _look_up(self, path: str, name: str) -> PrincipalId | None:
        return await self._user_id({"UniqueAttribute": {"AttributePath": path, "AttributeValue": cast("Any", name)}})

    async def _described_within(self, principal: PrincipalId, within: timedelta) -> Principal | None:
        return await self._described.get(principal, lambda: self._describe(principal), within=within)

    async def _look_up_external(self, issuer: str, external_id: str) -> PrincipalId | None:
        return await self._user_id({"ExternalId": {"Issuer": issuer, "Id": external_id}})

    async def _user_id(self, identifier: "AlternateIdentifierTypeDef") -> PrincipalId | None:
        """GetUserId; a name that the store would never accept names nobody."""
        try:
            found = await self._store.call(
                Priority.READ,
                self._store.client.get_user_id,
                IdentityStoreId=await self._store_id(),
                AlternateIdentifier=identifier,
            )
        except UpstreamRefused as refused:
            if refused.code in (NOT_FOUND, VALIDATION):
                return None
            raise
        return PrincipalId(found["UserId"])

    async def _describe(self, principal: PrincipalId) -> Principal | None:
        try:
            found = await self._store.call(
                Priority.READ,
                self._store.client.describe_user,
                IdentityStoreId=await self._store_id(),
                UserId=principal,
            )
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise
        described, known = principal_of(found), self._users.last
        return known.told_apart(described) if known else described

    async def _list_groups(self, priority: Priority) -> tuple[Group, ...]:
        store_id = await self._store_id()
        pages = self._store.pages(priority, self._store.client.list_groups, IdentityStoreId=store_id, MaxResults=PAGE)
        listed = [group async for page in pages for group in page["Groups"]]
        return tuple(map(_group_of, listed))

    async def _list_groups_of(self, principal: PrincipalId) -> frozenset[GroupId]:
        pages = self._store.pages(
            Priority.READ,
            self._store.client.list_group_memberships_for_member,
            IdentityStoreId=await self._store_id(),
            MemberId={"UserId": principal},
            MaxResults=PAGE,
        )
        try:
            ids = [found.get("GroupId") async for page in pages for found in page["GroupMemberships"]]
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return frozenset()
            raise
        return frozenset(map(GroupId, _given(ids)))

    async def _list_members(self, group: GroupId) -> frozenset[PrincipalId]:
        pages = self._store.pages(
            Priority.READ,
            self._store.client.list_group_memberships,
            IdentityStoreId=await self._store_id(),
            GroupId=group,
            MaxResults=PAGE,
        )
        try:
            members = [found.get("MemberId", {}) async for page in pages for found in page["GroupMemberships"]]
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return frozenset()
            raise
        return frozenset(map(PrincipalId, _given(member.get("UserId") for member in members)))

    async def _store_id(self) -> str:
        return (await self._session.instance()).identity_store_id


def _is_owned(address: str, described: Iterable[Principal | None]) -> bool:
    """True if somebody enabled has the address among their e-mails."""
    return any(each.enabled and folded(address) in map(folded, each.emails) for each in described if each)


def _group_of(found: "GroupTypeDef") -> Group:
    """A group with an id of another system's is kept by that: by SCIM, or by AWS's own synchronization."""
    return Group(
        GroupId(found["GroupId"]), found.get("DisplayName", ""), is_synchronized=bool(found.get("ExternalIds"))
    )


def _given(ids: Iterable[str | None]) -> Iterable[str]:
    return (found for found in ids if found)
