"""Whom an alert is about by the identifiers it gives: at first, and in each later version."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import MonitoringAlert
from app.db.repositories.exchange import monitoring as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.monitoring import rules
from app.domain.exchange.monitoring.ringing import KIND


async def match_of(
    work: UnitOfWork, identifiers: Sequence[str], subject: Mapping[str, str]
) -> rules.Match:
    """The child a subject names, by the parts the school trusts."""
    wanted = rules.wanted_of(subject, identifiers)
    rows = await stored.hits_of(
        await work.driver(), work.actor.school_id,
        [(one.part, one.system, one.value) for one in wanted], work.today,
    )  # fmt: skip
    return rules.decide(
        [
            rules.Hit(row["part"], row["system"], row["child_id"], row["live"], row["on_roll"])
            for row in rows
        ]
    )


def columns_of(match: rules.Match) -> dict[str, Any]:
    """Columns of a match: codes and ids only."""
    return {
        "child_id": match.child_id,
        "confidence": match.confidence,
        "hits": [
            {
                "identifier": hit.part, "system": hit.system, "child_id": str(hit.child_id),
                "live": hit.live, "on_roll": hit.on_roll,
            }
            for hit in match.hits
        ],
        "candidates": match.candidates,
    }  # fmt: skip


async def rematch(
    work: UnitOfWork, alert: MonitoringAlert, identifiers: Sequence[str], subject: Mapping[str, str]
) -> bool:
    """Hold an alert against its further version; whether it is about others than before.

    Where versions name two children, or one and then nobody, a person decides anew.
    """
    match = await match_of(work, identifiers, subject)
    hit = [UUID(one["child_id"]) for one in alert.hits]
    named = [match.child_id] if match.child_id is not None else match.candidates
    if alert.matched_by is not None and set(named) <= {*hit, alert.child_id}:
        return False
    before = [alert.child_id] if alert.child_id is not None else hit
    everyone = list(dict.fromkeys([*before, *named]))
    one = everyone == [match.child_id] and alert.matched_by is None
    child = match.child_id if one else None
    if child == alert.child_id and (one or set(everyone) <= set(alert.candidates)):
        return False
    _set(alert, match, child, everyone)
    work.record(
        AuditEvent.MONITORING_MATCHED, KIND, alert.id, child_id=child or everyone[0],
        before={"child_id": before[0] if before else None}, after={"child_id": child},
        details={"confidence": alert.confidence, "by": "source"},
    )  # fmt: skip
    return True


def _set(
    alert: MonitoringAlert, match: rules.Match, child: UUID | None, everyone: Sequence[UUID]
) -> None:
    said = columns_of(match)
    alert.hits = [*alert.hits, *(hit for hit in said["hits"] if hit not in alert.hits)]
    alert.child_id, alert.matched_by = child, None
    alert.candidates = [] if child else list(dict.fromkeys([*alert.candidates, *everyone]))
    weak = "weak" if len(everyone) == 1 else "none"
    alert.confidence = match.confidence if child else weak
