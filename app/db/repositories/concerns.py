"""SQL for concerns and everything said about them."""

from app.db.repositories.repository import Repository


class ConcernRepository(Repository):
    """Finds, locks and adds concerns and everything said about them."""
