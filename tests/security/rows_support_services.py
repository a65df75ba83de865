"""Support services and authority contacts: everybody reads, administrators and leads check."""

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
        made = await scene.made_by(scene.lead, "/v1/support-services", _body())
        support_service = str(made["support_service_id"])
        scene.made.add(support_service)
        version = scene.version("support_service", support_service) if changes else None
        return Call({"support_service_id": support_service}, body, version=version)

    return recipe


async def _authority_contacts(_scene: Scene) -> Call:
    """The first contacts of an authority that no school has any of."""
    body = {"do_not_yet": [SENTINEL], "checked_on": _today()}
    return Call({"authority": f"E{new_id().hex[-9:]}"}, body, version=0)


async def _some_authority_contacts(scene: Scene) -> Call:
    call = await _authority_contacts(scene)
    path = f"/v1/authority-contacts/{call.ids['authority']}"
    answer = await scene.lead.request("PUT", path, json=call.json, version=call.version)
    assert answer.status_code == 200, answer.text
    return Call(call.ids)


ROWS: dict[str, Row] = {
    "list_support_services": Row(ANYBODY, plain(), foreign=None),
    "list_support_services_here": Row(EVERYBODY, plain(), foreign=None),
    "add_support_service": Row(LOOK_UP, _add, foreign=None, once=True),
    "get_support_service": Row(EVERYBODY, _made(changes=False)),
    "update_support_service": Row(LOOK_UP, _made({"name": SENTINEL})),
    "end_support_service": Row(LOOK_UP, _made({"reason": SENTINEL})),
    "list_authority_contacts": Row(EVERYBODY, plain(), foreign=None),
    "get_authority_contacts": Row(EVERYBODY, _some_authority_contacts),
    "update_authority_contacts": Row(LOOK_UP, _authority_contacts, foreign=None, once=True),
}
