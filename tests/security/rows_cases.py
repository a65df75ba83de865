"""Cases: who may, and a valid request for each."""

from app.core.words import Role
from tests.security.rows import Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

CASEWORKERS = frozenset({Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER})
"""Their roles read whole classes; a member of pastoral staff reads a cohort, and leads none."""


async def _begin(scene: Scene) -> Call:
    child = await scene.child()
    body = {
        "child_id": child, "concern_ids": [await scene.concern(child)], "title": SENTINEL,
        "plan": SENTINEL, "review_at": soon(days=3),
    }  # fmt: skip
    return Call(json=body)


def _made(body: object = None, *, changes: bool = True) -> Recipe:
    """A case of one concern of class K2, begun by the lead."""

    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/cases", (await _begin(scene)).json)
        case = str(made["id"])
        version = scene.version("concern_case", case) if changes else None
        return Call({"concern_case_id": case}, body, version=version)

    return recipe


ROWS: dict[str, Row] = {
    "list_cases": Row(CASEWORKERS | {Role.PASTORAL}, plain(), foreign=None),
    "create_case": Row(CASEWORKERS, _begin, narrower=True),
    "open_concern_case": Row(CASEWORKERS, _made(changes=False), narrower=True, hides=True),
    "update_case": Row(CASEWORKERS, _made({"title": SENTINEL}), narrower=True, hides=True),
    "review_case": Row(
        CASEWORKERS, _made({"note": SENTINEL, "review_at": soon(days=5)}), narrower=True, hides=True
    ),
    "close_case": Row(CASEWORKERS, _made({"reason": SENTINEL}), narrower=True, hides=True),
}
