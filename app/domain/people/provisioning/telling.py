"""Tells the leads of a school what an identity provider did, in counts and without content."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.core.words import Role
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts import telling as alerts

LEADS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)


async def leads_of(work: UnitOfWork, *, but: UUID) -> list[UUID]:
    """The present leads and heads but for one person; where there are none, administrators."""
    for roles in (LEADS, (Role.SCHOOL_ADMIN,)):
        found = await work.provisioning.holders([role.value for role in roles], work.today)
        people = [person for person, _ in found if person != but]
        if people:
            return list(dict.fromkeys(people))
    return []


def tell(
    work: UnitOfWork,
    kind: str,
    people: Collection[UUID],
    counts: Mapping[str, int] | None = None,
    about: tuple[str, UUID] | None = None,
) -> None:
    """Put an alert into each tray; `counts` say how much waits, never what."""
    for person in people:
        alerts.tell(work, person, kind, about=about, counts=counts)
