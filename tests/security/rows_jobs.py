"""Who sees and settles dead letters."""

from typing import Any

from app.core.ids import new_id
from tests.clocks import keep_clocks
from tests.security.rows import ADMIN, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene


def _letter(body: Any = None, *, settling: bool = True) -> Recipe:
    """A job of the school that failed for good; what it was about stands nowhere."""

    async def recipe(scene: Scene) -> Call:
        made = str(new_id())
        scene.world.sql(
            "insert into dead_letter (school_id, id, job_id, task, queue, priority, args, attempts,"
            " error, failed_at, owner_id, due_at) values (%s, %s, %s, 'roster.import', 'default',"
            " 0, '{}', 3, 'ValueError', now(), %s, now())",
            scene.school.id, made, new_id().int % 2**60, scene.school[R.SCHOOL_ADMIN].id,
        )  # fmt: skip
        keep_clocks(scene.world, scene.school.id, "dead_letter")
        scene.made.add(made)
        return Call({"dead_letter_id": made}, body, version=1 if settling else None)

    return recipe


ROWS = {
    "list_dead_letters": Row(ADMIN, plain(), foreign=None),
    "get_dead_letter": Row(ADMIN, _letter(settling=False)),
    "replay_dead_letter": Row(ADMIN, _letter()),
    "drop_dead_letter": Row(ADMIN, _letter({"reason": SENTINEL})),
}
