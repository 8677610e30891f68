"""What surrounds the program: the local Slack and AWS, and what a deployment needs."""
