"""Read next steps, for those who may see them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.vocabularies.children import SIBLING_KINDS
from app.core.words import Permission
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.db.repositories.record import next_steps as stored
from app.domain import policy
from app.domain.access.concern_access.queries import access_filter
from app.domain.common.category_rules.rules import following
from app.domain.common.deadlines.commands import calendar_from
from app.domain.duty.tasks.kind import TASK
from app.domain.errors import ChildNotFound, ConcernNotFound
from app.domain.record.next_steps.rules import RECENT, Facts, Referred, next_steps, to_response


async def get_next_steps_of_concern(reading: Reading, concern_id: UUID) -> list[dict[str, Any]]:
    """List next steps in a concern; empty once it has ended.

    Raises `PermissionMissing`, `ConcernNotFound` (also for one that has ended).
    """
    policy.require(reading.actor, Permission.CONCERN_READ)
    facts = await _facts(reading, concern_id=concern_id)
    if not facts:
        raise ConcernNotFound
    return _to_response(reading, facts)


async def get_next_steps_of_child(reading: Reading, child_id: UUID) -> list[dict[str, Any]]:
    """List next steps in every open concern about a child that the reader may read.

    Raises `PermissionMissing`, `ChildNotFound`.
    """
    policy.require(reading.actor, Permission.CONCERN_READ)
    if not await stored.is_known(reading.driver, reading.actor.school_id, child_id):
        raise ChildNotFound
    return _to_response(reading, await _facts(reading, child_id=child_id))


def _to_response(reading: Reading, factses: list[Facts]) -> list[dict[str, Any]]:
    return [to_response(facts, step) for facts, step in next_steps(factses, reading.now)]


async def _facts(reading: Reading, **about: UUID) -> list[Facts]:
    since = reading.now - RECENT
    rows = await stored.of_concerns(
        reading.driver, access_filter(reading.actor),
        partial(TASK.keep_known, reading.actor, row="t"), SIBLING_KINDS, since, **about,
    )  # fmt: skip
    if not rows:
        return []
    current = await calendars.current(reading.driver, reading.actor.school_id)
    own = calendar_from(current["number"], current["nation"], current["content"]).categories
    return [_of(row, own) for row in rows]


def _of(row: Any, own: Mapping[str, Any]) -> Facts:
    """Make the facts of a row; `own` holds the school's stricter rules."""
    return Facts(
        row["id"],
        row["reference"],
        row["state"],
        following(row["categories"], own),
        row["recorded_at"],
        due_at=row["due_at"],
        level=row["level"],
        harm_from=row["alleged_source_of_harm"],
        parents_told="yes" if row["parents_decided"] else row["parents_told"],
        has_voice=row["has_voice"],
        siblings=row["siblings"],
        others=row["others"],
        others_since=row["others_since"],
        alike=row["alike"] or (),
        case_due=row["case_due"],
        decisions=frozenset(row["decisions"]),
        tasks={kind: datetime.fromisoformat(at) for kind, at in orjson.loads(row["tasks"]).items()},
        open_work=row["open_work"],
        referrals=[_referred(item) for item in orjson.loads(row["referrals"])],
    )


def _referred(row: dict[str, Any]) -> Referred:
    due_at = row.pop("due_at")
    return Referred(**row, due_at=due_at and datetime.fromisoformat(due_at))
