"""The services of admins in one place: the gate, what may be named, drafts, standing warnings, releases."""

from dataclasses import dataclass

from core.ports import ChatPlatforms, Clock, OpenUnit, PrincipalDirectory, SelfCheck
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.notifications.home_screens import HomeRefresh
from core.services.policies.admin_gate import AdminGate
from core.services.policies.catalogue import Catalogue
from core.services.policies.drafts import PolicyDrafts
from core.services.policies.live_validation import LiveValidation
from core.services.policies.names import NameLookup
from core.services.policies.pair_release import PairRelease
from core.services.policies.proposals import PolicyProposals
from core.services.policies.store import PolicyStore
from core.services.policies.tokens import TokenAdministration
from core.services.policies.warning_monitor import WarningMonitor
from core.services.provisioning.drift import DriftDetector


@dataclass(frozen=True, slots=True)
class Administration:
    admins: AdminGate
    catalogue: Catalogue
    drafts: PolicyDrafts
    warnings: WarningMonitor
    pair_release: PairRelease
    proposals: PolicyProposals
    tokens: TokenAdministration

    @classmethod
    def of(
        cls,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        policies: PolicyStore,
        directory: PrincipalDirectory,
        platforms: ChatPlatforms,
        drift: DriftDetector,
        homes: HomeRefresh,
        clock: Clock,
        self_check: SelfCheck | None = None,
        api_address: str = "",
    ) -> "Administration":
        """Build all of them."""
        name_lookup = NameLookup(directory)
        admins = AdminGate(open_unit, identity, policy_context, name_lookup, clock)
        return cls(
            admins=admins,
            catalogue=Catalogue(admins),
            drafts=PolicyDrafts(open_unit, admins, policies, directory, platforms, clock),
            proposals=PolicyProposals(open_unit, admins, policies, LiveValidation(directory, platforms), clock),
            warnings=WarningMonitor(
                open_unit, admins, policy_context, name_lookup, directory, platforms, drift, homes, clock, self_check
            ),
            tokens=TokenAdministration(open_unit, admins, clock, api_address),
            pair_release=PairRelease(open_unit, directory, identity.pairs),
        )
