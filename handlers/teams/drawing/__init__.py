"""Screens and messages drawn as Adaptive Cards, and what was filled in read back. No words of its own."""
