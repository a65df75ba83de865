"""Tasks: who sees and ends what there is to do, with a task of the deputy's about a child."""

from uuid import UUID

from app.core.words import Role
from tests.owners import Plot
from tests.security.rows import IN_SCHOOL, LEADS, SIGNERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

LOOKERS = LEADS | SIGNERS


def _task(body: object = None, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        plot = Plot(scene.world, scene.school, UUID(await scene.child()))
        task = str(plot.plant("task", scene.school[Role.DEPUTY_DSL].id))
        version = scene.version("task", task) if changes else None
        return Call({"task_id": task}, body, version=version)

    return recipe


async def _assign(scene: Scene) -> Call:
    made = await _task()(scene)
    body = {"owner_id": str(scene.school[Role.DSL].id)}
    return Call(made.ids, body, version=made.version)


ROWS: dict[str, Row] = {
    "list_tasks": Row(IN_SCHOOL, plain(), foreign=None),
    "open_task": Row(LOOKERS, _task(changes=False), narrower=True, hides=True),
    "complete_task": Row(LEADS, _task({"note": SENTINEL}), narrower=True, hides=True),
    "end_task": Row(LEADS, _task({"reason": SENTINEL})),
    "assign_task": Row(LEADS, _assign),
}
