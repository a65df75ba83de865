"""Acknowledge alerts, and record the delivery of their messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Alert, Deadline, Drill
from app.db.repositories.duty import alerts
from app.db.repositories.duty import ladder as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import register_of, tell
from app.domain.common.alerts.rules import Notice
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.alerts.errors import AlertNotFound
from app.domain.duty.alerts.queries import TO_APPOINT, card_of, known_of
from app.domain.duty.drills.commands import end_acknowledged
from app.domain.duty.ladder import rules
from app.domain.duty.ladder.commands import ladder_of
from app.domain.kinds import audit_log_of
from app.domain.steps import record_row

ADDRESS_REFUSED = "address_refused"
TOLD_OF_ADDRESSES = (Role.SCHOOL_ADMIN, Role.DSL, Role.DEPUTY_DSL)


async def note_sent(work: UnitOfWork, notices: Sequence[Notice]) -> None:
    """Record that the mail server accepted these notices; repeating it changes nothing.

    An alert that rang again while its message was on the way still has to be mailed.
    """
    rang = {notice.alert_id: notice.rung_again_at for notice in notices}
    for alert in await work.concerns.lock_all(Alert, list(rang)):
        again = rung_again(alert.created_at, alert.rung_at)
        if alert.sent_at is None and again == rang[alert.id]:
            alert.sent_at = work.now
            alert.version += 1
            record_row(work, AuditEvent.ALERT_SENT, alert, register=register_of(alert.kind))


def rung_again(created_at: datetime, rung_at: datetime | None) -> datetime | None:
    """When an alert last rang again, or None if it rang once."""
    return rung_at if rung_at is not None and rung_at > created_at else None


async def note_refused(
    work: UnitOfWork, alert_id: UUID, code: int | None, *, reached: bool = False
) -> None:
    """Record that an address was refused permanently; `code` is the mail server's answer.

    `reached`: another address of the person accepted the message, so the alert is not given up.

    Administrators and leads get an inbox alert, once a day each, that an address takes no mail.
    """
    alert = await work.concerns.find(Alert, alert_id)
    if alert is None:
        return
    if not reached:
        work.record(
            AuditEvent.ALERT_REFUSED, "alert", alert_id, details={"code": code},
            register=register_of(alert.kind),
        )  # fmt: skip
    roles = [role.value for role in TOLD_OF_ADDRESSES]
    for person in await alerts.list_unnotified(
        await work.driver(), work.actor.school_id, roles, ADDRESS_REFUSED, work.now
    ):
        tell(work, person, ADDRESS_REFUSED, matter_id=alert.recipient_id, mail=False)


async def acknowledge_alert(work: UnitOfWork, alert_id: UUID) -> tuple[dict[str, Any], int]:
    """Acknowledge the reader's own alert and what rings with it; repeating it changes nothing.

    Returns the alert and its version. Raises `PermissionMissing`, `AlertNotFound` (also for another
    person's alert, and for a matter they may no longer see). An administrator alerted because
    nobody else could be only marks the alert: they cannot act, so it keeps ringing.
    """
    done = await _acknowledge(work, [alert_id], None)
    if alert_id not in done:
        raise AlertNotFound
    (alert,) = await _own(work, [alert_id])
    known = await known_of(await work.driver(), work.actor, [alert], work.now)
    return card_of(alert, known.openable), done[alert_id].version


async def acknowledge_alerts(
    work: UnitOfWork, alert_ids: Sequence[UUID], reason: str | None = None
) -> list[dict[str, Any]]:
    """Acknowledge several of the reader's own alerts with a reason, each judged separately.

    Returns the result of each; a hidden one does not stop the others. Raises `PermissionMissing`.
    """
    done = await _acknowledge(work, alert_ids, reason)
    return [
        {
            "id": id_,
            "acknowledged_at": done[id_].acknowledged_at if id_ in done else None,
            "error": None if id_ in done else AlertNotFound.code,
        }
        for id_ in dict.fromkeys(alert_ids)
    ]


async def _own(work: UnitOfWork, alert_ids: Sequence[UUID]) -> Sequence[Any]:
    driver, actor = await work.driver(), work.actor
    return await alerts.own_alerts(driver, actor.school_id, actor.id, alert_ids)


async def _acknowledge(
    work: UnitOfWork, alert_ids: Sequence[UUID], reason: str | None
) -> dict[UUID, Alert]:
    """Acknowledge the alerts that are the reader's own and visible; returns them by ID.

    Locks clocks before alerts, as the ladder does.
    """
    policy.require(work.actor, Permission.ALERT_READ)
    rows = await _own(work, alert_ids)
    hidden = (await known_of(await work.driver(), work.actor, rows, work.now)).hidden
    seen = sorted(
        (row for row in rows if row["id"] not in hidden),
        key=lambda row: (row["deadline_id"] or NIL, row["id"]),
    )
    clocks = {row["id"]: await _lock(work, row) for row in seen}
    locked = {alert.id: alert for alert in await work.concerns.lock_all(Alert, list(clocks))}
    for row in seen:
        alert, deadline = locked[row["id"]], clocks[row["id"]]
        waited = alert.acknowledged_at is None
        if waited:
            _mark(work, alert, reason)
        if deadline is not None and row["kind"] not in TO_APPOINT:
            await _stop(work, deadline, row["round"], work.actor.id)
        elif row["about_id"] is not None and row["deadline_id"] is not None and waited:
            _carry_over(work, row)
    await work.save()
    return locked


def _mark(work: UnitOfWork, alert: Alert, reason: str | None = None) -> None:
    alert.acknowledged_at = work.now
    alert.version += 1
    record_row(
        work, AuditEvent.ALERT_ACKNOWLEDGED, alert, reason=reason, register=register_of(alert.kind)
    )


async def _lock(work: UnitOfWork, row: Any) -> Deadline | None:
    """Lock the clock that rings before the alert, as the ladder does; a drill before both."""
    if row["deadline_id"] is None or row["about_id"] is not None:
        return None
    if row["noun"] == rules.DRILL:
        await work.staff.lock(Drill, row["thing_id"])
    return await work.concerns.lock(Deadline, row["deadline_id"])


def _carry_over(work: UnitOfWork, row: Any) -> None:
    """The clock is the school's: a job in its scope stops it."""
    args = {
        "school_id": str(row["about_id"]), "deadline_id": str(row["deadline_id"]),
        "round": str(row["round"]), "staff_id": str(work.actor.id),
    }  # fmt: skip
    work.enqueue(Job("ladder.acknowledge", args, queue="alerts", priority=100))


async def note_acknowledged_in_trust(
    work: UnitOfWork, deadline_id: UUID, round_: int, staff_id: UUID
) -> None:
    """A lead of the trust has acknowledged: the school's clock rings later. Idempotent."""
    running = await stored.running(await work.driver(), work.actor.school_id, deadline_id)
    if running is None:
        return
    if running["noun"] == rules.DRILL:
        await work.staff.lock(Drill, running["thing_id"])
    deadline = await work.concerns.lock(Deadline, running["id"])
    if deadline is not None:
        await _stop(work, deadline, round_, staff_id, in_trust=True)


async def _stop(
    work: UnitOfWork, deadline: Deadline, round_: int, by: UUID, *, in_trust: bool = False
) -> None:
    """Stop the round's climb at the first acknowledgement; a drill then ends.

    Once somebody else owns it, the round is over: nothing rings until the next one does.
    """
    ended, promised = deadline.ended_at is not None, deadline.acknowledged_at is not None
    over = ended or promised or deadline.rung == 0
    if over or deadline.round != round_:
        return
    ladder = ladder_of(deadline.ladder)
    deadline.acknowledged_at, deadline.acknowledged_by = work.now, by
    deadline.next_at = rules.rings_after(ladder, await calendar_of(work), work.now, ladder.again)
    record_row(
        work, AuditEvent.DEADLINE_ACKNOWLEDGED, deadline,
        details={
            "noun": deadline.noun, "round": deadline.round, "rung": deadline.rung,
            "by": str(by), "in_trust": in_trust,
        },
        register=audit_log_of(deadline.noun),
    )  # fmt: skip
    if deadline.noun == rules.DRILL:
        await end_acknowledged(work, deadline.thing_id, in_trust=in_trust)
