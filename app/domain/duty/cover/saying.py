"""Saying that somebody is away, without cover: who leads leaves no gap unseen."""

from app.db.models import StaffAway
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.cover.gaps import tell_where_left
from app.domain.safety.check_ins import away
from app.domain.safety.check_ins.away import SayAway


async def say_away(work: UnitOfWork, wish: SayAway) -> StaffAway:
    """Somebody is away; where that leaves nobody on duty, the heads learn of it.

    Raises `PermissionMissing`, `StaffNotFound`, `AwayUnsuitable`.
    """
    said = await away.say_away(work, wish)
    await tell_where_left(work, wish.staff_id, wish.valid_from, wish.valid_to)
    return said
