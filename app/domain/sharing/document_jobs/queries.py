"""Read the progress of a job."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor
from app.db.cards import picked
from app.db.repositories.sharing import documents as stored
from app.db.session import Driver
from app.domain.errors import require_row
from app.domain.sharing.document_jobs.errors import JobNotFound

KEPT = timedelta(days=7)
"""How long a finished file is kept."""


async def job_shown(driver: Driver, actor: Actor, job_id: UUID) -> tuple[dict[str, Any], int]:
    """A job of the actor, and its version, which its progress does not change.

    Raises `JobNotFound`.
    """
    row = require_row(await stored.job_of(driver, actor.school_id, job_id, actor.id), JobNotFound)
    state = _state(row)
    is_saved = state == "done" and row["swept_at"] is None
    answer = {
        **picked(
            row, "id", "kind", "child_id", "total", "asked_at", "ended_at", "reference", "size",
            "sha256",
        ),
        "state": state, "done": row["done"] or 0, "problems": orjson.loads(row["problems"]),
        "document_id": row["id"] if row["reference"] else None,
        "result": f"/v1/jobs/{row['id']}/result" if is_saved else None,
        "kept_until": row["ended_at"] + KEPT if is_saved else None,
    }  # fmt: skip
    return answer, row["version"]


def _state(row: Mapping[str, Any]) -> str:
    """State of a job: running once it has begun to gather; queued before that."""
    if row["state"] != "asked":
        return str(row["state"])
    return "queued" if row["done"] is None else "running"
