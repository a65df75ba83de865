"""Reads of monitoring alerts and access to one; both the list and each view are logged."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.models import MonitoringAlert
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.repositories.exchange import monitoring_alerts
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import reads_concern
from app.domain.duty.calendars.queries import on_around
from app.domain.errors import PermissionMissing
from app.domain.etags import check_version
from app.domain.exchange.monitoring_alerts.errors import (
    MonitoringAlertDecided,
    MonitoringAlertNotFound,
)
from app.domain.exchange.monitoring_alerts.kind import MONITORING_ALERT, may_review
from app.domain.exchange.monitoring_alerts.rules import NOUN
from app.domain.record.children.rules import name_tokens
from app.domain.steps import find_target

MOST_PARTS = 100
"""Maximum parts of a burst in one answer; the list of alerts has the others."""
STEPS = (
    "match_monitoring_alert", "assign_monitoring_alert", "dismiss_monitoring_alert",
    "take_up_monitoring_alert",
)  # fmt: skip


def require_review(actor: Actor) -> None:
    """Raise `PermissionMissing` unless the actor's role looks at monitoring alerts."""
    policy.require(actor, Permission.MONITORING_READ)
    if not may_review(policy.rights_of(actor)):
        raise PermissionMissing


def locked_out(actor: Actor, children: Iterable[UUID | None]) -> bool:
    """Whether the actor has an interest in one of the children."""
    return not actor.conflicts.children.isdisjoint(child for child in children if child is not None)


async def alert_for(work: UnitOfWork, alert_id: UUID, version: int) -> MonitoringAlert:
    """Lock an open alert at the version the client last saw.

    Raises `PermissionMissing`, `MonitoringAlertNotFound` (also for people locked out),
    `VersionStale`, `MonitoringAlertDecided`.
    """
    require_review(work.actor)
    alert = (await find_target(work, MONITORING_ALERT, alert_id, lock=True)).row
    check_version(alert, version)
    if alert.state != "open":
        raise MonitoringAlertDecided
    return alert


async def list_alerts(
    work: UnitOfWork, asked: Mapping[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """List cards without narrative, newest first, without alerts the reader is locked out of.

    Raises `PermissionMissing`.
    """
    require_review(work.actor)
    driver, actor = await work.driver(), work.actor
    rows: Iterable[Any] = ()
    if asked["concern_id"] is None or await _sees_concern(work, asked["concern_id"]):
        where = Conditions(actor.school_id)
        MONITORING_ALERT.keep(actor, where)
        rows = await monitoring_alerts.page_of_alerts(driver, where, asked, paging)
    page = page_of(list(rows), paging, key="received_at", shape=summary)
    work.record(AuditEvent.MONITORING_LISTED, NOUN, None, details={"shown": len(page.items)})
    return page


async def _sees_concern(work: UnitOfWork, concern_id: UUID) -> bool:
    return reads_concern(work.actor, await work.concerns.access_to(concern_id))


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert in a list."""
    child, owner = row["child_id"], row["owner_id"]
    return {
        **{name: row[name] for name in monitoring_alerts.CARD_FIELDS},
        "own_category": row["own_category"] and orjson.loads(row["own_category"]),
        "source": {
            "id": row["source_id"], "name": row["source_name"],
            "had_ended": bool(row["source_had_ended"]),
        },
        "matched": child is not None,
        **({"child": {"id": child, "name": row["child_name"]}} if child else {}),
        "owner": {"id": owner, "name": row["owner_name"]} if owner else None,
    }  # fmt: skip


async def open_alert(work: UnitOfWork, alert_id: UUID) -> tuple[dict[str, Any], int]:
    """Open one alert with everything that was sent, and its version; logs the view.

    Raises `PermissionMissing`, `MonitoringAlertNotFound` (also for people locked out).
    """
    alert, version = await _to_response(work, alert_id)
    child = alert.get("child")
    work.record(
        AuditEvent.MONITORING_OPENED, NOUN, alert_id, child_id=child["id"] if child else None,
        details={"bodies": len(alert["bodies"])},
    )  # fmt: skip
    return alert, version


async def show_alert(work: UnitOfWork, alert: MonitoringAlert) -> dict[str, Any]:
    """Build the answer after a change with its own log entry."""
    return (await _to_response(work, alert.id))[0]


async def _to_response(work: UnitOfWork, alert_id: UUID) -> tuple[dict[str, Any], int]:
    require_review(work.actor)
    await find_target(work, MONITORING_ALERT, alert_id)
    driver, actor = await work.driver(), work.actor
    row = await monitoring_alerts.whole_alert(driver, actor.school_id, alert_id)
    if row is None:
        raise MonitoringAlertNotFound
    bodies = await monitoring_alerts.bodies_of(driver, actor.school_id, alert_id)
    parts = await monitoring_alerts.burst_of(driver, actor.school_id, alert_id, MOST_PARTS)
    alert = {
        **summary(row),
        **{name: row[name] for name in ("external_id", "detected_at", "confidentiality", "reason")},
        **orjson.loads(bodies[0]["content"]),
        "bodies": [_body(body) for body in bodies],
        "burst": [
            _part(part)
            for part in parts
            if not locked_out(actor, [part["child_id"], *part["candidates"]])
        ],
        "decided_by": {"id": row["decided_id"], "name": row["decided_name"]}
        if row["decided_id"]
        else None,
        "permissions": [
            item
            for item in STEPS
            if row["state"] == "open" and (row["child_id"] or item != "take_up_monitoring_alert")
        ],
    }
    alert |= await _about(work, row, alert.get("subject", {}))
    alert["at_school_then"] = await on_around(work, row["occurred_at"])
    if row["concern_id"] is not None and await _sees_concern(work, row["concern_id"]):
        alert["concern_id"] = row["concern_id"]
    return alert, row["version"]


def _part(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert counted with another: its content, which may say more than the first."""
    content = orjson.loads(row["content"])
    content_shown = {
        name: content[name] for name in ("snippet", "matched_terms", "url") if name in content
    }
    return {**{name: row[name] for name in ("id", "severity", "occurred_at")}, **content_shown}


def _body(row: Mapping[str, Any]) -> dict[str, Any]:
    """The sent text: to be shown as it is, and never as a page."""
    named = ("number", "received_at", "sha256", "severity")
    return {**{name: row[name] for name in named}, "raw": bytes(row["body"]).decode()}


async def _about(
    work: UnitOfWork, row: Mapping[str, Any], subject: Mapping[str, str]
) -> dict[str, Any]:
    """Why it is matched as it is; while unmatched, who it may be about."""
    hits: list[dict[str, Any]] = orjson.loads(row["hits"])
    ids = list(dict.fromkeys(UUID(hit["child_id"]) for hit in hits))
    like: list[UUID] = []
    if row["child_id"] is None and (tokens := name_tokens(subject.get("name"))):
        like = await monitoring_alerts.like_named(
            await work.driver(), work.actor.school_id, sorted(tokens)
        )
    conflicts = work.actor.conflicts.children
    wanted = [item for item in (*ids, *like) if item not in conflicts]
    rows = []
    if wanted:
        rows = list(
            await monitoring_alerts.children_of(await work.driver(), work.actor.school_id, wanted)
        )
    return {
        "matches": [
            {name: hit[name] for name in ("identifier", "system", "child_id", "live", "on_roll")}
            for hit in hits
            if UUID(hit["child_id"]) not in conflicts
        ],
        "suggestions": [
            {**dict(child), "reason_code": "identifier" if child["id"] in ids else "name"}
            for child in rows
            if row["child_id"] is None
        ],
    }
