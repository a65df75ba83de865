"""Rows of the matrix about founding schools: in a school nobody may, whatever their role.

What a trust's own administrator may is in `tests/api/people/test_first_people.py`.
"""

from app.core.ids import new_id
from tests.security.rows import ADMIN, ANYBODY, R, Row
from tests.security.scenes import SENTINEL, Call, Scene


def body() -> dict[str, object]:
    """A school with its first people, whom nobody knows yet."""
    mark = new_id().hex[-10:]
    return {
        "name": f"{SENTINEL} {mark}",
        "people": [
            {"name": f"{SENTINEL} {role}", "email": f"{role}@{mark}.example", "roles": [role]}
            for role in ("school_admin", "dsl", "headteacher")
        ],
    }


async def _found(_scene: Scene) -> Call:
    return Call(json=body())


async def _first_people(scene: Scene) -> Call:
    """Of a school of the trust; in a school, of that school itself."""
    kind = scene.world.sql("select kind from organisation where id = %s", scene.school.id)
    if kind == [("school",)]:
        return Call({"school_id": str(scene.school.id)})
    made = await scene.made_by(scene.by(R.SCHOOL_ADMIN), "/v1/schools", body())
    return Call({"school_id": str(made["id"])})


async def _appoint(scene: Scene) -> Call:
    call = await _first_people(scene)
    asked = {"name": SENTINEL, "email": f"dsl@{new_id().hex[-10:]}.example", "role": "dsl"}
    return Call(call.ids, asked)


ROWS: dict[str, Row] = {
    "create_school": Row(ANYBODY, _found, foreign=403, in_trust=ADMIN),
    "get_first_people": Row(ANYBODY, _first_people, foreign=403, in_trust=ADMIN),
    "invite_first_person": Row(ANYBODY, _appoint, foreign=403, in_trust=ADMIN),
}
