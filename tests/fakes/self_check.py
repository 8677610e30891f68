"""A self-check that finds what the test says."""

from collections.abc import Sequence

from core.domain.errors import Upstream
from core.domain.setup import SetupFinding


class FakeSelfCheck:
    def __init__(self) -> None:
        self.finds: tuple[SetupFinding, ...] = ()
        self.down: Upstream | None = None
        self.asked = 0

    async def findings(self) -> Sequence[SetupFinding]:
        self.asked += 1
        if self.down is not None:
            raise self.down
        return self.finds
