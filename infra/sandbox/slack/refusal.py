"""A refusal by Slack: an error code of its own, sometimes with the place of the fault."""

from collections.abc import Sequence
from typing import Any


class RefusedError(Exception):
    """Slack answers `ok: false` with this code."""

    def __init__(self, code: str, problems: Sequence[str] = (), **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.problems = list(problems)
        self.more = more

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error": self.code, **self.more}
        if self.problems:
            if self.code == "invalid_blocks":
                answer["errors"] = self.problems
            answer["response_metadata"] = {"messages": [f"[ERROR] {each}" for each in self.problems]}
        return answer
