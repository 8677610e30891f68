"""The HTTP API: for programs with a token, and for people at a terminal. It draws nothing and decides nothing."""
