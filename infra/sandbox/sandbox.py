"""What a sandbox is made of, for those who show it or act in it: the stage, the bot on it, and the clock over both."""

from dataclasses import dataclass, field

from infra.sandbox.keeper import SandboxBot
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage
from infra.sandbox.window import Play


@dataclass(frozen=True)
class Sandbox:
    stage: Stage
    bot: SandboxBot
    clock: SandboxClock
    play: Play = field(default_factory=Play)
