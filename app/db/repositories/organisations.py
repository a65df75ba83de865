"""SQL for schools and trusts."""

from app.db.repositories.repository import Repository


class OrganisationRepository(Repository):
    """Finds, locks and adds schools and trusts."""
