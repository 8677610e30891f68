"""Who acts, and what a decision rests on: people, the organization, policies."""
