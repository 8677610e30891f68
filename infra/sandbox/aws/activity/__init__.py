"""The services that say what people did with their access: Athena, CloudWatch Logs, CloudTrail Lake and CloudTrail."""
