"""Reads of meetings: lists without narrative, and the answer for one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Permission
from app.db.cards import CHILD, Card, filters, page_of_cards, picked, project
from app.db.models import Meeting
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.record import meetings as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.record.meetings.kind import MEETING
from app.domain.record.meetings.schemas import (
    MeetingActionOut,
    MeetingCard,
    MeetingListIn,
    MeetingOut,
    MinuteOut,
)
from app.domain.steps import Target, after_change, lets_work_on, offered

CARD = Card(
    Meeting, MeetingCard,
    besides={
        "child": CHILD,
        "concern": (
            "case when c.id is not null "
            "then json_build_object('id', c.id, 'reference', c.reference) end"
        ),
        "confidentiality": "coalesce(c.confidentiality, t.confidentiality)",
    },
    joins=(
        "left join concern c on c.school_id = $1 and c.id = t.concern_id "
        "join child k on k.school_id = $1 and k.id = t.child_id"
    ),
)  # fmt: skip


async def list_meetings(reading: Reading, asked: MeetingListIn, paging: PageOf) -> Page[str]:
    """Meetings that the actor may read: planned ones soonest first, others newest first."""
    MEETING.require(reading.actor)
    where = Conditions(reading.actor.school_id)
    where.add("t.state = {}", asked.state)
    filters(asked, where)
    MEETING.keep(reading.actor, where)
    rows = await page_of_cards(
        reading.driver, CARD, where, paging, sort="t.starts_at", newest=asked.state != "planned"
    )
    return cut_cards(rows, paging)


async def response_after_change(work: UnitOfWork, meeting: Meeting) -> dict[str, Any]:
    """Build the answer for a meeting after a change."""
    return await to_response(work, await after_change(work, MEETING, meeting))


async def to_response(work: UnitOfWork, target: Target[Meeting]) -> dict[str, Any]:
    """Build the answer for a meeting, with all its minutes."""
    meeting, driver = target.row, await work.driver()
    names = await stored.beside(driver, meeting.school_id, meeting.id)
    minutes = await stored.minutes_of(driver, meeting.school_id, meeting.id)
    written = [(row, orjson.loads(row["people"])) for row in minutes]
    listed = [meeting.invited, *(people for _, people in written)]
    staff = await stored.names_of(driver, meeting.school_id, _staff_of(listed))
    return project(
        MeetingOut, meeting,
        child={"id": meeting.child_id, "name": names["child_name"]},
        concern=meeting.concern_id and {"id": meeting.concern_id, "reference": names["reference"]},
        confidentiality=names["confidentiality"],
        owner={"id": meeting.owner_id, "name": names["owner_name"]},
        set_by={"id": meeting.set_by, "name": names["set_by_name"]},
        invited=[_person(item, staff) for item in meeting.invited],
        minutes=[_minute(row, people, staff) for row, people in written],
        actions=[
            project(
                MeetingActionOut, row, owner={"id": row["owner_id"], "name": row["owner_name"]}
            )
            for row in await stored.actions_of(driver, meeting.school_id, meeting.id)
        ],
        permissions=await _permissions(work, target),
    )  # fmt: skip


def _staff_of(listed: Iterable[Sequence[Mapping[str, Any]]]) -> list[UUID]:
    return sorted(
        {UUID(person["staff_id"]) for people in listed for person in people if person["staff_id"]}
    )


def _person(person: Mapping[str, Any], staff: Mapping[UUID, str]) -> dict[str, Any]:
    id_ = person["staff_id"] and UUID(person["staff_id"])
    return {
        **picked(person, *(name for name in person if name != "staff_id")),
        "staff": id_ and {"id": id_, "name": staff[id_]},
    }


def _minute(
    row: Mapping[str, Any], people: Sequence[Mapping[str, Any]], staff: Mapping[UUID, str]
) -> dict[str, Any]:
    return project(
        MinuteOut, row, people=[_person(person, staff) for person in people],
        papers=orjson.loads(row["papers"]), dissent=orjson.loads(row["dissent"]),
        by={"id": row["by_id"], "name": row["by_name"]},
    )  # fmt: skip


async def _permissions(work: UnitOfWork, target: Target[Meeting]) -> list[str]:
    """The declared steps, and the correction of minutes."""
    if target.row.state != "held":
        return await offered(work, target)
    may = policy.may(work.actor, Permission.MEETING_SET) and await lets_work_on(work, target)
    return ["correct_meeting"] if may else []
