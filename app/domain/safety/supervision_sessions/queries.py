"""Reads of supervision sessions: only for the two people, whatever their roles."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.safety import supervision_sessions as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.kinds import KINDS
from app.domain.record.children.kind import CHILD
from app.domain.safety.supervision_sessions.commands import NOUN, task_ids
from app.domain.safety.supervision_sessions.errors import SupervisionNotFound
from app.domain.steps import sees


async def list_sessions(reading: Reading, paging: PageOf) -> Page[dict[str, Any]]:
    """List the actor's own sessions, newest first, without their content."""
    policy.require(reading.actor, Permission.TASK_DO)
    rows = await stored.page_of_sessions(
        reading.driver, reading.actor.school_id, reading.actor.id, paging
    )
    return page_of(rows, paging, key="set_at", shape=_summary_of)


def _summary_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **picked(row, "id", "held_on", "set_at"),
        "supervisee": {"id": row["supervisee_id"], "name": row["supervisee_name"]},
        "supervisor": {"id": row["supervisor_id"], "name": row["supervisor_name"]},
    }


async def open_session(work: UnitOfWork, session_id: UUID) -> dict[str, Any]:
    """Open one of the actor's sessions. Raises `PermissionMissing`, `SupervisionNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    result = await whole(work, session_id)
    work.record(AuditEvent.SUPERVISION_OPENED, NOUN, session_id)
    return result


async def whole(work: UnitOfWork, session_id: UUID) -> dict[str, Any]:
    """Build the whole answer, without children and concerns that the actor may no longer open."""
    driver, school_id = await work.driver(), work.actor.school_id
    row = await stored.one_session(driver, school_id, work.actor.id, session_id)
    if row is None:
        raise SupervisionNotFound
    agreed = orjson.loads(row["agreed"])
    tasks = await stored.tasks_of(driver, school_id, task_ids(agreed))
    children, concerns = await stored.names_of(
        driver, school_id, row["children_named"], row["concerns_named"]
    )
    named = await work.accounts.people(row["set_by"])
    return {
        **_summary_of(row),
        **picked(row, "note"),
        "set_by": named[row["set_by"]],
        "children": [dict(child) for child in children if await sees(work, CHILD, child["id"])],
        "concerns": [
            dict(concern)
            for concern in concerns
            if await sees(work, KINDS["concern"], concern["id"])
        ],
        "actions": [_action(item, tasks[UUID(item["task_id"])]) for item in agreed],
    }


def _action(action: Mapping[str, Any], task: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "what": action["what"],
        "task_id": task["id"],
        "owner": {"id": task["owner_id"], "name": task["owner_name"]},
        **picked(task, "due_at", "state", "ended_at"),
    }
