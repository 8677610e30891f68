"""Flows: what is asked of the core, answered, and shown next, on every platform; a module for each capability."""
