"""Signposts and local packs: everybody reads, administrators and leads look numbers up."""

from app.core import clock
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, LEADS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

LOOK_UP = LEADS | ADMIN
AUTHORITY = "E10000000"


def _today() -> str:
    return clock.now().date().isoformat()


def _body() -> dict[str, object]:
    channels = [{"kind": "phone", "contact": "01632 960001"}]
    return {
        "name": SENTINEL, "audiences": ["pupils"], "channels": channels, "checked_on": _today(),
    }  # fmt: skip


async def _add(_scene: Scene) -> Call:
    return Call(json=_body())


def _made(body: object = None, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.lead, "/v1/signposts", _body())
        signpost = str(made["signpost_id"])
        scene.made.add(signpost)
        version = scene.version("signpost", signpost) if changes else None
        return Call({"signpost_id": signpost}, body, version=version)

    return recipe


async def _pack(scene: Scene) -> Call:
    body = {"do_not_yet": [SENTINEL], "checked_on": _today()}
    rows = scene.world.sql(
        "select version from local_pack where school_id = %s and authority = %s",
        scene.school.id, AUTHORITY,
    )  # fmt: skip
    return Call({"authority": AUTHORITY}, body, version=rows[0][0] if rows else 0)


async def _a_pack(scene: Scene) -> Call:
    call = await _pack(scene)
    path = f"/v1/local-packs/{AUTHORITY}"
    answer = await scene.lead.request("PUT", path, json=call.json, version=call.version)
    assert answer.status_code == 200, answer.text
    return Call({"authority": AUTHORITY})


ROWS: dict[str, Row] = {
    "list_signposts": Row(ANYBODY, plain(), foreign=None),
    "list_signposts_here": Row(EVERYBODY, plain(), foreign=None),
    "add_signpost": Row(LOOK_UP, _add, foreign=None, once=True),
    "get_signpost": Row(EVERYBODY, _made(changes=False)),
    "change_signpost": Row(LOOK_UP, _made({"name": SENTINEL})),
    "end_signpost": Row(LOOK_UP, _made({"reason": SENTINEL})),
    "list_local_packs": Row(EVERYBODY, plain(), foreign=None),
    "get_local_pack": Row(EVERYBODY, _a_pack),
    "set_local_pack": Row(LOOK_UP, _pack, foreign=None),
}
