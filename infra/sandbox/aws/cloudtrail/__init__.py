"""CloudTrail's events of this organization: those of people and the bot, and those around them."""
