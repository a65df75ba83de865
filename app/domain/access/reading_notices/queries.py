"""Lists of notices of unusual reading, and one notice with the rows that made it fire."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import reading_notices as stored
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain import policy
from app.domain.access.concern_access.queries import keep_known
from app.domain.access.entry_access.queries import readable_entries
from app.domain.access.reading_notices import rules
from app.domain.access.reading_notices.commands import review_notice
from app.domain.access.reading_notices.errors import NoticeNotFound
from app.domain.access.reading_notices.kind import READING_NOTICE
from app.domain.etags import etag

ENTRY = Columns("t", "b.concern_id", "t.child_id", own_class="coalesce(b.class, '')")
"""Where `rows_of_notice` has what decides on an entry."""


async def list_notices(reading: Reading, state: str | None, paging: PageOf) -> Page[dict[str, Any]]:
    """List notices, newest first; never those about the reader's own reading."""
    policy.require(reading.actor, Permission.ACCESS_REVIEW)
    where = Conditions(reading.actor.school_id)
    READING_NOTICE.keep(reading.actor, where)
    rows = await stored.page_of_notices(reading.driver, where, {"state": state}, paging)
    return page_of(rows, paging, key="created_at", shape=_summary_of)


async def open_notice(work: UnitOfWork, notice_id: UUID) -> dict[str, Any]:
    """Open one notice with the rule's text and the entries. Raises `NoticeNotFound`."""
    policy.require(work.actor, Permission.ACCESS_REVIEW)
    notice = await notice_shown(work, notice_id)
    work.record(AuditEvent.AUDIT_READ, "reading_notice", notice_id)
    return notice


async def notice_shown(work: UnitOfWork, notice_id: UUID) -> dict[str, Any]:
    """Get one notice with its entries, for someone who may see it. Raises `NoticeNotFound`."""
    driver, actor = await work.driver(), work.actor
    where = Conditions(actor.school_id)
    READING_NOTICE.keep(actor, where)
    page = await stored.page_of_notices(driver, where, {"id": notice_id}, PageOf(1))
    if not page:
        raise NoticeNotFound
    entries = Conditions(actor.school_id, notice_id)
    keep_known(actor, entries, ENTRY)
    rows = await readable_entries(driver, actor, await stored.rows_of_notice(driver, entries))
    return {**_summary_of(page[0]), "entries": [_entry(row) for row in rows]}


def _summary_of(row: Mapping[str, Any]) -> dict[str, Any]:
    measured = orjson.loads(row["measured"])
    child = row["child_id"] and {"id": row["child_id"], "name": row["child_name"]}
    return {
        **picked(
            row, "id", "rule", "rule_version", "since", "until", "number", "due_at",
            "created_at", "reviewed_at",
        ),
        "state": "reviewed" if row["reviewed_at"] else "open",
        "words": rules.words_of(row["rule"], measured), "measured": measured,
        "reader": {"id": row["reader_id"], "name": row["reader_name"]}, "child": child,
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "outcome": row["review_outcome"], "note": row["review_note"], "etag": etag(row["version"]),
        "permissions": [] if row["reviewed_at"] else [review_notice.name],
    }  # fmt: skip


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": row["at"],
        "verb": row["verb"],
        "role": row["actor_role"],
        "child": row["child_id"] and {"id": row["child_id"], "name": row["child_name"]},
    }
