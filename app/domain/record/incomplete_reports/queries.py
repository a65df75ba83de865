"""Leads' reads of reports that could not be taken."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.pointers import about
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import IncompleteReport
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.record import incomplete_reports as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.record.incomplete_reports import rules
from app.domain.record.incomplete_reports.errors import IncompleteReportNotFound
from app.domain.record.incomplete_reports.kind import INCOMPLETE_REPORT
from app.domain.steps import record_row, sees


# Reports about adults are read by those who keep the adult register, never by a lead.
async def list_incomplete_reports(
    reading: Reading, *, ended: bool, paging: PageOf
) -> Page[dict[str, Any]]:
    """List incomplete reports, newest first, without their text."""
    policy.require_any(reading.actor, Permission.SUPPORT_LIST_READ, Permission.ADULT_READ)
    where = Conditions(reading.actor.school_id)
    INCOMPLETE_REPORT.keep(reading.actor, where, row="u")
    rows = await stored.page_of_incomplete_reports(
        reading.driver, where, ended=ended, paging=paging
    )
    return page_of(rows, paging, key="received_at", shape=summary)


async def open_incomplete_report(
    work: UnitOfWork, incomplete_report_id: UUID
) -> tuple[IncompleteReport, dict[str, Any]]:
    """Open one with its full text, and log the view. Raises `IncompleteReportNotFound`."""
    row = await incomplete_report_for(work, incomplete_report_id)
    record_row(
        work, AuditEvent.INCOMPLETE_REPORT_OPENED, row,
        register="adults" if row.register == "adults" else "children",
    )  # fmt: skip
    return row, await whole(work, row)


async def incomplete_report_for(
    work: UnitOfWork, incomplete_report_id: UUID, *, lock: bool = False
) -> IncompleteReport:
    policy.require_any(work.actor, Permission.SUPPORT_LIST_READ, Permission.ADULT_READ)
    row = await (work.concerns.lock if lock else work.concerns.find)(
        IncompleteReport, incomplete_report_id
    )
    if row is None or not await _sees(work, row):
        raise IncompleteReportNotFound
    return row


async def _sees(work: UnitOfWork, row: IncompleteReport) -> bool:
    """Whether the actor may see it: never anyone it names, or with an interest in a child in it."""
    if not await sees(work, INCOMPLETE_REPORT, row.id):
        return False
    if row.register == "adults":
        return True
    actor, about = work.actor, rules.ids_in(row.body, rules.parsed(row.body))
    if row.thing_id is not None:
        about += [row.thing_id]
    close = await stored.named_in_incomplete_report(await work.driver(), row.school_id, about)
    limited = actor.conflicts.limited.intersection(about)
    return actor.id not in {*close} - {row.reporter_id} and not limited


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the list."""
    return {
        **picked(
            row, "id", "register", "operation", "signed_in", "received_at",
            "urgent", "times", "state", "concern_id", "ended_at",
        ),
        "about": about(rules.kind_sent_to(row["operation"]), row["thing_id"]),
        "reporter": {"id": row["reporter_id"], "name": row["reporter_name"]},
    }  # fmt: skip


async def whole(work: UnitOfWork, row: IncompleteReport) -> dict[str, Any]:
    """Build the answer for a visible report."""
    one_incomplete_report = await stored.one_incomplete_report(
        await work.driver(), row.school_id, row.id
    )
    return summary(one_incomplete_report) | {
        "texts": [
            {"pointer": at, "text": text} for at, text in rules.texts_of(rules.parsed(row.body))
        ],
        "body": row.body,
        "cut": row.cut,
        "asks": row.asks,
        "still_needed": rules.still_needed(row.asks, rules.parsed(row.body)),
        "reason": row.reason,
    }
