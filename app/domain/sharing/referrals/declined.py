"""A referral was declined: whoever has the pupil's plan looks at it again on the same day."""

from typing import Final

from app.db.models import Referral
from app.db.repositories.safety.self_harm import named_in
from app.db.repositories.sharing import referral_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, open_tasks, set_task
from app.domain.sharing.referrals import rules
from app.domain.sharing.shares.content import strictest

TASK: Final = "sh_declined"
DECLINED: Final = "declined"


async def look_again(work: UnitOfWork, referral: Referral) -> None:
    """Ask for a look at the plan or pathway that the pupil has; nothing where there is none.

    Asked once while it is open. What the agency said stays with the referral.
    """
    if rules.outcome_class(referral.outcome) != DECLINED:
        return
    driver, school_id = await work.driver(), work.actor.school_id
    found = await referral_reads.rests_on(driver, school_id, referral.child_id)
    if found is None or await open_tasks(work, kinds=[TASK], about_id=referral.id):
        return
    also = [referral.concern_id] if referral.concern_id else []
    classes = await strictest(work, referral.items, also), found["confidentiality"]
    barred = await named_in(work.session, school_id, also[0]) if also else []
    await set_task(
        work,
        SetTask(
            TASK, child_id=referral.child_id, concern_id=referral.concern_id,
            about=("referral", referral.id), confidentiality=max("K3", *classes),
            first=found["owner_id"], barred=barred,
            facts={"outcome_class": DECLINED},
        ),
    )  # fmt: skip
