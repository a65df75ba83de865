"""Rows of the matrix: calendars, the book of rules, and the clocks of a record."""

from typing import Any

from app.core.ids import new_id
from tests.security.rows import EVERYBODY, IN_SCHOOL, LEADS, SIGNERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Scene

CHANGERS = SIGNERS | {R.SCHOOL_ADMIN}
TERM = {"name": "Autumn", "starts_on": "2026-09-02", "ends_on": "2026-12-18"}


async def _school(scene: Scene) -> Call:
    return Call({"school_id": str(scene.school.id)})


async def _days(scene: Scene) -> Call:
    span = {"since": "2026-11-25", "until": "2026-11-26"}
    return Call({"school_id": str(scene.school.id)}, query=span)


def _number(scene: Scene) -> int:
    """The number of the school's calendar."""
    rows = scene.world.sql(
        "select coalesce(max(number), 0) from school_calendar where school_id = %s",
        scene.school.id,
    )
    number: int = rows[0][0]
    return number


async def _change(scene: Scene) -> Call:
    name = f"{SENTINEL} {new_id().hex[-9:]}"
    body: dict[str, Any] = {"terms": [{**TERM, "name": name}]}
    return Call({"school_id": str(scene.school.id)}, body, version=_number(scene))


async def _changed(scene: Scene) -> Call:
    """A calendar that the lead has changed."""
    call = await _change(scene)
    path = f"/v1/schools/{scene.school.id}/calendar"
    answer = await scene.lead.patch(path, call.json, version=call.version)
    assert answer.status_code == 200, answer.text
    return Call(call.ids)


async def _clocks(scene: Scene) -> Call:
    return Call(query={"about_kind": "concern", "about_id": await scene.concern()})


ROWS = {
    "list_clock_rules": Row(EVERYBODY, plain(), foreign=None),
    "get_calendar": Row(EVERYBODY, _school),
    "update_calendar": Row(CHANGERS, _change),
    "list_calendar_days": Row(EVERYBODY, _days),
    "list_calendar_versions": Row(EVERYBODY, _changed),
    "get_lead_availability": Row(IN_SCHOOL, plain(), foreign=None),
    "list_deadlines": Row(LEADS | {R.HEADTEACHER, R.PASTORAL}, _clocks, narrower=True),
}
