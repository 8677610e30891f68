"""The local AWS as one thing to start and to stop: an address, what is behind it, and the hands on it."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from infra.sandbox.company import Company
from infra.sandbox.programs_only import programs_only

from .activity import athena, insights, lake
from .admin_changes import AdminChanges
from .callers import OWN_KEY, SECRET_KEY
from .calls import CallLog, CallRecord
from .conduct import Conduct
from .control import Control
from .faults import Fault, Faults
from .front import Front
from .permissions import Document, Permissions
from .world import World

#: How long calls that hang are waited for when the server stops, in seconds.
_PATIENCE = 0.1


class LocalAws(AdminChanges):
    """An organization with Identity Center on a port of this machine, for as long as the context lasts.

    Belongs to the event loop that it was started in: its methods are called from there, its port from anywhere.
    """

    def __init__(
        self,
        company: Company,
        conduct: Conduct | None = None,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        policies: Mapping[str, list[Document]] | None = None,
    ) -> None:
        """``clock`` is the time that answers, assignments, operations and events of the trail carry.

        How long things take is in real time. ``policies`` are what roles may do, by their names; those that have none
        may do everything.
        """
        self.conduct = conduct or Conduct()
        super().__init__(World(company, self.conduct, clock))
        self.changes = self.world.changes
        self.faults = Faults(self.changes)
        self.log = CallLog()
        self.permissions = Permissions(policies or {})
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        application = web.Application(middlewares=[programs_only])
        Control(self, self.faults, self.log).register(application.router)
        front = Front(self.world, self.faults, self.log, self.permissions)
        application.router.add_route("*", "/{path:.*}", front.handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_PATIENCE)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def close(self) -> None:
        self.world.assignments.close()
        self.faults.clear()
        if self._runner:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        if not self._runner:
            raise RuntimeError("the local AWS has not been started")
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def environment(self) -> dict[str, str]:
        """The environment in which a process takes this for AWS, whatever profiles the machine has."""
        region = self.world.company.region
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": OWN_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def role_environment(self) -> dict[str, str]:
        """The roles that a bot is to assume for each part of its work."""
        role = f"arn:aws:iam::{self.world.caller_account_id}:role/TeamBot"
        return {f"TEAMBOT_AWS_{part.upper()}_ROLE": f"{role}{part}" for part in ("Read", "Grant", "Revoke")} | {
            "TEAMBOT_AUDIT_S3_ROLE": f"{role}Archive"
        }

    def put_secret(self, name: str, text: str) -> str:
        """A secret, or a new version of it; the ARN."""
        here = f"{self.world.company.region}:{self.world.caller_account_id}"
        arn = f"arn:aws:secretsmanager:{here}:secret:{name}-AbCdEf"
        self.world.secrets.put(arn, text, self.world.clock())
        return arn

    def break_role(self, name: str) -> None:
        """The role cannot be assumed any more, and what was assumed is good for nothing; until `mend_role`."""
        self.conduct.assumable_roles = [each for each in self.conduct.assumable_roles if each != name]
        self.world.callers.end(name)

    def mend_role(self, name: str) -> None:
        self.conduct.assumable_roles = [*self.conduct.assumable_roles, name]

    def activity_environment(self, source: str = "athena") -> dict[str, str]:
        """The environment for reading session activity from one of the four sources here."""
        where = {
            "athena": {
                "TEAMBOT_ATHENA_DATABASE": athena.DATABASE,
                "TEAMBOT_ATHENA_TABLE": athena.TABLE,
                "TEAMBOT_ATHENA_WORKGROUP": athena.WORKGROUP,
            },
            "cloudwatch": {"TEAMBOT_ACTIVITY_LOG_GROUPS": insights.LOG_GROUP},
            "cloudtrail-lake": {
                "TEAMBOT_ACTIVITY_EVENT_DATA_STORE": lake.store_arn(
                    self.world.company.region, self.world.caller_account_id
                )
            },
            "lookup-events": {
                "TEAMBOT_ACTIVITY_ROLE": "arn:aws:iam::{account}:role/TeamBotActivity",
                "TEAMBOT_ACTIVITY_REGIONS": f"{self.world.company.region},us-east-1",
            },
        }
        role = f"arn:aws:iam::{self.world.caller_account_id}:role/TeamBotActivity"
        return {"TEAMBOT_ACTIVITY_SOURCE": source, "TEAMBOT_ACTIVITY_ROLE": role, **where[source]}

    def calls(self, operation: str | None = None, *, service: str | None = None) -> list[CallRecord]:
        """Every call so far, oldest first, of one operation or of one service where named."""
        return self.log.records(operation, service)

    def peak_rate(self, service: str) -> int:
        """The most calls of a service (`sso-admin`) that arrived within one second."""
        return self.log.peak_rate(service)

    @property
    def max_outstanding(self) -> int:
        """The most creations and deletions that were ever in flight at one time."""
        return self.world.assignments.max_outstanding

    def forget(self) -> None:
        """Empties the record of calls and begins every peak anew."""
        self.log.forget()
        self.world.assignments.max_outstanding = len(self.world.assignments.in_flight)

    def down(self, *, hanging: bool = False) -> Fault:
        """From now on every call is dropped, or left hanging, until `up`."""
        return self.faults.add("timeout" if hanging else "refused")

    def up(self) -> None:
        """Lifts every fault; what hangs is dropped."""
        self.faults.clear()
