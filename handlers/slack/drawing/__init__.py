"""Screens and messages drawn as Block Kit, and what was filled in read back. No words of its own."""
