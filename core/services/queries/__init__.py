"""Queries: what people read, and what their forms offer."""
