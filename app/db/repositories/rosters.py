"""SQL for roster imports, their problems and links."""

from app.db.repositories.repository import Repository


class RosterRepository(Repository):
    """Finds, locks and adds roster imports, their problems and links."""
