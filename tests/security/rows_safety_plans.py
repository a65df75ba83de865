"""Safety plans: who may, and a valid request for each."""

from typing import Any

from app.core.words import Role
from tests.security.rows import IN_SCHOOL, LEADS, SIGNERS, Row
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, Values

LOOKERS = LEADS | SIGNERS
LINE = {"words": SENTINEL, "picture": "music"}


def _body() -> Values:
    return {
        "made_with": "joint",
        "helped_by": SENTINEL,
        "steps": {
            "signs": [LINE],
            "helpers": [{"name": SENTINEL, "number": SENTINEL, "when": SENTINEL}],
            "safer_space": [{"what": SENTINEL, "where": "home", "who": SENTINEL}],
        },
        "at_school": {"room": SENTINEL},
        "staff_note": SENTINEL,
    }


async def _list(scene: Scene) -> Call:
    plan = await _plan(scene)
    ((child,),) = scene.world.sql("select child_id from safety_plan where id = %s", plan)
    return Call({"child_id": str(child)})


async def _in_use(scene: Scene) -> Call:
    """The teacher is the adult that the pupil chose."""
    await _plan(scene, "agree", "use")
    return Call()


async def _begin(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()}, _body())


async def _plan(scene: Scene, *steps: str) -> str:
    """A plan of the lead's, taken some steps further."""
    adult = str(scene.school[Role.STAFF].id)
    path = f"/v1/children/{await scene.child()}/safety-plans"
    body = {**_body(), "chosen_adult_id": adult}
    plan = str((await scene.made_by(scene.lead, path, body))["id"])
    for verb in steps:
        version = scene.version("safety_plan", plan)
        await scene.made_by(scene.lead, f"/v1/safety-plans/{plan}/{verb}", {}, version)
    return plan


def _of(*steps: str, body: Any = None, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        plan = await _plan(scene, *steps)
        version = scene.version("safety_plan", plan) if changes else None
        return Call({"plan_id": plan}, body, version=version)

    return recipe


COPY = {"kind": "family", "person": SENTINEL, "copy_kind": "paper"}


async def _recall(scene: Scene) -> Call:
    plan = await _plan(scene, "agree", "use")
    path, version = f"/v1/safety-plans/{plan}/holders", scene.version("safety_plan", plan)
    made = await scene.made_by(scene.lead, path, COPY, version)
    holder = str(made["holders"][0]["id"])
    scene.made.add(holder)
    ids = {"plan_id": plan, "holder_id": holder}
    return Call(ids, version=scene.version("safety_plan", plan))


ROWS: dict[str, Row] = {
    "list_plans": Row(LOOKERS, _list),
    "begin_plan": Row(LEADS, _begin),
    "list_my_plans": Row(IN_SCHOOL, _in_use, foreign=None),
    "open_plan": Row(LOOKERS, _of(changes=False), hides=True),
    "update_plan": Row(LEADS, _of(body={"helped_by": SENTINEL, "hold_on_to": [LINE]})),
    "agree_plan": Row(LEADS, _of(body={})),
    "use_plan": Row(LEADS, _of("agree", body={})),
    "review_plan": Row(
        LEADS,
        _of(
            "agree",
            "use",
            body={"read_with_pupil": True, "still_right": True, "what_changed": SENTINEL},
        ),
    ),
    "end_plan": Row(LEADS, _of("agree", "use", body={"reason": SENTINEL})),
    "record_plan_copy": Row(LEADS, _of("agree", body=COPY)),
    "recall_plan_copy": Row(LEADS, _recall),
    "get_plan_card": Row(LOOKERS, _of(changes=False), hides=True),
    "download_plan_card_pdf": Row(LOOKERS, _of(changes=False), hides=True),
}
