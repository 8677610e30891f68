"""Keeps the standing warnings at hand: looked for in the background, a few channels at a time, shown from memory."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.alarm import Alarm
from core.domain.assignment import is_overdue
from core.domain.audit import ChainBreak
from core.domain.conversations import on_platforms
from core.domain.errors import Upstream
from core.domain.group_targets import target_groups
from core.domain.ids import ConversationId, PrincipalId
from core.domain.people import ChatUser, Pin
from core.domain.policy import PolicyBook
from core.domain.policy_validation import Members, Obstacle
from core.domain.policy_warnings import KnownState, PolicyWarning, policy_warnings, with_setup
from core.domain.replicas import ALIVE_WITHIN, Replica
from core.domain.request import Request, Status
from core.domain.setup import SetupFinding
from core.ports import ChatPlatforms, Clock, OpenUnit, PrincipalDirectory, SelfCheck
from core.services.context.policy_context import PolicyContext
from core.services.context.request_pages import every
from core.services.notifications.home_screens import HomeRefresh
from core.services.policies.admin_gate import AdminContext, AdminGate
from core.services.policies.names import CurrentNames, NameLookup
from core.services.provisioning.drift import DriftDetector

LIVE = (Status.GRANTING, Status.ACTIVE, Status.REVOKING)

CHANNELS_AT_A_TIME = 15
"""Channels asked about in one pass: a chat platform counts such calls by the minute (Slack: 50)."""

CHECKED_EVERY, CHECKED_SOONER = timedelta(minutes=15), timedelta(minutes=1)
"""The pauses between checks of the set-up: each is a dozen calls to AWS and two to the chat platform."""

SHOWN_WITHIN = 20.0
"""Seconds for drawing Home screens anew when warnings have changed: whoever comes later sees it when it is opened."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WarningReport:
    """The findings of the last look."""

    warnings: tuple[PolicyWarning, ...]
    at: datetime


class WarningMonitor:
    """Each replica looks for itself; what it finds is not stored."""

    def __init__(
        self,
        open_unit: OpenUnit,
        admins: AdminGate,
        policy_context: PolicyContext,
        name_lookup: NameLookup,
        directory: PrincipalDirectory,
        platforms: ChatPlatforms,
        drifting: DriftDetector,
        homes: HomeRefresh,
        clock: Clock,
        self_check: SelfCheck | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._admins = admins
        self._policy_context = policy_context
        self._name_lookup = name_lookup
        self._directory = directory
        self._platforms = platforms
        self._drifting = drifting
        self._homes = homes
        self._clock = clock
        self._self_check = self_check
        self._setup: tuple[SetupFinding, ...] = ()
        self._check_again_at = clock.now()
        self._ahead: deque[ConversationId] = deque()
        self._obstacles: dict[ConversationId, Obstacle] = {}
        self._report: WarningReport | None = None
        self._shown = frozenset[object]()

    async def report(self, chat_user: ChatUser) -> tuple[AdminContext, WarningReport | None]:
        """For an admin: the last look, None before the first. Nothing is looked for here."""
        return await self._admins.require(chat_user, fresh=False), self._report

    async def look(self) -> None:
        """Look for everything anew. Without AWS or the chat platform the last report is kept, but for the set-up."""
        await self._check_setup()
        try:
            self._report = await self._look()
        except Upstream as error:
            log.info("standing warnings are not looked for", because=str(error))
            known = self._report.warnings if self._report else ()
            self._report = WarningReport(with_setup(known, self._setup), self._clock.now())
        await self._show(self._report.warnings)

    async def _show(self, warnings: Sequence[PolicyWarning]) -> None:
        """Have the Home of admins drawn anew when a warning has come or gone, by this process: it knows of that."""
        news = frozenset(warning.about for warning in warnings)
        if news == self._shown:
            return
        try:
            async with asyncio.timeout(SHOWN_WITHIN):
                await self._homes.redraw(await self._homes.among(await self._admin_ids()))
        except Upstream as error:  # then by the next look
            log.info("the admins' homes are not drawn anew", because=str(error))
            return
        except TimeoutError:
            log.info("not every admin's home was drawn anew in time")
        self._shown = news

    async def _admin_ids(self) -> Collection[PrincipalId]:
        group = (await self._policy_context.rules()).book.settings.admin_group
        return await self._directory.members_of(group) if group else ()

    async def _check_setup(self) -> None:
        """Now and then, and sooner again while something is wrong."""
        begun = self._clock.now()
        if self._self_check is None or begun < self._check_again_at:
            return
        try:
            self._setup = tuple(await self._self_check.findings())
        except Upstream as error:
            log.info("the set-up is not checked", because=str(error))
            return
        self._check_again_at = begun + (CHECKED_SOONER if self._setup else CHECKED_EVERY)

    async def _look(self) -> WarningReport:
        rules = await self._policy_context.rules()
        names = await self._name_lookup.names(rules.organization)
        members = await self._members(rules.book)
        await self._look_at_channels(rules.book)
        found = policy_warnings(
            rules.book,
            _known(rules.book, names, members, self._obstacles),
            overdue=await self._overdue(),
            lost=await self._lost(),
            drift=await self._drifting.found(),
            held=await self._held(),
            live=await self._live_if(rules.organization.out_of_reach or target_groups(rules.book) & names.synchronized),
            breaks=await self._breaks(),
            alarms=await self._alarms(),
            replicas=await self._replicas(),
            setup=self._setup,
            old_picture=not rules.organization.may_decide(self._clock.now()),
        )
        return WarningReport(found, self._clock.now())

    async def _members(self, book: PolicyBook) -> Members | None:
        """Of the groups that decide, and of the admins; None while Identity Center does not answer."""
        admins = {book.settings.admin_group} if book.settings.admin_group else set()
        groups = sorted(admins.union(*(policy.approver_groups for policy in book.approval)))
        try:
            found = await asyncio.gather(*(self._directory.members_of(group) for group in groups))
        except Upstream:
            return None
        return dict(zip(groups, found, strict=True))

    async def _look_at_channels(self, book: PolicyBook) -> None:
        """A few of them; in a few passes all. Of one that cannot be asked about nothing new is said."""
        every = dict.fromkeys(channel for policy in book.approval for channel in policy.channels)
        named = on_platforms(every, self._platforms.names)
        self._obstacles = {channel: found for channel, found in self._obstacles.items() if channel in named}
        self._obstacles |= dict.fromkeys((each for each in every if each not in named), Obstacle.NOT_CONFIGURED)
        if not self._ahead:
            self._ahead.extend(named)
        for _ in range(min(CHANNELS_AT_A_TIME, len(self._ahead))):
            channel = self._ahead.popleft()
            try:
                obstacle = (await self._platforms.at(channel).directory.conversation(channel)).obstacle
            except Upstream:
                return
            self._obstacles.pop(channel, None)
            if obstacle is not None:
                self._obstacles[channel] = obstacle

    async def _overdue(self) -> list[Request]:
        now, taken = self._clock.now(), await every(self._open_unit, Status.GRANTING, Status.REVOKING)
        return [request for request in taken if is_overdue(request, now)]

    async def _breaks(self) -> Sequence[ChainBreak]:
        async with self._open_unit() as unit:
            return await unit.breaks.all()

    async def _held(self) -> Sequence[Pin]:
        async with self._open_unit() as unit:
            return await unit.pins.held()

    async def _replicas(self) -> Sequence[Replica]:
        async with self._open_unit() as unit:
            now = await unit.replicas.time() or self._clock.now()
            return await unit.replicas.seen(now - ALIVE_WITHIN)

    async def _alarms(self) -> Sequence[Alarm]:
        async with self._open_unit() as unit:
            return await unit.alarms.all()

    async def _live_if(self, any_set: Collection[str]) -> Sequence[Request]:
        return await every(self._open_unit, *LIVE) if any_set else ()

    async def _lost(self) -> Sequence[Request]:
        async with self._open_unit() as unit:
            return await unit.requests.whose_access_is_lost()


def _known(
    book: PolicyBook, names: CurrentNames, members: Members | None, obstacles: Mapping[ConversationId, Obstacle]
) -> KnownState:
    return KnownState(
        organization=names.organization,
        groups=names.groups,
        users=names.users,
        synchronized=names.synchronized,
        disabled=names.unable(book),
        members=members,
        obstacles=dict(obstacles),
    )
