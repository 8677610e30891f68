"""``teambot doctor``: whether everything that the bot needs is there."""
