"""Reads of cover: who is away, who stands in, and the first day without a lead."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import cover
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.duty.cover import rules
from app.domain.duty.cover.errors import CoverNotFound
from app.domain.errors import require_row
from app.domain.policy import LEADS


async def list_cover(reading: Reading, asked: PageOf, *, state: str) -> Page[dict[str, Any]]:
    """Cover in a state, newest first."""
    day = reading.today
    rows = await cover.covers_of(reading.driver, reading.actor.school_id, day, asked, state=state)
    return page_of(
        rows, asked, key="created_at", shape=lambda row: _to_response(reading.actor, row)
    )


async def read_cover(driver: Driver, actor: Actor, day: date, cover_id: UUID) -> dict[str, Any]:
    """Get one cover. Raises `CoverNotFound`."""
    row = require_row(await cover.cover_of(driver, actor.school_id, day, cover_id), CoverNotFound)
    return _to_response(actor, row)


def _to_response(actor: Actor, row: Any) -> dict[str, Any]:
    cover = {
        **dict(row),
        "away": json.loads(row["away"]),
        "covered_by": [
            {
                "id": item["id"],
                "name": item["name"],
                "role_given": item["membership_id"] is not None,
            }
            for item in json.loads(row["covered_by"])
        ],
    }
    may_set = policy.may(actor, Permission.COVER_SET)
    if not may_set or cover["uncovered_reason"] is None:
        del cover["uncovered_reason"]
    steps = ["end_cover"] if may_set and row["ended_at"] is None else []
    return {**cover, "permissions": steps}


async def list_on_duty(reading: Reading) -> list[dict[str, Any]]:
    """List who is on duty for new concerns today, leads first, and who they stand in for."""
    driver, school_id, day = reading.driver, reading.actor.school_id, reading.today
    end = day + timedelta(days=1)
    team = await cover.team_of(driver, school_id, day, end, LEADS)
    absences = await cover.absences_of(driver, school_id, day, end)
    on_duty = rules.on_duty(
        [rules.Spell(row["staff_id"], row["valid_from"], row["valid_to"]) for row in team],
        [
            rules.Away(row["away_id"], row["valid_from"], row["valid_to"], (*row["covered_by"],))
            for row in absences
        ],
        day,
    )
    away = [person for person in on_duty.values() if person]
    names = await cover.names_of(driver, school_id, [*on_duty, *away])
    return [
        {"id": person, "name": names[person]}
        | ({"stands_in_for": {"id": other, "name": names[other]}} if other else {})
        for person, other in on_duty.items()
    ]


async def first_gap(work: UnitOfWork, first: date, end: date) -> date | None:
    """Find the first day from `first` to before `end` with nobody on duty, or None."""
    driver, school_id = await work.driver(), work.actor.school_id
    team = await cover.team_of(driver, school_id, first, end, LEADS)
    absences = await cover.absences_of(driver, school_id, first, end)
    return rules.first_day_uncovered(
        [rules.Spell(row["staff_id"], row["valid_from"], row["valid_to"]) for row in team],
        [
            rules.Away(row["away_id"], row["valid_from"], row["valid_to"], (*row["covered_by"],))
            for row in absences
        ],
        first,
        end,
    )
