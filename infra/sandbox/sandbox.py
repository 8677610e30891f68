"""The parts of a sandbox, for those who show it or act in it: the stage, the bot on it, and their clock."""

from dataclasses import dataclass, field

from infra.sandbox.bot_supervisor import SandboxBot
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage
from infra.sandbox.window import DemoState


@dataclass(frozen=True)
class Sandbox:
    stage: Stage
    bot: SandboxBot
    clock: SandboxClock
    demo: DemoState = field(default_factory=DemoState)
