"""Reads of check-ins, access to one, and possible owners on a day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.cards import picked
from app.db.models import CheckIn
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.safety import check_ins as stored
from app.db.repositories.safety.check_ins import CheckInFilter
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, Person, next_owner, why_not
from app.domain.etags import check_version, etag
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.errors import CheckInEnded
from app.domain.safety.check_ins.kind import CHECK_IN
from app.domain.steps import find_target, known_among, record_row
from app.formats.calendars import SchoolCalendar

LEADS = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


async def check_in_for(work: UnitOfWork, check_in_id: UUID, *, lock: bool = False) -> CheckIn:
    """The check-in, for its readers. Raises `PermissionMissing`, `CheckInNotFound`."""
    return (await find_target(work, CHECK_IN, check_in_id, lock=lock)).row


async def check_in_to_change(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """The open check-in, locked, at the version the client last saw.

    Raises as `check_in_for`, `VersionStale`, `CheckInEnded`.
    """
    check = await check_in_for(work, check_in_id, lock=True)
    check_version(check, version)
    if check.ended_at is not None:
        raise CheckInEnded
    return check


async def check_in_to_do(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """As `check_in_to_change`, for its owner, its cover, and leads.

    Raises as `check_in_to_change`, `PermissionMissing`.
    """
    check = await check_in_to_change(work, check_in_id, version)
    if not is_mine(work.actor, check):
        policy.require(work.actor, Permission.SAFETY_WRITE)
    return check


def is_mine(actor: Actor, check_in: CheckIn) -> bool:
    """Whether the actor has it, stands in, or was asked to."""
    return actor.id in (check_in.owner_id, check_in.cover_id, check_in.asked_id)


@dataclass(frozen=True, slots=True)
class Here:
    """The people of a school, and who of them is away on which days."""

    calendar: SchoolCalendar
    people: Mapping[UUID, Person]
    leads: Sequence[Person]
    absences: Sequence[tuple[UUID, date, date]]
    about: frozenset[UUID] = frozenset()
    """The concern behind the work: people it names get none of it."""

    def for_concern(self, concern_id: UUID | None) -> "Here":
        """The same people, for work set for a concern."""
        return replace(self, about=frozenset({concern_id} if concern_id else ()))

    def day_of(self, moment: datetime) -> date:
        """The school's day of a moment."""
        return self.calendar.local(moment).date()

    def suits(self, person: UUID, child_id: UUID) -> bool:
        """Whether someone is on the staff and may have a check-in with this child."""
        return why_not(self.people.get(person), self._thing(child_id)) is None

    def is_there(self, person: UUID, child_id: UUID, moment: datetime) -> bool:
        """Whether someone who may have it is at school on the day of a moment."""
        away = rules.is_away(self.absences, person, self.day_of(moment))
        return self.suits(person, child_id) and not away

    def lead(self, child_id: UUID, moment: datetime, but: Collection[UUID] = ()) -> UUID | None:
        """Choose the first lead who is here; one who is away only if nobody is here."""
        day = self.day_of(moment)
        away = [item.id for item in self.leads if rules.is_away(self.absences, item.id, day)]
        for out in ({*but, *away}, {*but}):
            result = next_owner(self.leads, self._thing(child_id, out))
            if result is not None:
                return result
        return None

    def _thing(self, child_id: UUID, locked_out: Collection[UUID] = ()) -> OwnedResource:
        about = self.about | {child_id}
        return OwnedResource(rules.NOUN, new_id(), None, ANYONE, None, about, frozenset(locked_out))


async def chosen_here(work: UnitOfWork, named: Iterable[UUID]) -> Here:
    """Only the named people, even if someone is away."""
    people = await people_here(work, sorted(set(named)))
    return Here(await calendar_of(work), {person.id: person for person in people}, (), ())


async def who_is_here(
    work: UnitOfWork, named: Iterable[UUID | None], until: datetime | None = None
) -> Here:
    """Leads and named people, with absences from today to a future moment."""
    calendar = await calendar_of(work)
    wanted = sorted({item for item in named if item is not None})
    result = await people_here(work)
    if missing := [item for item in wanted if all(person.id != item for person in result)]:
        result += await people_here(work, missing)
    today = calendar.local(work.now).date()
    last = calendar.local(until or work.now).date()
    absences = await stored.away_between(
        await work.driver(), work.actor.school_id, today, last + timedelta(days=1)
    )
    return Here(
        calendar,
        {item.id: item for item in result},
        [item for item in result if not LEADS.isdisjoint(item.roles)],
        absences,
    )


async def overdue_check_ins(work: UnitOfWork, child_ids: Sequence[UUID]) -> list[UUID]:
    """IDs of the children's overdue check-ins that are not hidden from the actor, oldest first."""
    ids = await stored.list_overdue(work.session, work.actor.school_id, child_ids, work.now)
    known = await known_among(work, CHECK_IN, ids)
    return [id_ for id_ in ids if id_ in known]


async def list_mine(reading: Reading, paging: PageOf) -> Page[dict[str, Any]]:
    """List the actor's check-ins: name, time and place, without a reason."""
    policy.require(reading.actor, Permission.TASK_DO)
    where = Conditions(reading.actor.school_id)
    me = where.place(reading.actor.id)
    where.keep(f"{me} in (t.owner_id, t.cover_id, t.asked_id)")
    CHECK_IN.keep(reading.actor, where, (HOLDER, True))
    rows = await stored.page_of_check_ins(reading.driver, where, CheckInFilter(), paging)
    return page_of(rows, paging, key=_key, shape=lambda row: _own(row, reading.actor.id))


def _own(row: Any, me: UUID) -> dict[str, Any]:
    return {
        "id": row["id"],
        "child": {"id": row["child_id"], "name": row["child_name"]},
        "opens_at": row["opens_at"],
        "due_at": row["due_at"],
        "place": row["place"],
        "mine": row["owner_id"] == me,
        "asked": row["asked_id"] == me,
        "etag": etag(row["version"]),
    }


async def list_check_ins(
    reading: Reading, asked: CheckInFilter, paging: PageOf
) -> Page[dict[str, Any]]:
    """List everyone's check-ins, for keepers of the support list."""
    policy.require(reading.actor, Permission.SUPPORT_LIST_READ)
    where = Conditions(reading.actor.school_id)
    CHECK_IN.keep(reading.actor, where)
    rows = await stored.page_of_check_ins(reading.driver, where, asked, paging)
    return page_of(rows, paging, key=_key, shape=to_response)


def _key(row: Any) -> Cursor:
    return Cursor(row["sort_at"], row["id"])


async def open_check_in(work: UnitOfWork, check_in_id: UUID) -> tuple[CheckIn, dict[str, Any]]:
    """Open one check-in. Raises `PermissionMissing`, `CheckInNotFound`."""
    check_in = await check_in_for(work, check_in_id)
    record_row(work, AuditEvent.CHECK_IN_OPENED, check_in)
    return check_in, await whole(work, check_in)


async def whole(work: UnitOfWork, check_in: CheckIn) -> dict[str, Any]:
    """Build the answer for a visible check-in."""
    row = await stored.check_in_of(await work.driver(), work.actor.school_id, check_in.id)
    missed = check_in.missed_at is not None or check_in.due_at <= work.now
    calendar = await calendar_of(work)
    verbs = rules.next_verbs(
        work.actor, is_open=check_in.ended_at is None,
        begun=rules.has_begun(check_in.opens_at, work.now, calendar),
        mine=is_mine(work.actor, check_in), asked=check_in.asked_id == work.actor.id, missed=missed,
    )  # fmt: skip
    return {**to_response(row), "permissions": verbs}


def to_response(row: Any) -> dict[str, Any]:
    """A row as leads see it."""
    return {
        **picked(
            row, "id", "opens_at", "due_at", "place", "missed_at", "how", "done_at", "outcome",
            "state", "ended_at",
        ),
        "child": {"id": row["child_id"], "name": row["child_name"]},
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "cover": {"id": row["cover_id"], "name": row["cover_name"]},
        "asked": row["asked_id"] and {"id": row["asked_id"], "name": row["asked_name"]},
        "answer_due_at": row["answer_by"], "etag": etag(row["version"]),
    }  # fmt: skip
