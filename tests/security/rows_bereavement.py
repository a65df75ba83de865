"""The time after a death: leads and heads, and whoever is in the team; two people for each end."""

from collections.abc import Mapping
from typing import Any

from app.core.words import Role
from tests.security.rows import IN_SCHOOL, LEADS, SIGNERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene, soon

DECIDE = LEADS | SIGNERS
Values = Mapping[str, Any]


def case_body(child: str) -> dict[str, Any]:
    """A body that says that a pupil has died."""
    return {
        "person_died": "pupil", "child_id": child, "learned_from": SENTINEL,
        "died_on": soon()[:10],
    }  # fmt: skip


def confirm_body() -> dict[str, Any]:
    """A body that confirms it."""
    return {"confirmed_by": "police", "confirmed_with": SENTINEL}


async def _proposed(scene: Scene, by: Role = Role.DEPUTY_DSL) -> str:
    """Said by somebody else than whoever acts."""
    by = Role.HEADTEACHER if scene.actor.role is by else by
    body = case_body(await scene.child())
    return str((await scene.made_by(scene.by(by), "/v1/bereavement-cases", body))["id"])


async def _confirmed(scene: Scene) -> str:
    case = await _proposed(scene, Role.DEPUTY_DSL)
    other = Role.HEADTEACHER if scene.actor.role is Role.DSL else Role.DSL
    if scene.world.sql(
        "select 1 from bereavement_case where id = %s and proposed_by = %s",
        case, scene.school[other].id,
    ):  # fmt: skip
        other = Role.DSL
    await scene.made_by(scene.by(other), f"/v1/bereavement-cases/{case}/confirm", confirm_body(), 1)
    return case


async def _propose(scene: Scene) -> Call:
    return Call(json=case_body(await scene.child()))


def _step(body: Values, *, confirmed: bool = True) -> Recipe:
    """A step of a case that was, or was not, confirmed."""

    async def recipe(scene: Scene) -> Call:
        case = await (_confirmed if confirmed else _proposed)(scene)
        return Call({"case_id": case}, dict(body), version=scene.version("bereavement_case", case))

    return recipe


async def _closing(scene: Scene) -> Call:
    """A case of which nothing has to be done any more."""
    case = await _confirmed(scene)
    await end_duties(scene, case)
    return Call(
        {"case_id": case}, {"reason": SENTINEL}, version=scene.version("bereavement_case", case)
    )


async def end_duties(scene: Scene, case: str) -> None:
    """A lead says of each duty why it is not needed."""
    rows = scene.world.sql(
        "select id, version from task where about_id = %s and kind = 'bereavement_duty'"
        " and ended_at is null", case,
    )  # fmt: skip
    for task, version in rows:
        await scene.made_by(scene.lead, f"/v1/tasks/{task}/end", {"reason": SENTINEL}, version)


async def _read(scene: Scene) -> Call:
    return Call({"case_id": await _confirmed(scene)})


async def _member(scene: Scene) -> Call:
    case = await _confirmed(scene)
    body = {"role": "pupils", "staff_id": await scene.someone(Role.STAFF)}
    return Call({"case_id": case}, body)


async def _leave(scene: Scene) -> Call:
    call = await _member(scene)
    made = await scene.made_by(
        scene.lead, f"/v1/bereavement-cases/{call.ids['case_id']}/team", call.json
    )
    return Call({**call.ids, "member_id": made["team"][0]["id"]}, version=1)


async def _duty(scene: Scene) -> Call:
    return Call({"case_id": await _confirmed(scene)}, {"duty": "serious_incident"})


async def _resume(scene: Scene) -> Call:
    body = await scene.share_body()
    contact, child = body["recipient"]["contact_id"], body["child_id"]
    scene.world.sql("update contact set email = 'zy@example.org' where id = %s", contact)
    made = await scene.made_by(scene.by(Role.DEPUTY_DSL), "/v1/shares", body)
    share = str(made["id"])
    await scene.share_step(share, "approve", {"reason": SENTINEL})
    await scene.share_step(share, "send", {"code_route": "in_person"})
    case = await scene.made_by(scene.by(Role.DEPUTY_DSL), "/v1/bereavement-cases", case_body(child))
    await scene.made_by(
        scene.lead, f"/v1/bereavement-cases/{case['id']}/confirm", confirm_body(), 1
    )
    link = scene.world.sql("select id from recipient_link where share_id = %s", share)[0][0]
    case_id = str(case["id"])
    version = scene.version("bereavement_case", case_id)
    return Call({"case_id": case_id, "link_id": str(link)}, version=version)


async def _affected(scene: Scene) -> Call:
    body = {
        "child_id": await scene.child(), "reason_codes": ["close_friend"], "note": SENTINEL,
        "owner_id": await scene.someone(Role.STAFF),
    }  # fmt: skip
    return Call({"case_id": await _confirmed(scene)}, body)


def _with(make: Recipe, part: str) -> Recipe:
    """A case of which a lead made a part."""

    async def recipe(scene: Scene) -> Call:
        call = await make(scene)
        path = f"/v1/bereavement-cases/{call.ids['case_id']}/{part}"
        await scene.made_by(scene.lead, path, call.json)
        return Call(call.ids)

    return recipe


def _part(make: Recipe, part: str, id_: str, body: Values | None) -> Recipe:
    """A change of a part that a lead made."""

    async def recipe(scene: Scene) -> Call:
        call = await make(scene)
        path = f"/v1/bereavement-cases/{call.ids['case_id']}/{part}"
        made = await scene.made_by(scene.lead, path, call.json)
        return Call({**call.ids, id_: str(made["id"])}, body and dict(body), version=1)

    return recipe


async def _entry(scene: Scene) -> Call:
    return Call({"case_id": await _confirmed(scene)}, {"kind": "rumour", "text": SENTINEL})


async def _words(scene: Scene) -> Call:
    body = {"audience": "families", "text": SENTINEL, "names_cause": False}
    return Call({"case_id": await _confirmed(scene)}, body)


def _of_words(body: Values | None = None, *, read: bool = False) -> Recipe:
    """Words that were written by somebody else than whoever acts."""

    async def recipe(scene: Scene) -> Call:
        call = await _words(scene)
        writer = Role.HEADTEACHER if scene.actor.role is Role.DSL else Role.DSL
        path = f"/v1/bereavement-cases/{call.ids['case_id']}/communications"
        made = await scene.made_by(scene.by(writer), path, call.json)
        if read:
            reader = Role.DSL if writer is Role.HEADTEACHER else Role.HEADTEACHER
            await scene.made_by(scene.by(reader), f"{path}/{made['id']}/approve", None)
        return Call({**call.ids, "entry_id": str(made["id"])}, body and dict(body))

    return recipe


async def _day(scene: Scene) -> Call:
    body = {"kind": "inquest", "falls_on": soon(days=30)[:10]}
    return Call({"case_id": await _confirmed(scene)}, body)


ROWS: dict[str, Row] = {
    "list_bereavement_cases": Row(IN_SCHOOL, plain(), foreign=None),
    "report_death": Row(DECIDE, _propose),
    "open_bereavement_case": Row(DECIDE, _read, narrower=True, hides=True),
    "confirm_bereavement_case": Row(DECIDE, _step(confirm_body(), confirmed=False)),
    "withdraw_bereavement_case": Row(DECIDE, _step({"reason": SENTINEL}, confirmed=False)),
    "close_bereavement_case": Row(DECIDE, _closing),
    "undo_bereavement_case": Row(DECIDE, _step({"reason": SENTINEL})),
    "record_bereavement_cause_wording": Row(DECIDE, _step({"wording": "died suddenly"})),
    "add_bereavement_member": Row(DECIDE, _member),
    "leave_bereavement_team": Row(DECIDE, _leave, narrower=True, hides=True),
    "set_bereavement_duty": Row(DECIDE, _duty),
    "resume_paused_link": Row(DECIDE, _resume),
    "list_affected": Row(DECIDE, _with(_affected, "affected"), narrower=True, hides=True),
    "add_affected": Row(DECIDE, _affected),
    "update_affected": Row(DECIDE, _part(_affected, "affected", "person_id", {"note": SENTINEL})),
    "end_affected": Row(DECIDE, _part(_affected, "affected", "person_id", {"reason": SENTINEL})),
    "list_bereavement_entries": Row(
        DECIDE, _with(_entry, "entries"), narrower=True, hides=True
    ),
    "record_bereavement_entry": Row(DECIDE, _entry, narrower=True, hides=True),
    "draft_communication": Row(DECIDE, _words, narrower=True, hides=True),
    "approve_communication": Row(DECIDE, _of_words(), narrower=True, hides=True),
    "record_communication_sent": Row(
        DECIDE, _of_words({"route": SENTINEL, "happens_at": soon(minutes=-1)}, read=True),
        narrower=True, hides=True,
    ),
    "list_bereavement_dates": Row(DECIDE, _read, narrower=True, hides=True),
    "add_bereavement_date": Row(DECIDE, _day),
    "update_bereavement_date": Row(DECIDE, _part(_day, "dates", "date_id", {"yearly": True})),
    "end_bereavement_date": Row(DECIDE, _part(_day, "dates", "date_id", None)),
}  # fmt: skip
