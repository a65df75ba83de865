"""Who starts, sees and ends drills of the ladder."""

from tests.security.rows import SIGNERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Scene


async def _start(scene: Scene) -> Call:
    scene.world.sql(
        "update drill set started_at = now() - interval '1 hour', ended_at = now(), "
        "ended_reason_code = 'ended'"
    )
    scene.world.sql(
        "update deadline set ended_at = now(), ended_reason_code = 'ended' "
        "where noun = 'drill' and ended_at is null"
    )
    return Call(json={"ladder": "today", "reason": SENTINEL})


async def _drill(scene: Scene) -> Call:
    made = await scene.made_by(scene.lead, "/v1/drills", (await _start(scene)).json)
    return Call({"drill_id": str(made["id"])})


async def _end(scene: Scene) -> Call:
    return Call((await _drill(scene)).ids, version=1)


ROWS = {
    "list_drills": Row(SIGNERS, plain(), foreign=None),
    "start_drill": Row(SIGNERS, _start, foreign=None, once=True),
    "get_drill": Row(SIGNERS, _drill),
    "end_drill": Row(SIGNERS, _end),
}
