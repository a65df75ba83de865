"""Meetings: who may, and a valid request for each."""

from tests.security.rows import READERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

MINUTE = {
    "people": [{"name": SENTINEL, "role": "social worker", "attendance": "came"}],
    "result": "plan_made", "decisions": SENTINEL,
}  # fmt: skip


async def _set(scene: Scene) -> Call:
    body = {
        "kind": "core_group", "child_ids": [await scene.child()], "starts_at": soon(days=3),
        "place": SENTINEL, "confidentiality": "K2",
    }  # fmt: skip
    return Call(json=body)


def _made(body: object = None, *, changes: bool = True, held: bool = False) -> Recipe:
    """A meeting about a child of year 7, set by the lead."""

    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/meetings", (await _set(scene)).json)
        meeting = str(made["id"])
        if held:
            await scene.made_by(
                scene.lead, f"/v1/meetings/{meeting}/hold", MINUTE | {"held_at": soon(minutes=-5)},
                version=scene.version("meeting", meeting),
            )  # fmt: skip
        version = scene.version("meeting", meeting) if changes else None
        return Call({"meeting_id": meeting}, body, version=version)

    return recipe


ROWS: dict[str, Row] = {
    "list_meetings": Row(READERS, plain(), foreign=None),
    "set_meeting": Row(READERS, _set),
    "open_meeting": Row(READERS, _made(changes=False)),
    "update_meeting": Row(READERS, _made({"place": SENTINEL})),
    "record_meeting": Row(READERS, _made(MINUTE | {"held_at": soon(minutes=-5)})),
    "cancel_meeting": Row(READERS, _made({"reason": SENTINEL})),
    "correct_meeting": Row(
        READERS, _made(MINUTE | {"held_at": soon(minutes=-5), "reason": SENTINEL}, held=True)
    ),
}
