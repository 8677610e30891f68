"""The context of a decision: people, the organization, policies."""
