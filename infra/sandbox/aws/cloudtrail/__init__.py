"""What CloudTrail has of this organization: the events that people and the bot cause, and those around them."""
