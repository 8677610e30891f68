"""The life of a request: submitted, decided, started, ended."""
