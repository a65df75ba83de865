"""Reviews: who may, and a valid request for each."""

from tests.security.rows import READERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon


async def _set(scene: Scene) -> Call:
    body = {"child_id": await scene.child(), "what": SENTINEL, "due_at": soon(days=3)}
    return Call(json=body | {"confidentiality": "K2"})


def _made(body: object = None, *, changes: bool = True) -> Recipe:
    """A review of a child of year 7, set by the lead."""

    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/reviews", (await _set(scene)).json)
        review = str(made["id"])
        version = scene.version("review", review) if changes else None
        return Call({"review_id": review}, body, version=version)

    return recipe


ROWS: dict[str, Row] = {
    "list_reviews": Row(READERS, plain(), foreign=None),
    "set_review": Row(READERS, _set),
    "open_review": Row(READERS, _made(changes=False)),
    "update_review": Row(READERS, _made({"what": SENTINEL})),
    "complete_review": Row(
        READERS, _made({"note": SENTINEL, "outcome": "continue", "next_due_at": soon(days=9)})
    ),
    "end_review": Row(READERS, _made({"reason": SENTINEL})),
}
