"""The sandbox in a browser: its Slack to act in as anybody, and beside it AWS, the clock and trouble.

`application` is the whole of it; `Premises` says what it stands on. Knows the bot as something to kill and start.
"""

from infra.sandbox.window.application import application
from infra.sandbox.window.premises import BotSwitch, Clock, NextEvent, Play, Premises

__all__ = ["BotSwitch", "Clock", "NextEvent", "Play", "Premises", "application"]
