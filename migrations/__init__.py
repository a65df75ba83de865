"""Alembic migrations, shipped with the package so that `cairn migrate` works anywhere."""
