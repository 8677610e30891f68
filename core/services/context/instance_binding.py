"""Ties the book to one instance of IAM Identity Center, and refuses every other (rule 20).

In another instance nothing of what the book says exists: its access would be taken for gone, and forgotten.
"""

from core.domain.errors import OtherInstance, Side, Upstream
from core.domain.instance import instance_id, is_of
from core.ports import Clock, OpenUnit


class InstanceBinding:
    """Compares each instance that turns up with the book's own; the first one of a new book becomes its own."""

    def __init__(self, open_unit: OpenUnit, clock: Clock, *, binds: bool = True) -> None:
        """``binds=False`` only looks: a book without an instance stays so, and one that cannot be read is let be."""
        self._open_unit = open_unit
        self._clock = clock
        self._binds = binds
        self.refused: OtherInstance | None = None
        """The reason why nothing is served; None unless another instance has turned up."""

    async def admit(self, instance_arn: str) -> None:
        """Raises OtherInstance when the book belongs to another one."""
        try:
            own = await self._own(instance_arn)
        except Upstream:
            if self._binds:
                raise
            return
        self.refused = None if own == instance_arn else _refusal(own, instance_arn)
        if self.refused is not None:
            raise self.refused

    async def _own(self, instance_arn: str) -> str:
        async with self._open_unit() as unit:
            own = await unit.instance.get()
            if own:
                return own
            of_others = [
                arn for arn in await unit.instance.permission_sets_of_ours() if _is_elsewhere(arn, instance_arn)
            ]
            if of_others:  # written by a release that did not store the instance yet
                return instance_id(of_others[0])
            if not self._binds:
                return instance_arn
            own = await unit.instance.bind(instance_arn, self._clock.now())
            await unit.commit()
        return own


def _is_elsewhere(arn: str, instance_arn: str) -> bool:
    return bool(instance_id(arn)) and not is_of(arn, instance_arn)


def _refusal(own: str, found: str) -> OtherInstance:
    return OtherInstance(
        f"The database belongs to the IAM Identity Center instance {own}, and the bot is set up against {found}. "
        "Nothing is served, for all access of the database would seem to be gone. Set AWS_REGION, the credentials "
        "and TEAMBOT_SSO_INSTANCE_ARN for the former again, or give the latter a database of its own "
        "(TEAMBOT_DATABASE_URL)."
    ).at(Side.AWS)
