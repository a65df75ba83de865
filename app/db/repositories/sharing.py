"""SQL for shares, referrals, agencies and snapshots."""

from app.db.repositories.repository import Repository


class SharingRepository(Repository):
    """Finds, locks and adds shares, referrals, agencies and snapshots."""
