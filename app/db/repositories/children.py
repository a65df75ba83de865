"""SQL for children, their names, identifiers, contacts, relationships and statuses."""

from app.db.repositories.repository import Repository


class ChildRepository(Repository):
    """Finds, locks and adds children, their names, identifiers, contacts, relationships and statuses."""
