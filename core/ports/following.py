"""Facts of the organization in requests that are not over, kept as the organization is now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.ids import AccountId, PermissionSetArn, RequestId


class Following(Protocol):
    async def names(self, label: Callable[[AccountId, str], str]) -> Sequence[RequestId]:
        """Call accounts what they are called now; returns whose account has another name than before.

        ``label`` is told an account and what it is called so far. What it was called first is kept.
        """
        ...

    async def sessions(self, longest: Callable[[PermissionSetArn], timedelta], since: datetime) -> None:
        """Let the session duration grow where it has grown, also of what ended after ``since``. It never shrinks."""
        ...
