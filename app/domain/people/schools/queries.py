"""Reads of schools."""

from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import schools
from app.db.session import Driver
from app.domain import policy
from app.domain.errors import SchoolNotFound, require_row


async def list_schools(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """The actor's school, or the schools of their trust, by name."""
    rows = await schools.schools_of(reading.driver, reading.actor.school_id, asked)
    return page_of(rows, asked, key="created_at", shape=dict)


async def read_school(driver: Driver, actor: Actor, school_id: UUID) -> dict[str, Any]:
    """Get one school, with what this reader may do next. Raises `SchoolNotFound`."""
    row = require_row(await schools.school_of(driver, actor.school_id, school_id), SchoolNotFound)
    own = school_id == actor.school_id
    changeable = own and policy.may(actor, Permission.SCHOOL_CHANGE)
    return {**dict(row), "permissions": ["update_school"] if changeable else []}
