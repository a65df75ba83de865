"""Reads of reintegrations; they show its text, so every view is logged."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Reintegration
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.repositories.file_locks import Closed
from app.db.repositories.safety import reintegrations as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import closed_file
from app.domain.safety.records.queries import child_to_read
from app.domain.safety.reintegrations.commands import NOUN
from app.domain.safety.reintegrations.errors import ReintegrationNotFound
from app.domain.safety.reintegrations.kind import REINTEGRATION
from app.domain.steps import only_reads, sees


async def list_reintegrations(
    work: UnitOfWork, child_id: UUID, paging: PageOf
) -> Page[dict[str, Any]]:
    """A child's reintegrations, the newest first. Raises as `child_to_read`."""
    await child_to_read(work, child_id)
    work.record(
        AuditEvent.RECORDS_LISTED, "child", child_id, child_id=child_id, details={"kind": NOUN}
    )
    where = Conditions(work.actor.school_id)
    REINTEGRATION.keep(work.actor, where, row="r")
    closed = await closed_file(work, child_id)
    rows = await stored.page_of_reintegrations(await work.driver(), where, child_id, paging)
    reads = await only_reads(work, REINTEGRATION, [row["id"] for row in rows])
    return page_of(
        rows, paging, key="set_at",
        shape=lambda row: to_response(row, work.actor, closed, works=row["id"] not in reads),
    )  # fmt: skip


async def open_reintegration(
    work: UnitOfWork, child_id: UUID, reintegration_id: UUID
) -> tuple[Reintegration, dict[str, Any]]:
    """Open one reintegration with its agreements.

    Raises as `child_to_read`, `ReintegrationNotFound`.
    """
    await child_to_read(work, child_id)
    row = await work.children.find(Reintegration, reintegration_id)
    if row is None or row.child_id != child_id:
        raise ReintegrationNotFound
    if not await sees(work, REINTEGRATION, row.id):
        raise ReintegrationNotFound
    work.record(
        AuditEvent.RECORD_OPENED, "record", row.record_id, child_id=child_id, details={"kind": NOUN}
    )
    return row, await whole(work, row)


async def whole(work: UnitOfWork, row: Reintegration) -> dict[str, Any]:
    """Build the answer for a visible reintegration."""
    one_reintegration = await stored.one_reintegration(await work.driver(), row.school_id, row.id)
    works = not await only_reads(work, REINTEGRATION, [row.id])
    closed = await closed_file(work, row.child_id)
    return to_response(one_reintegration, work.actor, closed, works=works)


def next_verbs(actor: Actor, *, works: bool) -> list[str]:
    """List what someone who sees a reintegration may do next."""
    writes = policy.may(actor, Permission.SAFETY_WRITE).allowed
    verbs = ["update_reintegration", "record_reintegration_meeting", "record_reintegration_day_90"]
    return verbs if works and writes else []


def to_response(
    row: Mapping[str, Any], actor: Actor, closed: Closed, *, works: bool
) -> dict[str, Any]:
    """Build the answer with the newest record; the child's file may be closed."""
    content = orjson.loads(row["content"])
    met, day_90 = content.pop("met", None), content.pop("day_90", None)
    return {
        "id": row["id"],
        "child_id": row["child_id"],
        "concern_id": row["concern_id"],
        "record_id": row["record_id"],
        "expected_on": row["expected_on"],
        "returned_on": row["returned_on"],
        "adult": row["adult_id"] and {"id": row["adult_id"], "name": row["adult_name"]},
        "content": content,
        "met": met,
        "day_90": day_90,
        "confidentiality": row["confidentiality"],
        "set_by": {"id": row["set_by"], "name": row["set_by_name"]},
        "set_at": row["set_at"],
        "ended_at": row["ended_at"],
        "permissions": closed.takes(next_verbs(actor, works=works and row["ended_at"] is None)),
    }
