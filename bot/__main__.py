"""``python -m bot``: the same as ``teambot``."""

from bot.cli import main

main()
