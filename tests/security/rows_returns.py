"""Drafts, returns, marks, removals, friends, items, places and offers: who may, and a request."""

from typing import Any

from app.core.ids import new_id
from app.core.words import Role
from tests.security.rows import IN_SCHOOL, LEADS, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, Values, soon

LOOKERS = LEADS | SIGNERS
CHAIR = frozenset({R.CHAIR_OF_GOVERNORS})
SENDERS = LEADS | {R.SCHOOL_ADMIN}
SAID = {"value": SENTINEL}


def today() -> str:
    """This day."""
    return soon()[:10]


async def _draft(scene: Scene, *, adult: bool = False) -> str:
    """A report of a teacher's that could not be taken; about a head for the chair."""
    if adult or scene.actor.role is R.CHAIR_OF_GOVERNORS:
        about = {"name": SENTINEL} if adult else {"name": SENTINEL, "role": "headteacher"}
        said = {"about": about, "immediate_risk": True, "place": f"{SENTINEL} {new_id()}"}
        answer = await scene.by(Role.STAFF).post("/v1/adult-concerns", said)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["saved_as"])
    account = [{"kind": "observed", "text": f"{SENTINEL} {new_id()}"}]
    body = {"account": account, "immediacy": "immediate_danger", "children": []}
    answer = await scene.by(Role.STAFF).post("/v1/concerns", body)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["saved_as"])


def _drafted(body: object = None, *, changes: bool = True) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        draft = await _draft(scene, adult=changes and scene.actor.role is R.HEADTEACHER)
        version = scene.version("unfinished_report", draft) if changes else None
        return Call({"draft_id": draft}, body, version=version)

    return recipe


def _return_body(scene: Scene) -> Values:
    return {
        "reason_known_to": {"value": [SENTINEL]},
        "hospital": SAID,
        "expected_return": {"value": today()},
        "meeting": {"value": {"at": soon(days=1), "where": SENTINEL, "who": [SENTINEL]}},
        "agreed_story": SAID,
        "timetable": [{"starts_on": today(), "ends_on": today(), "what": SENTINEL}],
        "adult_id": str(scene.school[Role.STAFF].id),
    }


async def _return(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()}, _return_body(scene))


def _returned(body: object = None, *, changes: bool = True) -> Recipe:
    """A return that the lead set."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        made = await scene.made_by(scene.lead, f"/v1/children/{child}/returns", _return_body(scene))
        ids = {"child_id": child, "return_id": str(made["id"])}
        return Call(ids, body, version=1 if changes else None)

    return recipe


def _child(body: Any = None) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        return Call({"child_id": await scene.child()}, body)

    return recipe


async def _marks(scene: Scene) -> Call:
    mark = {"child_id": await scene.child(), "on": today(), "session": "am", "mark": "absent"}
    return Call(json={"marks": [mark]})


def _removed(body: object = None, *, changes: bool = True) -> Recipe:
    """A removal that followed what a pupil told."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        told = scene.concern_body(child) | {"self_harm": {"kind": "self_harm"}}
        await scene.made_by(scene.by(Role.STAFF), "/v1/concerns", told)
        sent = {"kind": "sent_home", "on": today(), "reason": SENTINEL}
        answer = await scene.lead.post(f"/v1/children/{child}/removals", sent)
        assert answer.status_code == 202, answer.text
        rows = scene.world.sql("select id from removal where child_id = %s", child)
        ids = {"child_id": child, "removal_id": str(rows[0][0])}
        return Call(ids, body, version=1 if changes else None)

    return recipe


SPOT = {"place": f"{SENTINEL} stairs", "needs": SENTINEL, "reason": SENTINEL}


async def _note_spot(_scene: Scene) -> Call:
    return Call(json=SPOT)


async def _open_spot(scene: Scene) -> Call:
    made = await scene.made_by(scene.lead, "/v1/site-spots", SPOT)
    return Call({"spot_id": str(made["id"])})


async def _offer(scene: Scene) -> Call:
    return Call(json={"person_id": await scene.someone(Role.STAFF), "words": SENTINEL})


async def _answer(scene: Scene) -> Call:
    """An offer to whoever asks, by a colleague."""
    colleague = await scene.school.person(Role.STAFF)
    body = {"person_id": str(scene.actor.id), "words": SENTINEL}
    api = scene.world.as_token(colleague.token)
    made = await scene.made_by(api, "/v1/staff-support-offers", body)
    return Call({"offer_id": str(made["id"])}, {"answer": "not_now"}, version=1)


REMOVAL = {"kind": "detention", "on": "2026-11-26", "reason": SENTINEL}
ROWS: dict[str, Row] = {
    "list_unfinished_reports": Row(LOOKERS | CHAIR, plain(), foreign=None, narrower=True),
    "open_unfinished_report": Row(LOOKERS | CHAIR, _drafted(changes=False), narrower=True),
    "resolve_unfinished_report": Row(
        LOOKERS | CHAIR, _drafted({"reason": SENTINEL}), narrower=True
    ),
    "list_returns": Row(LOOKERS, _child()),
    "set_return": Row(LEADS, _return),
    "open_return": Row(LOOKERS, _returned(changes=False)),
    "change_return": Row(LEADS, _returned({"agreed_story": SAID, "reason": SENTINEL})),
    "hold_return_meeting": Row(LEADS, _returned({"at": soon(), "agreed": SENTINEL})),
    "look_after_return": Row(LEADS, _returned({"found": SENTINEL, "next": SENTINEL})),
    "send_attendance_marks": Row(SENDERS, _marks, foreign=None),
    "send_removal": Row(SENDERS, _child(REMOVAL)),
    "open_removal": Row(LOOKERS, _removed(changes=False)),
    "look_at_removal": Row(LEADS, _removed({"look": "stands", "reason": SENTINEL})),
    "support_friend": Row(IN_SCHOOL, _child({"offered": SAID})),
    "list_friend_support": Row(LOOKERS, _child()),
    "keep_item_found": Row(LEADS, _child({"what": SENTINEL, "given_to": SAID})),
    "list_items_found": Row(LOOKERS, _child()),
    "keep_home_means": Row(LEADS, _child({"topic": SAID, "agreed": SAID})),
    "list_home_means": Row(LOOKERS, _child()),
    "note_site_spot": Row(LEADS, _note_spot, foreign=None),
    "open_site_spot": Row(LOOKERS, _open_spot, narrower=True, hides=True),
    "list_support_offers": Row(IN_SCHOOL, plain(), foreign=None),
    "offer_support": Row(IN_SCHOOL, _offer),
    "answer_support_offer": Row(IN_SCHOOL, _answer),
}
