"""Reads of the signed-in person and of their sessions."""

from typing import Any

from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories.people import accounts
from app.domain.people.second_factors.rules import second_factor_state
from app.domain.policy import rights_of


async def who_am_i(reading: Reading) -> dict[str, Any]:
    """The account behind the session, its memberships today and its permissions."""
    actor = reading.actor
    account = await accounts.account_of(reading.driver, actor.school_id, actor.id)
    memberships = await accounts.memberships_of(reading.driver, actor.id, reading.today)
    factors = await accounts.factors_of(reading.driver, actor.id)
    enrolled = factors["totp"] or factors["passkeys"] > 0
    return {
        "id": actor.id,
        "email": account["email"],
        "name": account["name"],
        "new_reach": _new_reach(account),
        "organisation_id": actor.school_id,
        "role": actor.role_name,
        "permissions": sorted(permission.value for permission in rights_of(actor).permissions),
        "session_id": actor.session_id,
        "memberships": [dict(membership) for membership in memberships],
        "amr": list(actor.amr),
        "auth_time": actor.auth_time,
        "second_factor": second_factor_state(actor, enrolled=enrolled),
        "factors": dict(factors),
    }


def _new_reach(account: Any) -> dict[str, Any] | None:
    """Contact details that others entered and the person has not answered yet."""
    if account["reach_changed_at"] is None:
        return None
    return {
        "email": account["new_email"],
        "phone": account["new_phone"],
        "changed_at": account["reach_changed_at"],
    }


async def list_sessions(reading: Reading, wanted: PageOf) -> Page[dict[str, Any]]:
    """The own live sessions in every organisation, the newest first."""
    return await accounts.sessions_of(
        reading.driver, reading.actor.id, reading.actor.session_id, reading.now, wanted
    )
