"""Whom an alert may be about by the name it gives: whoever has an interest in them is kept out."""

from collections.abc import Mapping
from uuid import UUID

from app.db.models import MonitoringAlert
from app.db.repositories.exchange import monitoring as stored
from app.db.repositories.exchange import monitoring_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.monitoring.ringing import leave_no_conflict
from app.domain.record.children.names import name_tokens


async def keep_named(work: UnitOfWork, alert: MonitoringAlert, subject: Mapping[str, str]) -> bool:
    """Keep the children whose names are like the given one as candidates; whether any is new.

    An alert about a child who was decided on is about nobody else.
    """
    tokens = name_tokens(subject.get("name"))
    if alert.child_id is not None or not tokens:
        return False
    named = await stored.named_like(await work.driver(), alert.school_id, sorted(tokens))
    return add_candidates(alert, *named)


async def keep_all(work: UnitOfWork, alert: MonitoringAlert, *others: UUID | None) -> None:
    """Let everybody an alert may be about by what was sent of it be a candidate, and `others`."""
    hits = [UUID(hit["child_id"]) for hit in alert.hits]
    add_candidates(alert, *hits, *others)
    for row in await monitoring_reads.names_sent(await work.driver(), alert.school_id, alert.id):
        await keep_named(work, alert, {"name": row["name"]})


def add_candidates(alert: MonitoringAlert, *children: UUID | None) -> bool:
    """Let children be candidates, too; whether any is new."""
    known = alert.candidates or []
    wanted = list(dict.fromkeys([*known, *(child for child in children if child is not None)]))
    if len(wanted) == len(known):
        return False
    alert.candidates = wanted
    return True


async def share_candidates(work: UnitOfWork, part: MonitoringAlert, head: MonitoringAlert) -> None:
    """Whom a part of a burst may be about, the burst may be about while nobody decided."""
    if head.child_id is not None:
        return
    more = add_candidates(head, part.child_id, *part.candidates)
    if more and head.state == "open":
        await leave_no_conflict(work, head)
