"""Translation between a chat platform and core, and every word a person reads."""
