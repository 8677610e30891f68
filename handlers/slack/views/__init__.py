"""What Slack shows: pure functions from values of the domain to Block Kit, one module a screen."""
