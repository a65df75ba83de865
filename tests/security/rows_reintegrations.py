"""Incomplete reports, reintegrations, sanctions and what goes with them: who may, and a request."""

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
        version = scene.version("incomplete_report", draft) if changes else None
        return Call({"incomplete_report_id": draft}, body, version=version)

    return recipe


def _reintegration_body(scene: Scene) -> Values:
    return {
        "reason_known_to": {"value": [SENTINEL]},
        "hospital": SAID,
        "expected_return": {"value": today()},
        "meeting": {"value": {"at": soon(days=1), "where": SENTINEL, "who": [SENTINEL]}},
        "agreed_story": SAID,
        "timetable": [{"starts_on": today(), "ends_on": today(), "what": SENTINEL}],
        "adult_id": str(scene.school[Role.STAFF].id),
    }


async def _reintegration(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()}, _reintegration_body(scene))


def _returned(body: object = None, *, changes: bool = True) -> Recipe:
    """A reintegration that the lead set."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        made = await scene.made_by(
            scene.lead, f"/v1/children/{child}/reintegrations", _reintegration_body(scene)
        )
        ids = {"child_id": child, "reintegration_id": str(made["id"])}
        return Call(ids, body, version=1 if changes else None)

    return recipe


async def _children_returned(scene: Scene) -> Call:
    made = await _returned(changes=False)(scene)
    return Call({"child_id": made.ids["child_id"]})


def _child(body: Any) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        return Call({"child_id": await scene.child()}, body)

    return recipe


async def _marks(scene: Scene) -> Call:
    mark = {"child_id": await scene.child(), "on": today(), "session": "am", "mark": "absent"}
    return Call(json={"marks": [mark]})


def _sanctioned(body: object = None, *, changes: bool = True) -> Recipe:
    """A sanction that followed what a pupil told."""

    async def recipe(scene: Scene) -> Call:
        child = await scene.child()
        told = scene.concern_body(child) | {"self_harm": {"kind": "self_harm"}}
        await scene.made_by(scene.by(Role.STAFF), "/v1/concerns", told)
        sent = {"kind": "sent_home", "on": today(), "reason": SENTINEL}
        answer = await scene.lead.post(f"/v1/children/{child}/sanctions", sent)
        assert answer.status_code == 202, answer.text
        rows = scene.world.sql("select id from sanction where child_id = %s", child)
        ids = {"child_id": child, "sanction_id": str(rows[0][0])}
        return Call(ids, body, version=1 if changes else None)

    return recipe


SITE_REQUEST = {"place": f"{SENTINEL} stairs", "needs": SENTINEL, "reason": SENTINEL}


async def _create_site_request(_scene: Scene) -> Call:
    return Call(json=SITE_REQUEST)


async def _open_site_request(scene: Scene) -> Call:
    made = await scene.made_by(scene.lead, "/v1/site-requests", SITE_REQUEST)
    return Call({"site_request_id": str(made["id"])})


async def _offer(scene: Scene) -> Call:
    return Call(json={"person_id": await scene.someone(Role.STAFF), "words": SENTINEL})


async def _answer(scene: Scene) -> Call:
    """An offer to whoever asks, by a colleague."""
    colleague = await scene.school.person(Role.STAFF, SENTINEL)
    body = {"person_id": str(scene.actor.id), "words": SENTINEL}
    api = scene.world.as_token(colleague.token)
    made = await scene.made_by(api, "/v1/staff-support-offers", body)
    return Call({"offer_id": str(made["id"])}, {"answer": "not_now"}, version=1)


async def _offered(scene: Scene) -> Call:
    await _answer(scene)
    return Call()


async def _session(scene: Scene) -> Call:
    """Supervision of a lead: by whoever asks, or of them where they lead themselves."""
    is_deputy = scene.actor.id == scene.school[Role.DEPUTY_DSL].id
    leader = scene.school[Role.DSL if is_deputy else Role.DEPUTY_DSL]
    two = {"supervisee_id": str(leader.id), "supervisor_id": str(scene.actor.id)}
    action = {"what": SENTINEL, "owner_id": str(leader.id), "due_at": soon(days=3)}
    return Call(json={**two, "held_on": today(), "note": SENTINEL, "actions": [action]})


async def _open_session(scene: Scene) -> Call:
    call = await _session(scene)
    made = await scene.made_by(
        scene.world.as_token(scene.actor.token), "/v1/supervision-sessions", call.json
    )
    return Call({"session_id": str(made["id"])})


SANCTION = {"kind": "detention", "on": "2026-11-26", "reason": SENTINEL}
ROWS: dict[str, Row] = {
    "list_incomplete_reports": Row(LOOKERS | CHAIR, plain(), foreign=None, narrower=True),
    "open_incomplete_report": Row(LOOKERS | CHAIR, _drafted(changes=False), narrower=True),
    "resolve_incomplete_report": Row(
        LOOKERS | CHAIR, _drafted({"reason": SENTINEL}), narrower=True
    ),
    "list_reintegrations": Row(LOOKERS, _children_returned),
    "create_reintegration": Row(LEADS, _reintegration),
    "open_reintegration": Row(LOOKERS, _returned(changes=False)),
    "update_reintegration": Row(LEADS, _returned({"agreed_story": SAID, "reason": SENTINEL})),
    "record_reintegration_meeting": Row(LEADS, _returned({"at": soon(), "agreed": SENTINEL})),
    "record_reintegration_day_90": Row(LEADS, _returned({"found": SENTINEL, "next": SENTINEL})),
    "send_attendance_marks": Row(SENDERS, _marks, foreign=None),
    "record_sanction": Row(SENDERS, _child(SANCTION)),
    "open_sanction": Row(LOOKERS, _sanctioned(changes=False)),
    "review_sanction": Row(LEADS, _sanctioned({"look": "stands", "reason": SENTINEL})),
    "begin_friend_support": Row(IN_SCHOOL, _child({"offered": SAID})),
    "create_site_request": Row(LEADS, _create_site_request, foreign=None),
    "open_site_request": Row(LOOKERS, _open_site_request, narrower=True, hides=True),
    "list_support_offers": Row(IN_SCHOOL, _offered, foreign=None),
    "offer_support": Row(IN_SCHOOL, _offer),
    "answer_support_offer": Row(IN_SCHOOL, _answer),
    "list_supervision_sessions": Row(IN_SCHOOL, plain(), foreign=None),
    "record_supervision_session": Row(IN_SCHOOL, _session, foreign=422),
    "open_supervision_session": Row(IN_SCHOOL, _open_session),
}
