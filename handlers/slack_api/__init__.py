"""Slack's Web API where slack_sdk leaves off: the limits of Block Kit, failed calls, and Slack's own addresses."""
