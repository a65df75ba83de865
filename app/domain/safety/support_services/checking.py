"""Asks somebody to look again at numbers that nobody has checked for too long."""

from app.core.behind import ANYONE
from app.db.repositories.safety import support_services as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.safety.support_services import rules


async def ask_for_checks(work: UnitOfWork) -> int:
    """Set a task for each support service and authority that is past its check, once a check.

    Whoever looked last has it; where they are gone, the first lead.
    """
    rows = await stored.old_ones(await work.driver(), work.actor.school_id, work.today)
    made = 0
    for row in rows:
        wish = SetTask(
            kind=rules.TASK, about=(row["noun"], row["id"]), confidentiality=ANYONE,
            first=row["checked_by"],
            dedupe=f"{rules.TASK}:{row['id']}:{row['check_by'].isoformat()}",
        )  # fmt: skip
        made += await set_task(work, wish) is not None
    return made
