"""SQL for staff and their memberships."""

from app.db.repositories.repository import Repository


class StaffRepository(Repository):
    """Finds, locks and adds staff and their memberships."""
