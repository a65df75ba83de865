"""Telling whoever reported a concern how far it is: being handled, thank you; and no more."""

from app.db.models import Concern
from app.db.repositories.duty.escalation import may_tell
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.rules import BEING_HANDLED, THANK_YOU
from app.domain.alerts.telling import tell


async def tell_handled(work: UnitOfWork, concern: Concern) -> None:
    """Somebody has taken it up."""
    await _tell(work, concern, BEING_HANDLED)


async def tell_ended(work: UnitOfWork, concern: Concern) -> None:
    """It has ended; what was entered in error is no reason for thanks."""
    if concern.ended_at is not None and concern.state != "entered_in_error":
        await _tell(work, concern, THANK_YOU)


async def _tell(work: UnitOfWork, concern: Concern, kind: str) -> None:
    """Nothing for who acts themselves, has left, or has a conflict of interest by now."""
    reporter = concern.reporter_id
    if reporter == work.actor.id:
        return
    driver, day = await work.driver(), work.today
    if await may_tell(driver, work.actor.school_id, reporter, concern.id, day):
        tell(work, reporter, kind, concern_id=concern.id)
