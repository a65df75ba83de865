"""The pathway of a concern: who may take which step, with a concern of the pathway."""

from typing import Any

from app.core.words import Role
from tests.security.rows import LEADS, READERS, SIGNERS, Row
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

MINE_OR_SEEN = READERS | {Role.STAFF}
"""The teacher told it; the others read it."""


async def _told(scene: Scene) -> str:
    body = scene.concern_body(await scene.child())
    body["self_harm"] = {"kind": "thoughts_of_suicide", "with_now": SENTINEL}
    found = await scene.made_by(scene.by(Role.STAFF), "/v1/concerns", body)
    scene.world.sql("update concern set confidentiality = 'K2' where id = %s", found["id"])
    return str(found["id"])


def _step(body: Any, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        concern = await _told(scene)
        version = scene.version("concern", concern) if changes else None
        return Call({"concern_id": concern}, body, version=version)

    return recipe


async def _settling(scene: Scene) -> Call:
    """Nothing is owed to the pupil any more."""
    concern = await _told(scene)
    scene.world.sql("update task set kind = 'other' where concern_id = %s", concern)
    rows = scene.world.sql(
        "select id, version from task where concern_id = %s and ended_at is null", concern
    )
    for task, version in rows:
        await scene.made_by(scene.lead, f"/v1/tasks/{task}/complete", {}, version)
    return Call({"concern_id": concern}, SETTLED, version=scene.version("concern", concern))


async def _called(scene: Scene) -> Call:
    """The lead has the task of hearing from the pupil."""
    concern = await _told(scene)
    version = scene.version("concern", concern)
    await scene.made_by(scene.lead, f"/v1/concerns/{concern}/leave-safely", LEFT, version)
    ((task,),) = scene.world.sql(
        "select id from task where concern_id = %s and kind = 'sh_contact_48'", concern
    )
    body = {"how": "spoke_with_pupil", "note": SENTINEL}
    return Call({"task_id": str(task)}, body, version=scene.version("task", str(task)))


async def _match(scene: Scene) -> Call:
    body = scene.concern_body()
    body["unmatched_child"] = {"name": SENTINEL, "description": SENTINEL}
    found = await scene.made_by(scene.by(Role.STAFF), "/v1/concerns", body)
    concern = str(found["id"])
    child = {"child_id": await scene.child()}
    version = scene.version("concern", concern)
    return Call({"concern_id": concern}, {"children": [child]}, version=version)


EMERGENCY = {
    "reason_codes": ["swallowed"], "called": ["ambulance"], "incident_number": SENTINEL,
    "went_with": SENTINEL, "hand_over": SENTINEL,
}  # fmt: skip
LEFT = {"handed_to": SENTINEL, "call_tonight": SENTINEL, "note": SENTINEL}
SETTLED = {"reason": SENTINEL, "what_helped": SENTINEL}

ROWS: dict[str, Row] = {
    "record_with_adult": Row(
        MINE_OR_SEEN,
        _step({"name": SENTINEL, "note": SENTINEL}, changes=False),
        narrower=True,
        hides=True,
    ),
    "record_emergency": Row(
        MINE_OR_SEEN, _step(EMERGENCY, changes=False), narrower=True, hides=True
    ),
    "record_conversation": Row(LEADS, _step({"seen_by": SENTINEL, "note": SENTINEL})),
    "record_left_safely": Row(LEADS, _step(LEFT)),
    "record_stayed_with_plan": Row(LEADS, _step({"note": SENTINEL})),
    "record_contact": Row(
        LEADS,
        _step({"how": "spoke_with_pupil", "note": SENTINEL}, changes=False),
        narrower=True,
        hides=True,
    ),
    "record_task_contact": Row(LEADS, _called, narrower=True, hides=True),
    "settle_concern": Row(LEADS, _settling),
    "match_concern": Row(LEADS | SIGNERS, _match, narrower=True, hides=True, once=True),
}
