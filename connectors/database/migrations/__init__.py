"""Alembic environment: the schema's history, one file a step in ``versions/``."""
