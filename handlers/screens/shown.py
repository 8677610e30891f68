"""The request behind a button: the request's id and the fingerprint of its facts (rule 13)."""

import re
from dataclasses import dataclass

from core.domain.ids import RequestId

_WRITTEN = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{0,64})")


@dataclass(frozen=True, slots=True)
class Shown:
    """Written into a button's value and a review form: ``1042:ab12…``. Nothing else is carried there."""

    request_id: RequestId
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.request_id}:{self.digest}"

    @classmethod
    def read(cls, value: object) -> "Shown | None":
        """None for anything that this program did not write."""
        match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
        return cls(RequestId(int(match[1])), match[2]) if match else None
