"""Safety checks, support notes and what parents are told: who may, and a valid request for each."""

from typing import Any

from tests.security.rows import LEADS, READERS, R, Row
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

SEES = LEADS | {R.HEADTEACHER}
WRITES = LEADS | {R.PASTORAL}
"""The pastoral member has something to do of the note's concern."""
ANSWER = {"value": SENTINEL}
NOTE: dict[str, Any] = {
    "kind": "support_note",
    "worries": ANSWER,
    "health_says": [{"by": SENTINEL, "words": SENTINEL}],
    "advice_from": [{"who": SENTINEL, "words": SENTINEL}],
}
DECIDED: dict[str, Any] = {
    "outcome": "not_yet",
    "reason": SENTINEL,
    "rows": ["row_4"],
    "pupil_view": ANSWER,
    "disagreement": {"lead": SENTINEL, "head": SENTINEL},
}


def _kept(*, amend: bool = False, listed: bool = False) -> Recipe:
    """A record of a child, kept by the lead; of a concern that the actor works on."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        sent = {**NOTE, "concern_id": await _worked_on(scene, child)}
        made = await scene.made_by(scene.lead, f"/v1/children/{child}/records", sent)
        ids = {"child_id": child} if listed else {"child_id": child, "record_id": str(made["id"])}
        return Call(ids, {**NOTE, "reason": SENTINEL} if amend else None)

    return recipe


async def _worked_on(scene: Scene, child: str) -> str:
    """A concern of the child; a pastoral member has something to do of it."""
    concern = await scene.concern(child)
    if scene.actor.role is R.PASTORAL:
        await scene.made_by(
            scene.lead, f"/v1/concerns/{concern}/actions",
            {"what": SENTINEL, "owner_id": str(scene.actor.id), "due_at": soon(days=1)},
        )  # fmt: skip
    return concern


async def _add(scene: Scene) -> Call:
    child = await scene.child()
    return Call({"child_id": child}, {**NOTE, "concern_id": await _worked_on(scene, child)})


def _of_concern(body: dict[str, Any] | None = None) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        await scene.contact(child)
        return Call({"concern_id": await scene.concern(child)}, body)

    return recipe


async def _barred(scene: Scene) -> tuple[str, str]:
    child = await scene.child()
    contact = await scene.around(
        child, "contacts", kind="father", name=SENTINEL, may_be_told=False,
        may_be_told_reason=SENTINEL,
    )  # fmt: skip
    return child, contact


async def _ask(scene: Scene) -> Call:
    child, contact = await _barred(scene)
    return Call({"child_id": child, "contact_id": contact}, {"reason": SENTINEL})


def _sharing_exception(*, listed: bool = False) -> Recipe:
    """A sharing exception that somebody else than the actor has asked for."""

    async def recipe(scene: Scene) -> Call:
        child, contact = await _barred(scene)
        other = R.DSL if scene.actor.role is R.DEPUTY_DSL else R.DEPUTY_DSL
        path = f"/v1/children/{child}/contacts/{contact}/sharing-exceptions"
        made = await scene.made_by(scene.by(other), path, {"reason": SENTINEL})
        if listed:
            return Call({"child_id": child})
        ids = {"child_id": child, "sharing_exception_id": str(made["id"])}
        return Call(ids, {"reason": SENTINEL}, version=1)

    return recipe


ROWS: dict[str, Row] = {
    "add_record": Row(WRITES, _add, narrower=True),
    "list_records": Row(READERS, _kept(listed=True)),
    "open_record": Row(READERS, _kept()),
    "amend_record": Row(WRITES, _kept(amend=True), narrower=True, once=True),
    "get_parents_options": Row(SEES, _of_concern()),
    "decide_on_parents": Row(LEADS, _of_concern(DECIDED)),
    "request_sharing_exception": Row(SEES, _ask),
    "list_sharing_exceptions": Row(SEES, _sharing_exception(listed=True)),
    "agree_sharing_exception": Row(SEES, _sharing_exception()),
    "end_sharing_exception": Row(SEES, _sharing_exception()),
}
