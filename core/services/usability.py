"""Can anybody still use an assignment that AWS refuses to delete (rule 17)?"""

from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import LeftBehind
from core.ports import PrincipalDirectory
from core.services.organizations import Organizations


class Usability:
    """Looks at the person and the account of an assignment. Decides nothing: two looks must agree."""

    def __init__(self, directory: PrincipalDirectory, organizations: Organizations) -> None:
        self._directory = directory
        self._organizations = organizations

    async def obstacle(self, principal: PrincipalId, target: Target) -> LeftBehind | None:
        """Why nobody can use it; None when somebody may. Raises Upstream when that cannot be known.

        A disabled user may be enabled again, and an account that is on its way out is still an account.
        """
        if await self._directory.principal(principal, fresh=True) is None:
            return LeftBehind.PRINCIPAL_GONE
        organization = await self._organizations.current()
        account = organization.accounts.get(target.account)
        return LeftBehind.ACCOUNT_GONE if account is None or not account.active else None
