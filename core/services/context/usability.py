"""Can anybody still use an assignment that AWS refuses to delete (rule 17)?"""

from datetime import datetime

from core.domain.assignment import Unusable
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import LeftBehind
from core.ports import PrincipalDirectory
from core.services.context.organization_cache import OrganizationCache


class Usability:
    """Looks at the person and the account of an assignment. Decides nothing: two looks must agree."""

    def __init__(self, directory: PrincipalDirectory, organizations: OrganizationCache) -> None:
        self._directory = directory
        self._organizations = organizations

    async def obstacle(self, principal: PrincipalId, target: Target, now: datetime) -> Unusable | None:
        """The reason why nobody can use it, and its date; None when somebody may. Raises Upstream when unknown.

        A disabled user may be enabled again, and an account that is on its way out is still an account. No picture of
        the organization says so that is too old to decide by.
        """
        if await self._directory.principal(principal, fresh=True) is None:
            return Unusable(LeftBehind.PRINCIPAL_GONE, now)
        if target.group is not None:  # one that is gone has no members: AWS says so when the membership is deleted
            return None
        organization = await self._organizations.to_decide_by()
        account = organization.accounts.get(target.account)
        is_gone = account is None or not account.active
        return Unusable(LeftBehind.ACCOUNT_GONE, organization.taken_at) if is_gone else None
