"""Signposts and local packs: everybody reads, administrators and leads look numbers up."""

from app.core import clock
from app.core.ids import new_id
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, LEADS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

LOOK_UP = LEADS | ADMIN


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


async def _pack(_scene: Scene) -> Call:
    """The first pack of an authority that no school has one of."""
    body = {"do_not_yet": [SENTINEL], "checked_on": _today()}
    return Call({"authority": f"E{new_id().hex[-9:]}"}, body, version=0)


async def _a_pack(scene: Scene) -> Call:
    call = await _pack(scene)
    path = f"/v1/local-packs/{call.ids['authority']}"
    answer = await scene.lead.request("PUT", path, json=call.json, version=call.version)
    assert answer.status_code == 200, answer.text
    return Call(call.ids)


ROWS: dict[str, Row] = {
    "list_signposts": Row(ANYBODY, plain(), foreign=None),
    "list_signposts_here": Row(EVERYBODY, plain(), foreign=None),
    "add_signpost": Row(LOOK_UP, _add, foreign=None, once=True),
    "get_signpost": Row(EVERYBODY, _made(changes=False)),
    "change_signpost": Row(LOOK_UP, _made({"name": SENTINEL})),
    "end_signpost": Row(LOOK_UP, _made({"reason": SENTINEL})),
    "list_local_packs": Row(EVERYBODY, plain(), foreign=None),
    "get_local_pack": Row(EVERYBODY, _a_pack),
    "set_local_pack": Row(LOOK_UP, _pack, foreign=None, once=True),
}
