"""Integrity: checks that database, archive and AWS agree, and repairs."""
