"""Policies and settings: drafts, proposals, warnings, and what admins do."""
