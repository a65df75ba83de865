"""Who the signed-in person is."""

from typing import Any

from app.db.reading import Reading
from app.db.repositories import account_reads
from app.domain.policy import permissions_of


async def who_am_i(reading: Reading) -> dict[str, Any]:
    """The account behind the session, its memberships today and its permissions."""
    actor = reading.actor
    account = await account_reads.account_of(reading.driver, actor.school_id, actor.id)
    memberships = await account_reads.memberships_of(reading.driver, actor.id, reading.now.date())
    return {
        "id": actor.id,
        "email": account["email"],
        "name": account["name"],
        "organisation_id": actor.school_id,
        "role": actor.role.value,
        "permissions": sorted(permission.value for permission in permissions_of(actor.role)),
        "session_id": actor.session_id,
        "memberships": [dict(one) for one in memberships],
    }
