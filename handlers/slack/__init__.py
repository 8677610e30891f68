"""Slack: payloads in, words and blocks out. Begins at `register`, which lists every id."""
