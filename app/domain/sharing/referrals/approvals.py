"""What a printed copy says of approval: who, when, and whether it came before the sending."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.models import Referral, Share
from app.db.repositories.sharing import documents as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.sharing.referrals.rules import approval_owed


async def approval_of(
    work: UnitOfWork, file: Share | Referral, made_at: datetime
) -> dict[str, Any] | None:
    """The last approval of content frozen at `made_at`, or that an emergency went without one.

    None where nobody had to approve, such as a report that is somebody's own duty in law.
    """
    if not file.approvals:
        owed = isinstance(file, Referral) and approval_owed(file.state, [], file.duty_of)
        return {"before_sending": False, "at": None, "by": None} if owed else None
    last = file.approvals[-1]
    name = await stored.name_of(await work.driver(), work.actor.school_id, UUID(last["by"]))
    return {
        "before_sending": datetime.fromisoformat(last["at"]) <= made_at,
        "at": last["at"],
        "by": name,
    }
