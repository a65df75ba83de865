"""Puts an alert into one person's inbox: recorded, mailed by a job, without content."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.models import Alert
from app.db.trails import Register
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.alerts.rules import ADULT_KINDS
from app.domain.errors import SecondPersonNeeded

URGENT, USUAL = 100, 50

WATCHERS: tuple[Role, ...] = (
    Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
)  # fmt: skip


def register_of(kind: str) -> Register:
    """In which trail it is kept what becomes of an alert."""
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
    counts: Mapping[str, int] | None = None,
    mail: bool = True,
) -> Alert:
    """Alert somebody; `mail` False leaves it in the tray alone.

    `about` is the noun (of `open_things.OPEN`) and id of what to look at: shown to who may open
    it. Alerts of the adult register name nothing, so that their rows tell nothing.
    """
    alert = Alert(
        school_id=work.actor.school_id,
        id=new_id(),
        recipient_id=recipient_id,
        kind=kind,
        urgent=urgent,
        concern_id=concern_id,
        action_id=action_id,
        noun=about[0] if about else None,
        thing_id=about[1] if about else None,
        counts=dict(counts) if counts is not None else None,
        created_at=work.now,
        version=1,
    )
    work.session.add(alert)
    work.record(
        AuditEvent.ALERT_RAISED, "alert", alert.id, details={"recipient_id": str(recipient_id)},
        register=register_of(kind),
    )  # fmt: skip
    if mail:
        send(work, alert)
    return alert


async def tell_once(
    work: UnitOfWork,
    people: Collection[UUID],
    kind: str,
    *,
    urgent: bool = False,
    about: tuple[str, UUID] | None = None,
) -> None:
    """Alert those who have no such alert about the same thing that they have not read.

    For what others can do as often as they like: a tray is not filled by it, and none is unheard.
    """
    told = await _with_unread(work, people, kind, about or (None, None), urgent=urgent)
    for person in people:
        if person not in told:
            tell(work, person, kind, urgent=urgent, about=about)


async def tell_each(
    work: UnitOfWork, people: Collection[UUID], kind: str, *, about: tuple[str, UUID]
) -> None:
    """Alert people of every such thing, and mail them of the first that they have not read.

    For what comes in numbers on one day: each is in the tray, and no mail is one of hundreds.
    """
    waiting = await _with_unread(work, people, kind)
    for person in people:
        tell(work, person, kind, about=about, mail=person not in waiting)


async def _with_unread(
    work: UnitOfWork,
    people: Collection[UUID],
    kind: str,
    about: tuple[str | None, UUID | None] | None = None,
    *,
    urgent: bool = False,
) -> set[UUID]:
    """Who has an alert of a kind that they have not read, about one thing where it is named."""
    waiting = select(Alert.recipient_id).where(
        Alert.school_id == work.actor.school_id,
        Alert.recipient_id.in_(people),
        Alert.kind == kind,
        Alert.acknowledged_at.is_(None),
    )
    if about is not None:
        waiting = waiting.where(
            Alert.noun.is_not_distinct_from(about[0]),
            Alert.thing_id.is_not_distinct_from(about[1]),
        )
    if urgent:
        waiting = waiting.where(Alert.urgent.is_(True))
    return set(await work.session.scalars(waiting))


def send(work: UnitOfWork, alert: Alert) -> None:
    """Have an alert mailed, once more where it was before."""
    alert.sent_at = None
    work.enqueue(
        Job(
            "alert.send_one", {"alert_id": str(alert.id)}, queue="alerts",
            priority=URGENT if alert.urgent else USUAL,
        )
    )  # fmt: skip


def require_watcher(actor: Actor) -> None:
    """Raise `SecondPersonNeeded` for somebody who reads no concerns: no administrator alone

    decides where people who need help are sent.
    """
    if not policy.may(actor, Permission.CONCERN_READ):
        raise SecondPersonNeeded("A lead, deputy or head has to take this away or change it.")


async def tell_watchers_once(
    work: UnitOfWork, kind: str, *, but: Collection[UUID] = (), urgent: bool = False
) -> None:
    """Alert every lead, head and chair but for some, each once until they have read it."""
    left_out = {*but, work.actor.id}
    people = [person for person in await watchers(work) if person not in left_out]
    await tell_once(work, people, kind, urgent=urgent)


async def is_watcher(work: UnitOfWork, staff_id: UUID) -> bool:
    """Whether somebody is one of them today."""
    return staff_id in await watchers(work)


async def tell_of_absence(work: UnitOfWork, staff_id: UUID) -> None:
    """Where others say that somebody who watches over safeguarding is away or back, all hear it."""
    people = await watchers(work)
    if staff_id != work.actor.id and staff_id in people:
        others = [person for person in people if person != work.actor.id]
        await tell_once(work, others, "cover_set")


async def watchers(work: UnitOfWork) -> list[UUID]:
    found = await work.provisioning.holders([role.value for role in WATCHERS], work.today)
    return list(dict.fromkeys(person for person, _ in found))
