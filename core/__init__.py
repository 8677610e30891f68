"""Decides and remembers. Its inside knows no infrastructure and no chat platform."""
