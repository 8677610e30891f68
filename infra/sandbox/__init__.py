"""A local Slack workspace and AWS organization, over HTTP, for trying and testing the program."""
