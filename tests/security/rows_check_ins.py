"""Support plans, check-ins and the support list: who may, and a valid request for each.

The check-ins are a teacher's, and a pastoral member stands in.
"""

from datetime import timedelta
from typing import Any

from app.core import clock
from tests.security.rows import ADMIN, IN_SCHOOL, LEADS, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, Values, soon

LOOKERS = LEADS | SIGNERS
DOERS = LEADS | {R.STAFF, R.PASTORAL}


def _body(scene: Scene) -> Values:
    return {
        "adult_id": str(scene.school[R.STAFF].id),
        "cover_id": str(scene.school[R.PASTORAL].id),
        "place": SENTINEL,
        "holiday_arrangement": SENTINEL,
        "exit_arrangement": {"value": SENTINEL},
    }


async def _begin(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()}, _body(scene))


async def _plan(scene: Scene) -> Values:
    path = f"/v1/children/{await scene.child()}/support-plan"
    return await scene.made_by(scene.lead, path, _body(scene))


def _of_plan(body: Any = None, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        plan = await _plan(scene)
        version = int(plan["version"]) if changes else None
        return Call({"child_id": str(plan["child_id"])}, body, version=version)

    return recipe


async def _change(scene: Scene) -> Call:
    plan = await _plan(scene)
    body = _body(scene) | {"reason": SENTINEL}
    return Call({"child_id": str(plan["child_id"])}, body, version=int(plan["version"]))


async def _check_in(scene: Scene) -> str:
    plan = await _plan(scene)
    rows = scene.world.sql(
        "select id from check_in where plan_id = %s order by due_at limit 1", plan["id"]
    )
    check_in = str(rows[0][0])
    scene.made.add(check_in)
    return check_in


def _of_check_in(body: Any = None, *, changes: bool = True) -> Recipe:
    """A check-in of today."""

    async def recipe(scene: Scene) -> Call:
        check_in = await _check_in(scene)
        today = clock.now() - timedelta(minutes=5)
        scene.world.sql("update check_in set opens_at = %s where id = %s", today, check_in)
        version = scene.version("check_in", check_in) if changes else None
        return Call({"check_in_id": check_in}, body, version=version)

    return recipe


async def _accept(scene: Scene) -> Call:
    """Whoever is going to ask was asked to stand in."""
    check_in, person = await _check_in(scene), scene.actor.id
    if person == scene.school[R.STAFF].id:
        body = {
            "owner_id": str(scene.school[R.HEADTEACHER].id),
            "cover_id": str(scene.school[R.DSL].id),
        }
        path, version = f"/v1/check-ins/{check_in}/assign", scene.version("check_in", check_in)
        await scene.made_by(scene.lead, path, body, version)
    here = {scene.school[role].id for role in IN_SCHOOL}
    command = {"staff_id": str(person)} if person in here else {}
    path, version = f"/v1/check-ins/{check_in}/cover", scene.version("check_in", check_in)
    asked = await scene.made_by(scene.lead, path, command, version)
    return Call({"check_in_id": check_in}, version=int(asked["etag"].strip('"')))


async def _assign(scene: Scene) -> Call:
    check_in = await _check_in(scene)
    body = {
        "owner_id": str(scene.school[R.HEADTEACHER].id), "cover_id": str(scene.school[R.DSL].id)
    }  # fmt: skip
    return Call({"check_in_id": check_in}, body, version=scene.version("check_in", check_in))


async def _settle(scene: Scene) -> Call:
    check_in = await _check_in(scene)
    scene.world.sql("update check_in set missed_at = %s where id = %s", clock.now(), check_in)
    body = {"outcome": "seen_later", "words": SENTINEL}
    return Call({"check_in_id": check_in}, body, version=scene.version("check_in", check_in))


async def _away(scene: Scene) -> Call:
    today = clock.now().date() + timedelta(days=1)
    return Call(
        json={
            "staff_id": await scene.someone(R.STAFF), "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=1)).isoformat(),
        }
    )  # fmt: skip


async def _back(scene: Scene) -> Call:
    said = await scene.made_by(scene.lead, "/v1/staff-absences", (await _away(scene)).json)
    return Call({"absence_id": str(said["id"])}, version=1)


async def _somebody_away(scene: Scene) -> Call:
    await _back(scene)
    return Call()


async def _put(scene: Scene) -> Call:
    body = {"child_id": await scene.child(), "reason": SENTINEL, "until": soon(days=3)}
    return Call(json=body)


def _of_entry(body: Any) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/support-list", (await _put(scene)).json)
        return Call({"entry_id": str(made["id"])}, body, version=1)

    return recipe


async def _note(scene: Scene) -> Call:
    return Call(json={"to_id": str(scene.school[R.DEPUTY_DSL].id), "note": SENTINEL})


async def _acknowledge(scene: Scene) -> Call:
    """A note to whoever is going to ask, where they look after the list."""
    roles = {scene.school[role].id for role in LOOKERS}
    to = scene.actor.id if scene.actor.id in roles else scene.school[R.DEPUTY_DSL].id
    body = {"to_id": str(to), "note": SENTINEL}
    made = await scene.made_by(scene.lead, "/v1/support-list/hand-over", body)
    return Call({"hand_over_id": str(made["id"])}, version=1)


ROWS: dict[str, Row] = {
    "open_support_plan": Row(LOOKERS, _of_plan(changes=False)),
    "list_support_plan_versions": Row(LOOKERS, _of_plan(changes=False)),
    "agree_support_plan": Row(LEADS, _begin, once=True),
    "change_support_plan": Row(LEADS, _change),
    "review_support_plan": Row(LEADS, _of_plan({"words": SENTINEL})),
    "end_support_plan": Row(LEADS, _of_plan({"reason": SENTINEL})),
    "list_own_check_ins": Row(IN_SCHOOL, plain(), foreign=None),
    "list_check_ins": Row(LOOKERS, plain(), foreign=None),
    "open_check_in": Row(DOERS | SIGNERS, _of_check_in(changes=False), narrower=True, hides=True),
    "complete_check_in": Row(
        DOERS,
        _of_check_in({"how": "spoke", "how_are_things": {"value": SENTINEL}}),
        narrower=True,
        hides=True,
    ),
    "record_check_in_declined": Row(
        DOERS, _of_check_in({"words": SENTINEL}), narrower=True, hides=True
    ),
    "report_worry": Row(
        DOERS, _of_check_in({"words": SENTINEL}, changes=False), narrower=True, hides=True
    ),
    "ask_for_cover": Row(DOERS, _of_check_in({}), narrower=True, hides=True),
    "accept_cover": Row(IN_SCHOOL, _accept),
    "assign_check_in": Row(LEADS, _assign),
    "settle_check_in": Row(LEADS, _settle),
    "list_absences": Row(LOOKERS | ADMIN, _somebody_away, foreign=None),
    "record_absence": Row(LOOKERS | ADMIN, _away, narrower=True),
    "end_absence": Row(LOOKERS | ADMIN, _back, narrower=True),
    "get_support_list": Row(LOOKERS, plain(), foreign=None),
    "add_support_list_entry": Row(LEADS, _put),
    "extend_support_list_entry": Row(LEADS, _of_entry({"until": soon(days=9)})),
    "end_support_list_entry": Row(LEADS, _of_entry({"reason": SENTINEL})),
    "get_support_list_hand_over": Row(LOOKERS, plain(), foreign=None),
    "hand_over_support_list": Row(LEADS, _note, foreign=422),
    "acknowledge_support_list_hand_over": Row(LOOKERS, _acknowledge),
}
