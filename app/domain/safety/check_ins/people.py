"""Who can have a check-in on a day: here, not away, and with no interest in the child."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import Role
from app.db.repositories.safety import check_ins as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.owners.rules import OwnedResource, Person, next_owner, why_not
from app.domain.duty.owners.settling import people_here
from app.domain.safety.check_ins import rules
from app.formats.calendars import SchoolCalendar

LEADS = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


@dataclass(frozen=True, slots=True)
class Here:
    """The people of a school, and who of them is away on which days."""

    calendar: SchoolCalendar
    people: Mapping[UUID, Person]
    leads: Sequence[Person]
    absences: Sequence[tuple[UUID, date, date]]
    about: frozenset[UUID] = frozenset()
    """The concern behind what is to be done: whom it names has none of it."""

    def for_concern(self, concern_id: UUID | None) -> "Here":
        """The same people for what was set for a concern."""
        return replace(self, about=frozenset({concern_id} if concern_id else ()))

    def day_of(self, moment: datetime) -> date:
        """The school's day of a moment."""
        return self.calendar.local(moment).date()

    def suits(self, person: UUID, child_id: UUID) -> bool:
        """Whether somebody is on the staff and may have a check-in with this child."""
        return why_not(self.people.get(person), self._thing(child_id)) is None

    def is_there(self, person: UUID, child_id: UUID, moment: datetime) -> bool:
        """Whether somebody who may have it is at school on the day of a moment."""
        away = rules.is_away(self.absences, person, self.day_of(moment))
        return self.suits(person, child_id) and not away

    def lead(self, child_id: UUID, moment: datetime, but: Collection[UUID] = ()) -> UUID | None:
        """The first lead who is there; one who is away comes only where nobody is there."""
        day = self.day_of(moment)
        away = [one.id for one in self.leads if rules.is_away(self.absences, one.id, day)]
        for out in ({*but, *away}, {*but}):
            found = next_owner(self.leads, self._thing(child_id, out))
            if found is not None:
                return found
        return None

    def _thing(self, child_id: UUID, barred: Collection[UUID] = ()) -> OwnedResource:
        about = self.about | {child_id}
        return OwnedResource(rules.NOUN, new_id(), None, ANYONE, None, about, frozenset(barred))


async def chosen_here(work: UnitOfWork, named: Iterable[UUID]) -> Here:
    """Those alone who are named, whoever is away."""
    people = await people_here(work, sorted(set(named)))
    return Here(await calendar_of(work), {one.id: one for one in people}, (), ())


async def who_is_here(
    work: UnitOfWork, named: Iterable[UUID | None], until: datetime | None = None
) -> Here:
    """Leads and those who are named, with the absences from today to a moment to come."""
    calendar = await calendar_of(work)
    wanted = sorted({one for one in named if one is not None})
    found = await people_here(work)
    if missing := [one for one in wanted if all(person.id != one for person in found)]:
        found += await people_here(work, missing)
    today = calendar.local(work.now).date()
    last = calendar.local(until or work.now).date()
    absences = await stored.away_between(
        await work.driver(), work.actor.school_id, today, last + timedelta(days=1)
    )
    return Here(
        calendar,
        {one.id: one for one in found},
        [one for one in found if not LEADS.isdisjoint(one.roles)],
        absences,
    )
