"""What admins have, put together in one place: the door, what may be named, drafts, standing warnings, releases."""

from dataclasses import dataclass

from core.ports import ChatDirectory, Clock, OpenUnit, PrincipalDirectory
from core.services.admins import Admins
from core.services.catalogue import Catalogue
from core.services.drafting import Drafting
from core.services.drifting import Drifting
from core.services.identity import Identity
from core.services.judging import Judge
from core.services.naming import Naming
from core.services.policies import Policies
from core.services.proposing import Proposing
from core.services.releasing import Releasing
from core.services.scrutiny import Scrutiny
from core.services.watching import Watching


@dataclass(frozen=True, slots=True)
class Administration:
    admins: Admins
    catalogue: Catalogue
    drafting: Drafting
    watching: Watching
    releasing: Releasing
    proposing: Proposing

    @classmethod
    def of(
        cls,
        open_unit: OpenUnit,
        identity: Identity,
        judge: Judge,
        policies: Policies,
        directory: PrincipalDirectory,
        chat: ChatDirectory,
        drifting: Drifting,
        clock: Clock,
    ) -> "Administration":
        """Build all of them."""
        naming = Naming(directory)
        admins = Admins(identity, judge, naming)
        return cls(
            admins=admins,
            catalogue=Catalogue(admins),
            drafting=Drafting(open_unit, admins, policies, directory, chat, clock),
            proposing=Proposing(open_unit, admins, policies, Scrutiny(directory, chat), clock),
            watching=Watching(open_unit, admins, judge, naming, directory, chat, drifting, clock),
            releasing=Releasing(open_unit, directory, identity.pairs, clock),
        )
