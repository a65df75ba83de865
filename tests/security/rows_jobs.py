"""Who sees and settles failed jobs."""

from typing import Any

from app.core.ids import new_id
from tests.deadlines import keep_clocks
from tests.security.rows import ADMIN, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene


def _failed_job(body: Any = None, *, settling: bool = True) -> Recipe:
    """A job of the school that failed for good; what it was about stands nowhere."""

    async def recipe(scene: Scene) -> Call:
        made = str(new_id())
        scene.world.sql(
            "insert into failed_job (school_id, id, job_id, task, queue, priority, args, attempts,"
            " error, failed_at, owner_id, due_at) values (%s, %s, %s, 'roster.import', 'default',"
            " 0, '{}', 3, 'ValueError', now(), %s, now())",
            scene.school.id, made, new_id().int % 2**60, scene.school[R.SCHOOL_ADMIN].id,
        )  # fmt: skip
        keep_clocks(scene.world, scene.school.id, "failed_job")
        scene.made.add(made)
        return Call({"failed_job_id": made}, body, version=1 if settling else None)

    return recipe


ROWS = {
    "list_failed_jobs": Row(ADMIN, plain(), foreign=None),
    "get_failed_job": Row(ADMIN, _failed_job(settling=False)),
    "replay_failed_job": Row(ADMIN, _failed_job()),
    "drop_failed_job": Row(ADMIN, _failed_job({"reason": SENTINEL})),
}
