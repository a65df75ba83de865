"""Tells people by mail that a way to sign in to their account has changed (ASVS 6.3.7)."""

from uuid import UUID

from app.db.unit_of_work import Job, UnitOfWork


def tell(work: UnitOfWork, account_id: UUID, what: str) -> None:
    """Ask for the mail in the transaction of the change itself.

    `what` is a key of `app.jobs.credentials.NOTICES`.
    """
    work.enqueue(Job("account.tell", {"account_id": str(account_id), "what": what}))
