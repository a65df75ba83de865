"""The calendar of a school: terms, days, hours, and what was changed, when and who by."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.calendars import (
    CalendarOut,
    CalendarPatch,
    CalendarVersionOut,
    DayOut,
    DaysIn,
    VersionListIn,
    content_of,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.duty.calendars import commands, queries
from app.domain.errors import SchoolNotFound, SecondPersonNeeded

ops = Operations("calendars")
router = ops.router
FOUND = (SchoolNotFound,)
CHANGING = (*FOUND, SecondPersonNeeded)
ONE = "/v1/schools/{school_id}/calendar"


@ops.query(ONE, out=CalendarOut, needs=Permission.SCHOOL_READ, errors=FOUND, etag=True)
async def get_calendar(school_id: UUID, reading: Reading, request: Request) -> Response:
    """Get the school calendar.

    Shows your school's current calendar: terms, closures and lead hours.
    """
    school_calendar = await queries.read_school_calendar(reading.driver, reading.actor, school_id)
    return replies.record(school_calendar, version=school_calendar["version"], request=request)


@ops.command("PATCH", ONE, out=CalendarOut, needs=Permission.CALENDAR_CHANGE, errors=CHANGING)
async def update_calendar(
    school_id: UUID, body: CalendarPatch, work: Work, if_match: IfMatch
) -> Response:
    """Update the school calendar.

    Saves a new version of your school's calendar. Cairn recalculates the due times that depend on
    it, and alerts leads and the headteacher.

    Only a lead, deputy or headteacher may change lead hours or phone numbers, or make one of the
    school's own categories less strict.
    """
    await commands.update_calendar(work, school_id, if_match, content_of(body))
    school_calendar = await queries.read_school_calendar(await work.driver(), work.actor, school_id)
    return replies.record(school_calendar, version=school_calendar["version"])


@ops.query(f"{ONE}/days", out=PageOut[DayOut], needs=Permission.SCHOOL_READ, errors=FOUND)
async def list_calendar_days(
    school_id: UUID, reading: Reading, query: Annotated[DaysIn, Query()]
) -> Response:
    """List the days of a school calendar.

    Shows what each day is in your school: school day, INSET day, closed, holiday, bank holiday or
    weekend.
    """
    return replies.listing(await queries.list_days(reading, school_id, query.since, query.until))


@ops.query(
    f"{ONE}/versions", out=PageOut[CalendarVersionOut], needs=Permission.SCHOOL_READ, errors=FOUND
)
async def list_calendar_versions(
    school_id: UUID, request: Request, reading: Reading, query: Annotated[VersionListIn, Query()]
) -> Response:
    """List the versions of a school calendar.

    Lists every version of your school's calendar, newest first.
    """
    versions = await queries.list_versions(reading, school_id, page_asked(query))
    return replies.page(request, versions)
