"""Microsoft Teams: the second way to listen, draw and send. No sentence of its own."""
