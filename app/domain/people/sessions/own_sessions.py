"""The own sessions: seeing them, and ending those that should not go on."""

from typing import Any
from uuid import UUID

from app.core.words import AuditEvent
from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories.people import account_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.people.sessions.errors import SessionNotFound


async def list_sessions(reading: Reading, wanted: PageOf) -> Page[dict[str, Any]]:
    """The own live sessions in every organisation, the newest first."""
    return await account_reads.sessions_of(
        reading.driver, reading.actor.id, reading.actor.session_id, reading.now, wanted
    )


async def revoke_session(work: UnitOfWork, session_id: UUID) -> None:
    """End one of the own sessions, the present one too. Raises `SessionNotFound`."""
    session = await work.accounts.live_session(work.actor.id, session_id)
    if session is None:
        raise SessionNotFound
    session.revoked_at, session.revoked_because = work.now, "revoked_by_owner"
    work.record(AuditEvent.SESSION_REVOKED, "session", session_id)


async def revoke_others(work: UnitOfWork) -> int:
    """End every own session but the present one; how many there were."""
    number = await work.accounts.revoke(
        account_id=work.actor.id, at=work.now, because="revoked_by_owner",
        but_not=work.actor.session_id,
    )  # fmt: skip
    work.record(AuditEvent.SESSION_REVOKED, "account", work.actor.id, details={"sessions": number})
    return number
