"""Rows of the matrix: conflicts of interest, grants, break-glass, explanations and notices.

Sight made here begins in an hour: the school's people keep the sight of their roles.
"""

from app.core.ids import new_id
from tests.deadlines import keep_clocks
from tests.security.rows import EVERYBODY, IN_SCHOOL, READERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

DSL = frozenset({R.DSL})


async def _declare(scene: Scene) -> Call:
    return Call(json={"child_id": await scene.child(), "reason": SENTINEL})


async def _end(scene: Scene) -> Call:
    body = {
        "child_id": await scene.child(),
        "staff_id": await scene.someone(R.STAFF),
        "reason": SENTINEL,
    }
    made = await scene.made_by(scene.lead, "/v1/conflicts", body)
    return Call({"conflict_id": str(made["id"])}, {"reason": SENTINEL}, version=1)


async def _declared(scene: Scene) -> Call:
    await _end(scene)
    return Call()


async def _suggested(scene: Scene) -> Call:
    """A mother is called like a teacher, and has their phone."""
    teacher, phone = await scene.school.person(R.STAFF, f"{SENTINEL} Roe"), "01632 960003"
    contact = await scene.contact(await scene.child())
    scene.world.sql("update staff set phone = %s where id = %s", phone, teacher.id)
    scene.world.sql(
        "update contact set name = %s, phone = %s where id = %s", teacher.name, phone, contact
    )
    return Call()


async def _confirm(scene: Scene) -> Call:
    call = await _end(scene)
    id_ = call.ids["conflict_id"]
    scene.world.sql("update conflict set state = 'to_confirm' where id = %s", id_)
    return Call({"conflict_id": id_}, version=call.version)


async def _name(scene: Scene) -> Call:
    concern = await scene.concern(reporter=scene.actor.role)
    return Call({"concern_id": concern}, {"staff_id": await scene.someone(R.STAFF)})


async def _grant_body(scene: Scene) -> dict[str, object]:
    return {
        "staff_id": await scene.someone(R.STAFF),
        "child_id": await scene.child(),
        "classes": ["K2", "K3"],
        "reason": SENTINEL,
        "valid_to": soon(days=3),
    }


async def _grant(scene: Scene) -> Call:
    return Call(json=await _grant_body(scene))


def _granted(version: int | None = None) -> Recipe:
    """A grant to the actor, or by the lead who acts."""

    async def recipe(scene: Scene) -> Call:
        return Call({"grant_id": await _grant_id(scene)}, version=version)

    return recipe


async def _grant_id(scene: Scene) -> str:
    body = await _grant_body(scene)
    if scene.actor.role is not R.DSL:
        scene.world.sql(
            "insert into access_grant (school_id, id, kind, staff_id, child_id, classes, reason, "
            "granted_by, valid_from, valid_to, created_at) values (%s, %s, 'grant', %s, %s, "
            "'{K2}', 'x', %s, now() + interval '1 hour', now() + interval '2 hours', now())",
            scene.school.id, found := new_id(), scene.actor.id, body["child_id"],
            scene.school[R.DSL].id,
        )  # fmt: skip
        return str(found)
    made = await scene.made_by(scene.lead, "/v1/access/grants", body)
    return str(made["id"])


async def _break(scene: Scene) -> Call:
    body = {"child_id": await scene.child(), "reason": f"{SENTINEL} is missing since noon"}
    return Call(json=body)


def _broken(body: object = None, version: int | None = None) -> Recipe:
    """A record opened by somebody, whom the actor reviews, or by the actor."""

    async def recipe(scene: Scene) -> Call:
        made = str(new_id())
        breaker = scene.school[R.PASTORAL].id if body else scene.actor.id
        scene.world.sql(
            "insert into access_grant (school_id, id, kind, staff_id, child_id, classes, reason, "
            "granted_by, valid_from, valid_to, created_at, owner_id, due_at) values (%s, %s, "
            "'break_glass', %s, %s, '{K2}', 'x', %s, now() + interval '1 hour', "
            "now() + interval '2 hours', now(), %s, now())",
            scene.school.id, made, breaker, await scene.child(), breaker, scene.school[R.DSL].id,
        )  # fmt: skip
        keep_clocks(scene.world, scene.school.id, "break_glass")
        scene.made.add(made)
        return Call({"break_glass_id": made}, body, version=version)

    return recipe


REVIEW = {"outcome": "justified", "note": SENTINEL}


async def _explain(scene: Scene) -> Call:
    return Call(query={"resource": f"concern:{await scene.concern()}"})


async def _child(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()})


def _notice(body: object = None, version: int | None = None) -> Recipe:
    """A notice about the teacher's reading."""

    async def recipe(scene: Scene) -> Call:
        made = str(new_id())
        scene.world.sql(
            "insert into reading_notice (school_id, id, rule, rule_version, reader_id, since, "
            "until, measured, entries, dedupe, owner_id, due_at, created_at) values (%s, %s, "
            "'many_files', 'x', %s, now(), now(), '{}', '{}', %s, %s, now(), now())",
            scene.school.id, made, scene.school[R.STAFF].id, made, scene.school[R.DSL].id,
        )  # fmt: skip
        keep_clocks(scene.world, scene.school.id, "reading_notice")
        scene.made.add(made)
        return Call({"notice_id": made}, body, version=version)

    return recipe


REVIEWERS = DSL | {R.HEADTEACHER}
ROWS = {
    "list_notices": Row(REVIEWERS, plain(), foreign=None),
    "open_notice": Row(REVIEWERS, _notice()),
    "review_notice": Row(REVIEWERS, _notice({"outcome": "expected", "note": SENTINEL}, 1)),
    "read_child_access_log": Row(DSL | {R.HEADTEACHER}, _child),
    "explain_access_to": Row(READERS - {R.PASTORAL}, _explain, narrower=True),
    "grant_access": Row(DSL, _grant),
    "list_grants": Row(EVERYBODY, plain(), foreign=None),
    "get_grant": Row(EVERYBODY, _granted()),
    "end_grant": Row(EVERYBODY, _granted(1)),
    "break_glass": Row(READERS, _break),
    "list_break_glass": Row(EVERYBODY, plain(), foreign=None),
    "get_break_glass": Row(EVERYBODY, _broken()),
    "end_break_glass": Row(EVERYBODY, _broken(version=1)),
    "review_break_glass": Row(DSL | {R.HEADTEACHER}, _broken(REVIEW, 1)),
    "list_conflicts": Row(IN_SCHOOL, _declared, foreign=None),
    "declare_conflict": Row(IN_SCHOOL, _declare),
    "list_conflict_suggestions": Row(DSL, _suggested, foreign=None),
    "end_conflict": Row(DSL | {R.HEADTEACHER}, _end, narrower=True),
    "confirm_conflict": Row(DSL | {R.HEADTEACHER}, _confirm, narrower=True),
    "lock_out_named_staff": Row(IN_SCHOOL, _name),
}
