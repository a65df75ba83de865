"""Rows of the matrix for the adult register: those who read by role, and a lead on one case."""

from typing import Any

from tests.security.rows import IN_SCHOOL, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

WORKERS = frozenset({R.HEADTEACHER, R.CHAIR_OF_GOVERNORS, R.DSL})
READ_BY_ROLE = frozenset({R.HEADTEACHER, R.CHAIR_OF_GOVERNORS})
REPORTERS = IN_SCHOOL | {R.CHAIR_OF_GOVERNORS}


def _body(about: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "about": about,
        "kind": "allegation",
        "account": [{"kind": "told_by", "text": f"{SENTINEL} saw it.", "told_by": SENTINEL}],
        "occurred_at": soon(hours=-1),
        "place": f"{SENTINEL} hall",
        **more,
    }


def _described() -> dict[str, Any]:
    return {"name": f"{SENTINEL} Roe", "role": "volunteer", "employer": SENTINEL}


async def raised(scene: Scene, by: R = R.STAFF, **more: Any) -> str:
    """One that the actor may read: about a head for the chair, as case manager for a lead."""
    about = _described()
    if scene.actor.role is R.CHAIR_OF_GOVERNORS:
        about = {**about, "role": "headteacher"}
    found = await scene.made_by(scene.by(by), "/v1/adult-concerns", _body(about, **more))
    concern = str(found["id"])
    if scene.actor.role is R.DSL:
        await step(scene, R.HEADTEACHER, concern, "assign", {
            "case_manager_id": str(scene.school[R.DSL].id), "reason": SENTINEL,
        })  # fmt: skip
    return concern


async def step(scene: Scene, role: R, concern: str, verb: str, body: Any) -> None:
    """Take it a step further."""
    path = f"/v1/adult-concerns/{concern}/{verb}"
    await scene.made_by(scene.by(role), path, body, scene.version("adult_concern", concern))


def _reader(scene: Scene) -> R:
    chair = scene.actor.role is R.CHAIR_OF_GOVERNORS
    return R.CHAIR_OF_GOVERNORS if chair else R.HEADTEACHER


ASSESSED = {"threshold": "allegation", "harm_tests": ["unsuitable"], "reason": SENTINEL}


async def _raise(_scene: Scene) -> Call:
    return Call(json=_body(_described()))


async def _mine(scene: Scene) -> Call:
    body = _body(_described())
    found = await scene.made_by(scene.by(scene.actor.role), "/v1/adult-concerns", body)
    return Call({"concern_id": str(found["id"])})


async def _patterns(scene: Scene) -> Call:
    """A colleague about whom somebody has told: the head, where the chair asks."""
    chair = scene.actor.role is R.CHAIR_OF_GOVERNORS
    head = str(scene.school[R.HEADTEACHER].id)
    about = {"staff_id": head if chair else await scene.someone(R.STAFF)}
    await scene.made_by(scene.by(R.STAFF), "/v1/adult-concerns", _body(about))
    return Call(query=about)


async def _history(scene: Scene) -> Call:
    return Call({"concern_id": await raised(scene)})


def _step(body: Any = None, *, first: bool = False, versioned: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        concern = await raised(scene)
        if first:
            await step(scene, _reader(scene), concern, "assess", ASSESSED)
        version = scene.version("adult_concern", concern) if versioned else None
        return Call({"concern_id": concern}, body, version=version)

    return recipe


async def _advise(scene: Scene) -> Call:
    body = {
        "from": "lado", "name": SENTINEL, "at": soon(minutes=-1), "reference": SENTINEL,
        "advice": SENTINEL,
    }  # fmt: skip
    return await _step(body)(scene)


async def _assign(scene: Scene) -> Call:
    body = {"case_manager_id": str(scene.school[R.DSL].id), "reason": SENTINEL}
    return await _step(body)(scene)


async def _redirect(scene: Scene) -> Call:
    role = "headteacher" if scene.actor.role is R.CHAIR_OF_GOVERNORS else "supply"
    body = {"about": {"name": f"{SENTINEL} Poe", "role": role}, "reason": SENTINEL}
    return await _step(body)(scene)


async def _lock_out(scene: Scene) -> Call:
    body = {"staff_id": str(scene.school[R.STAFF].id), "reason": SENTINEL}
    return await _step(body)(scene)


async def _countersign(scene: Scene) -> Call:
    """A lead as case manager and a reader sign for each other."""
    concern = await raised(scene)
    reader = _reader(scene)
    lead = {"case_manager_id": str(scene.school[R.DSL].id), "reason": SENTINEL}
    if scene.actor.role is not R.DSL:
        await step(scene, reader, concern, "assign", lead)
    proposer = R.DSL if scene.actor.role is not R.DSL else reader
    await step(scene, reader, concern, "assess", ASSESSED)
    await step(scene, proposer, concern, "close", CLOSED)
    version = scene.version("adult_concern", concern)
    return Call({"concern_id": concern}, {"agree": True, "reason": SENTINEL}, version=version)


async def _amend(scene: Scene) -> Call:
    call = await _mine(scene)
    return Call(call.ids, {"text": SENTINEL, "reason": SENTINEL})


async def _moved_file(scene: Scene) -> Call:
    """A file of a concern about a child that a lead moved, for somebody who may read it."""
    concern = await scene.concern()
    path = f"/v1/concerns/{concern}"
    answer = await scene.lead.request(
        "POST", f"{path}/attachments", content=SENTINEL.encode(),
        headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    about = _described()
    if scene.actor.role is R.CHAIR_OF_GOVERNORS:
        about = {**about, "role": "headteacher"}
    body = {"adult": about, "reason": SENTINEL}
    await scene.made_by(scene.lead, f"{path}/move", body, scene.version("concern", concern))
    if scene.actor.role is R.DSL:
        lead = {"case_manager_id": str(scene.school[R.DSL].id), "reason": SENTINEL}
        await step(scene, R.HEADTEACHER, concern, "assign", lead)
    return Call({"concern_id": concern, "attachment_id": answer.json()["id"]})


CLOSED = {"outcome": "unfounded", "reason": SENTINEL}
ROWS: dict[str, Row] = {
    "raise_adult_concern": Row(REPORTERS, _raise, foreign=None),
    "list_adult_concerns": Row(WORKERS, plain(), foreign=None, narrower=True),
    "list_my_adult_concerns": Row(REPORTERS, plain(), foreign=None),
    "open_adult_patterns": Row(READ_BY_ROLE, _patterns, foreign=None),
    "list_adult_audit": Row(READ_BY_ROLE, plain(), foreign=None),
    "open_adult_concern": Row(REPORTERS, _mine),
    "download_moved_attachment": Row(WORKERS, _moved_file, narrower=True),
    "open_adult_history": Row(WORKERS, _history, narrower=True),
    "get_possible_case_managers": Row(READ_BY_ROLE, _history),
    "acknowledge_adult_concern": Row(WORKERS, _step(), narrower=True),
    "assess_adult_concern": Row(WORKERS, _step(ASSESSED), narrower=True),
    "record_adult_advice": Row(WORKERS, _advise, narrower=True),
    "assign_adult_concern": Row(READ_BY_ROLE, _assign),
    "redirect_adult_concern": Row(READ_BY_ROLE, _redirect),
    "lock_out_of_adult_concern": Row(READ_BY_ROLE, _lock_out),
    "close_adult_concern": Row(WORKERS, _step(CLOSED, first=True), narrower=True),
    "withdraw_adult_concern": Row(WORKERS, _step({"reason": SENTINEL}), narrower=True),
    "countersign_adult_concern": Row(WORKERS, _countersign, narrower=True),
    "add_adult_note": Row(WORKERS, _step({"text": SENTINEL}, versioned=False), narrower=True),
    "amend_adult_concern": Row(REPORTERS, _amend),
}
