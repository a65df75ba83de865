"""What nobody may overlook about files that have to follow: looked for in each school by a job."""

from collections.abc import Awaitable, Callable

from app.db.unit_of_work import UnitOfWork
from app.domain.sharing.transfers.coming_back import unlock_returned
from app.domain.sharing.transfers.preparing import prepare_for_leavers, prepare_late_addenda

STEPS: tuple[Callable[[UnitOfWork], Awaitable[int]], ...] = (
    unlock_returned,
    prepare_for_leavers,
    prepare_late_addenda,
)
"""Each in a transaction of its own; a second time changes nothing."""
