"""A local Slack workspace and AWS organisation, over HTTP, for trying and testing the program."""
