"""A refusal by the Bot Connector: a status, a code and a sentence."""

from infra.sandbox.local_teams.model import Json


class RefusedError(Exception):
    """An answer of the connector that is an error."""

    def __init__(self, status: int, code: str, message: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message or code
        self.retry_after = retry_after

    def as_json(self) -> Json:
        return {"error": {"code": self.code, "message": self.message}}
