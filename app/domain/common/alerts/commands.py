"""Puts an alert into one person's inbox: recorded, mailed by a job, without content."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Role
from app.db.trails import Register
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.rules import ADULT_KINDS, AT_ONCE

Mail = Literal["at_once", "digest", "never"]
WATCHERS: tuple[Role, ...] = (
    Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
)  # fmt: skip


def register_of(kind: str) -> Register:
    """The audit log that holds the history of an alert."""
    return "adults" if kind in ADULT_KINDS else "children"


def tell(  # noqa: PLR0913 - each names one thing that an alert may carry
    work: UnitOfWork,
    recipient_id: UUID,
    kind: str,
    *,
    urgent: bool = False,
    concern_id: UUID | None = None,
    action_id: UUID | None = None,
    about: tuple[str, UUID] | None = None,
    matter_id: UUID | None = None,
    school_id: UUID | None = None,
    counts: Mapping[str, int] | None = None,
    mail: bool = True,
    soon: bool = False,
    rings: bool = True,
) -> None:
    """Alert someone, or add to an unread alert of the same kind about the same matter.

    `about` is the noun (of `open_things.OPEN`) and ID of what to look at, shown to its readers.
    Alerts of the adult register name only a `matter_id`, which is never shown. In a trust,
    `school_id` is the school meant. `mail` False: inbox only. `soon` mails at once without
    immediate danger. `rings` False does not mail again a person with an unread alert, for events
    that others can repeat at will.
    """
    matter_id = matter_id or (about[1] if about else action_id or concern_id)
    work.alerts.tell(
        {
            "id": new_id(), "recipient_id": recipient_id, "kind": kind, "urgent": urgent,
            "concern_id": concern_id, "action_id": action_id, "noun": about[0] if about else None,
            "thing_id": about[1] if about else None, "matter_id": matter_id,
            "about_id": school_id, "counts": dict(counts) if counts is not None else None,
            "mail": _mail_of(kind, soon=urgent or soon) if mail else "never", "rings": rings,
            "register": register_of(kind),
        }
    )  # fmt: skip


def _mail_of(kind: str, *, soon: bool) -> Mail:
    return "at_once" if soon or kind in AT_ONCE else "digest"


def tell_once(
    work: UnitOfWork,
    people: Collection[UUID],
    kind: str,
    *,
    urgent: bool = False,
    about: tuple[str, UUID] | None = None,
    matter_id: UUID | None = None,
) -> None:
    """Alert people, with no further mail until they have read it.

    For events that others can repeat at will: the inbox does not fill, and no event is lost.
    """
    for person in people:
        tell(
            work, person, kind, urgent=urgent, about=about, matter_id=matter_id, rings=False
        )  # fmt: skip


async def tell_watchers_once(
    work: UnitOfWork,
    kind: str,
    *,
    but: Collection[UUID] = (),
    urgent: bool = False,
    matter_id: UUID | None = None,
) -> None:
    """Alert every lead, head and chair but for some, each once until they have read it."""
    left_out = {*but, work.actor.id}
    people = [person for person in await watchers(work) if person not in left_out]
    tell_once(work, people, kind, urgent=urgent, matter_id=matter_id)


async def tell_calendar_changed(work: UnitOfWork, names: Collection[str]) -> None:
    """Alert leads and heads, except the person who acts, of what moves deadlines or alerts."""
    roles = [Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value]
    holders = await work.provisioning.holders(roles, work.today)
    for person in dict.fromkeys(person for person, _ in holders):
        if person != work.actor.id:
            tell(work, person, "calendar_changed", counts=dict.fromkeys(names, 1))


async def is_watcher(work: UnitOfWork, staff_id: UUID) -> bool:
    """Whether a person is a watcher today."""
    return staff_id in await watchers(work)


async def tell_of_absence(work: UnitOfWork, staff_id: UUID) -> None:
    """Alert all watchers when another person reports one of them away or back."""
    people = await watchers(work)
    if staff_id != work.actor.id and staff_id in people:
        others = [person for person in people if person != work.actor.id]
        tell_once(work, others, "cover_set")


async def watchers(work: UnitOfWork) -> list[UUID]:
    holders = await work.provisioning.holders([role.value for role in WATCHERS], work.today)
    return list(dict.fromkeys(person for person, _ in holders))
