"""Core's ports of a chat platform, as far as every platform implements them alike. A platform adds its own calls."""
