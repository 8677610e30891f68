"""The chat platforms that this product speaks to, by the names under which they are stored."""

SLACK, TEAMS = "slack", "teams"
