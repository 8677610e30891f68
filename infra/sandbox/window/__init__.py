"""The sandbox in a browser: its Slack to act in as anybody, and beside it AWS, the clock and trouble.

`application` is the whole of it; `WindowServices` says what it stands on. Knows the bot as something to kill and start.
"""

from infra.sandbox.window.application import application
from infra.sandbox.window.services import BotSwitch, Clock, DemoState, NextEvent, WindowServices

__all__ = ["BotSwitch", "Clock", "DemoState", "NextEvent", "WindowServices", "application"]
