"""The schema, step by step. ``core.adapters.storage.migrate`` runs it; no alembic.ini is needed."""
