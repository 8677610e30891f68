"""The instance of IAM Identity Center that the database belongs to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.ids import PermissionSetArn


class BookInstance(Protocol):
    """The instance of Identity Center that the book belongs to (rule 20)."""

    async def get(self) -> str:
        """Its ARN; ``""`` while the book belongs to none."""
        ...

    async def bind(self, instance_arn: str, at: datetime) -> str:
        """Tie the book to it, if it is tied to none; returns the one that it is tied to."""
        ...

    async def permission_sets_of_ours(self) -> Sequence[PermissionSetArn]:
        """Those of the assignments that this product made and has not seen gone."""
        ...
