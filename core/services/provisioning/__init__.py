"""Assignments in AWS: created, deleted, watched, and compared with the requests."""
