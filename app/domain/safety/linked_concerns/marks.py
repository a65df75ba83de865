"""What a lead notes on a concern: that something was named in it, or that it was at a place.

Nothing reads what people wrote: a person says it. An address is refused, so that nobody is led
to what was named.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import ConcernMark, NamedContent, SiteRequest
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.safety import named_content as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.concerns import concern_to_work_on
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.safety.linked_concerns.errors import AlreadyMarked, NamedContentNotFound
from app.domain.safety.linked_concerns.firing import queue_link_check

NOUN: Final = "named_content"
ADDRESS: Final = re.compile(r"://|www\.|\S\.\w{2,}/", re.IGNORECASE)


async def add_named(work: UnitOfWork, id_: UUID | None, kind: str, label: str) -> NamedContent:
    """Add something that is named, in words. Raises `PermissionMissing`, `ValidationFailed`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if ADDRESS.search(label):
        problem = FieldProblem("/label", "address", "Say what it is called, without its address.")
        raise ValidationFailed(problems=[problem])
    row = NamedContent(
        school_id=work.actor.school_id, id=id_ or new_id(), kind=kind, label=label,
        stated_by=work.actor.id, stated_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.record(AuditEvent.NAMED_ADDED, NOUN, row.id, details={"kind": kind})
    return row


async def list_named(reading: Reading, paging: PageOf) -> Page[str]:
    """What was named, newest first; on which concerns is not told here."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_READ)
    rows = await stored.page_of_named(reading.driver, reading.actor.school_id, paging)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["sort_at"], row["id"]),
        shape=lambda row: row["card"],
    )


def shown(row: NamedContent, by: Any) -> dict[str, Any]:
    """Something that was named, as it leaves."""
    return {
        "id": row.id, "kind": row.kind, "label": row.label, "stated_by": by,
        "stated_at": row.stated_at,
    }  # fmt: skip


async def mark_concern(
    work: UnitOfWork, concern_id: UUID, named_content_id: UUID | None, site_request_id: UUID | None
) -> list[dict[str, Any]]:
    """Note on a concern that something was named in it, or at which place on the site it was.

    Raises `PermissionMissing`, `ConcernNotFound`, `FileLocked`, `NamedContentNotFound`,
    `AlreadyMarked`.
    """
    concern = await concern_to_work_on(work, concern_id, Permission.SAFETY_WRITE)
    if named_content_id is not None:
        known: Any = await work.concerns.find(NamedContent, named_content_id)
    else:
        known = await work.concerns.find(SiteRequest, site_request_id) if site_request_id else None
    if known is None:
        raise NamedContentNotFound
    before = await marks_of(work, concern.id)
    if known.id in {one["about_id"] for one in before}:
        raise AlreadyMarked
    row = ConcernMark(
        school_id=work.actor.school_id, id=new_id(), concern_id=concern.id,
        named_content_id=named_content_id, site_request_id=site_request_id, marked_by=work.actor.id,
        marked_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.record(AuditEvent.MARK_ADDED, "concern", concern.id)
    queue_link_check(work)
    return await marks_of(work, concern.id)


async def marks_of(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """What was noted on a concern that may be seen."""
    rows: Sequence[Any] = await stored.marks_of(
        await work.driver(), work.actor.school_id, concern_id
    )
    return [
        {
            "id": row["id"], "by": row["by"], "about_id": row["about_id"], "label": row["label"],
            "marked_by": {"id": row["marked_by"], "name": row["marked_by_name"]},
            "marked_at": row["marked_at"],
        }
        for row in rows
    ]  # fmt: skip
