"""Reads of the support list: who is on it and why, who is in touch, and what is overdue."""

from functools import partial
from typing import Any

import orjson

from app.core.words import Actor, AuditEvent, Permission
from app.db.behind import FOR_ANYONE, of_support_plan
from app.db.models import SupportListEntry, SupportListHandOver
from app.db.paging import Page, PageOf, page_of
from app.db.repositories.safety import support_list as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain import policy, visibility
from app.domain.duty.tasks.kind import BEHIND_WORK, TASK
from app.domain.etags import etag
from app.domain.kinds import KINDS
from app.domain.safety.support_list.kind import SUPPORT_LIST_ENTRY

PLANS = Columns("p", of_support_plan("p"), "p.child_id", own_class=FOR_ANYONE)


def keeps(actor: Actor) -> stored.Keeps:
    """Conditions for the rows that the actor sees of the list and of what is shown with it."""
    return stored.Keeps(
        entry=partial(SUPPORT_LIST_ENTRY.keep, actor, row="w"),
        plan=partial(visibility.keep, BEHIND_WORK, actor, at=PLANS),
        check_in=partial(KINDS["check_in"].keep, actor),
        task=partial(TASK.keep, actor),
    )


async def read_list(work: UnitOfWork, paging: PageOf) -> Page[dict[str, Any]]:
    """List children on the list, and log the view. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.SUPPORT_LIST_READ)
    work.record(AuditEvent.SUPPORT_LIST_LISTED, "support_list", None)
    return await children_on(work, paging)


async def children_on(work: UnitOfWork, paging: PageOf) -> Page[dict[str, Any]]:
    """Children on the list that the actor sees: overdue first, then by due time, then name."""
    await work.session.flush()
    driver, school_id = await work.driver(), work.actor.school_id
    rows = await stored.page_of_children(driver, school_id, keeps(work.actor), work.now, paging)
    verbs = next_verbs(work.actor, is_open=True)
    return page_of(rows, paging, key="sort_at", shape=lambda row: _to_response(row, verbs))


def _to_response(row: Any, verbs: list[str]) -> dict[str, Any]:
    owner = row["owner_id"] and {"id": row["owner_id"], "name": row["owner_name"]}
    adult = row["adult_id"] and {"id": row["adult_id"], "name": row["adult_name"]}
    return {
        "child": {"id": row["id"], "name": row["name"]},
        "entries": [item | {"permissions": verbs} for item in orjson.loads(row["entries"])],
        "in_touch": owner or adult,
        "next_check_in": row["check_in_id"] and {
            "id": row["check_in_id"], "opens_at": row["opens_at"], "due_at": row["due_at"],
            "owner": owner,
        },
        "overdue": orjson.loads(row["overdue"]),
        "holiday_arrangement": row["holiday_arrangement"],
    }  # fmt: skip


async def read_hand_over(work: UnitOfWork, paging: PageOf) -> dict[str, Any]:
    """Read who is in touch with which pupil and from when, and the newest notes; log the view."""
    policy.require(work.actor, Permission.SUPPORT_LIST_READ)
    work.record(AuditEvent.SUPPORT_LIST_LISTED, "support_list", None)
    children = await children_on(work, paging)
    entry = keeps(work.actor).entry
    notes = await stored.hand_overs(await work.driver(), work.actor, entry)
    return {
        "items": [
            {
                "child": item["child"],
                "in_touch": item["in_touch"],
                "from": item["next_check_in"] and item["next_check_in"]["opens_at"],
                "holiday_arrangement": item["holiday_arrangement"],
            }
            for item in children.items
        ],
        "next": children.next,
        "notes": [note_of(row) for row in notes],
    }


async def whole_note(work: UnitOfWork, note: SupportListHandOver) -> dict[str, Any]:
    """Build the answer for one hand-over note."""
    await work.session.flush()
    return note_of(await stored.hand_over(await work.driver(), work.actor.school_id, note.id))


def note_of(row: Any) -> dict[str, Any]:
    """A note as its readers see it."""
    return {
        "id": row["id"],
        "by": {"id": row["by_id"], "name": row["by_name"]},
        "to": {"id": row["to_id"], "name": row["to_name"]},
        "note": row["note"],
        "at": row["at"],
        "acknowledged_at": row["acknowledged_at"],
        "etag": etag(row["version"]),
    }


def next_verbs(actor: Actor, *, is_open: bool) -> list[str]:
    """List what someone who sees an entry may do next."""
    writes = policy.may(actor, Permission.SAFETY_WRITE).allowed
    return ["extend_support_list_entry", "end_support_list_entry"] if is_open and writes else []


async def entry(work: UnitOfWork, support_list_entry: SupportListEntry) -> dict[str, Any]:
    """Build the answer for one entry."""
    names = (
        "id", "child_id", "reason_code", "reason", "until", "put_at", "ended_at", "end_reason"
    )  # fmt: skip
    verbs = next_verbs(work.actor, is_open=support_list_entry.ended_at is None)
    return {
        **{name: getattr(support_list_entry, name) for name in names},
        "etag": etag(support_list_entry.version),
        "permissions": verbs,
    }
