"""The platforms that people act on, by the names under which they are stored."""

SLACK, TEAMS = "slack", "teams"
"""The chat platforms that this product speaks to."""
MACHINE = "machine"
"""No chat: what acts through the HTTP API, in the name of a person (``core.domain.machines``)."""
