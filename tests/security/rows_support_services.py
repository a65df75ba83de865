"""Support services and authority contacts: everybody reads, administrators and leads check."""

from app.core import clock
from app.core.ids import new_id
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, LEADS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

LOOK_UP = LEADS | ADMIN
CONFIRM = LEADS | {R.HEADTEACHER}


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


def _proposed(body: object = None) -> Recipe:
    """The school's phone number, changed by its administrator."""

    async def recipe(scene: Scene) -> Call:
        admin = scene.school.api(R.SCHOOL_ADMIN)
        path, number = f"/v1/schools/{scene.school.id}", f"01632 {new_id().hex[-6:]}"
        tag = (await admin.get(path)).headers["etag"]
        answer = await admin.patch(path, {"phone": number}, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
        (change,) = (await scene.lead.get("/v1/proposed-changes")).json()["items"]
        scene.made.add(change["id"])
        return Call({"change_id": change["id"]}, body, version=1)

    return recipe


async def _some_proposed(scene: Scene) -> Call:
    await _proposed()(scene)
    return Call()


ROWS: dict[str, Row] = {
    "list_support_services": Row(ANYBODY, plain(), foreign=None),
    "list_support_services_here": Row(EVERYBODY, plain(), foreign=None),
    "add_support_service": Row(LEADS, _add, foreign=None, once=True, narrower=True),
    "get_support_service": Row(EVERYBODY, _made(changes=False)),
    "update_support_service": Row(LOOK_UP, _made({"name": SENTINEL})),
    "end_support_service": Row(LEADS, _made({"reason": SENTINEL}), narrower=True),
    "list_authority_contacts": Row(EVERYBODY, plain(), foreign=None),
    "get_authority_contacts": Row(EVERYBODY, _some_authority_contacts),
    "update_authority_contacts": Row(
        LEADS, _authority_contacts, foreign=None, once=True, narrower=True
    ),
    "list_proposed_changes": Row(EVERYBODY, _some_proposed, foreign=None),
    "confirm_proposed_change": Row(CONFIRM, _proposed()),
    "refuse_proposed_change": Row(CONFIRM, _proposed({"reason": SENTINEL})),
}
