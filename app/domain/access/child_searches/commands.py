"""Keep searches while someone types, and log each in the audit log once it has ended."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.repositories.access import child_searches as stored
from app.db.unit_of_work import UnitOfWork, content_hash
from app.domain.access.child_searches import rules


async def keep_search(
    work: UnitOfWork, typed: str, words: Sequence[str], filters: Mapping[str, str],
    children: Sequence[UUID],
) -> None:  # fmt: skip
    """Save one search as answered: what was `typed`, its `words`, and the children shown.

    Adding or removing letters continues the same search; anything else starts a new one. It is
    saved with the answer: nobody sees a child without a log entry.
    """
    school_id = work.actor.school_id
    search = stored.Search(
        id=new_id(),
        typed=typed,
        words_hash=content_hash({"school_id": school_id, "words": [*words]}) if words else None,
        filters=filters,
        children=children,
    )
    limits = stored.Limits(work.now - rules.PAUSE, work.now - rules.LONGEST, rules.MOST_CHILDREN)
    await stored.keep(await work.driver(), work.acting(), search, limits)


async def end_searches(work: UnitOfWork, *, every: bool = False) -> int:
    """Log the searches that have ended; with `every`, all of them, for a reader of the log now.

    Each is one entry of the person who searched.
    """
    pause = work.now if every else work.now - rules.PAUSE
    return await stored.end(
        await work.driver(), work.acting(), AuditEvent.CHILDREN_SEARCHED,
        last_before=pause, began_before=work.now - rules.LONGEST,
    )  # fmt: skip
