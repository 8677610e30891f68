"""In-memory stand-ins that implement the ports of core."""
