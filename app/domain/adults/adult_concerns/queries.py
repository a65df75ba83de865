"""Reads of the adult register and access to its concerns; every view is logged."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.facts import Facts
from app.db.models import AdultConcern
from app.db.paging import Conditions, Page, PageOf
from app.db.reading import Reading
from app.db.repositories.adults import adult_concerns
from app.db.repositories.adults.adult_concerns import AdultFilter
from app.db.unit_of_work import UnitOfWork, content_hash
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import AdultConcernNotFound
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.adults.adult_concerns.rules import NOUN
from app.domain.errors import PermissionMissing
from app.domain.etags import check_version
from app.domain.kinds import adult_kinds
from app.domain.steps import facts_of, find_target


async def adult_concern_for(
    work: UnitOfWork, concern_id: UUID, *, lock: bool = False
) -> tuple[AdultConcern, Facts]:
    """Find a concern for someone who may read the whole of it, with the facts that allow it.

    Raises `PermissionMissing` for roles that could read none, otherwise `AdultConcernNotFound`.
    """
    target = await find_target(work, ADULT_CONCERN, concern_id, lock=lock)
    return target.row, target.facts


async def adult_concern_to_change(
    work: UnitOfWork, concern_id: UUID, version: int
) -> tuple[AdultConcern, Facts]:
    """Lock the concern at the version the client last saw, for someone who may decide.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `VersionStale`.
    """
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if not rules.may_decide(work.actor, manages=work.actor.id in facts.holders):
        raise PermissionMissing
    check_version(concern, version)
    return concern, facts


async def list_adult_concerns(work: UnitOfWork, asked: AdultFilter, paging: PageOf) -> Page[str]:
    """List the concerns that the reader may read whole. Raises `PermissionMissing`."""
    ADULT_CONCERN.require(work.actor)
    where = Conditions(work.actor.school_id, work.today)
    ADULT_CONCERN.keep(work.actor, where)
    page = await adult_concerns.page_of_concerns(await work.driver(), where, asked, paging)
    work.record(
        AuditEvent.ADULT_LISTED, NOUN, None, details={"shown": len(page.items)}, register="adults"
    )
    return page


async def list_my_adult_concerns(reading: Reading, paging: PageOf) -> Page[str]:
    """The reader's own reports and how far each is."""
    policy.require(reading.actor, Permission.ADULT_RAISE)
    return await adult_concerns.page_of_mine(
        reading.driver, reading.actor.school_id, reading.actor.id, paging
    )


async def open_adult_concern(
    work: UnitOfWork, concern_id: UUID
) -> tuple[dict[str, Any], int | str]:
    """Open the record and its version: whole for its readers, the report for its reporter.

    Raises `PermissionMissing`, `AdultConcernNotFound` (also for one that exists but is hidden).
    """
    policy.require(work.actor, Permission.ADULT_RAISE)
    facts = (await facts_of(work, ADULT_CONCERN, concern_id)).get(concern_id)
    if facts is None:
        raise AdultConcernNotFound
    last = ADULT_CONCERN.reasons(work.actor, facts)[-1]
    whole = last.effect is policy.Effect.ALLOW
    if not whole:
        await _check_reporter(work, concern_id)
    whole_concern = await adult_concerns.whole_concern(
        await work.driver(),
        work.actor,
        work.today,
        concern_id,
        as_reporter=not whole,
    )
    record: dict[str, Any] = orjson.loads(whole_concern["report"])
    record["progress"] = rules.progress_for_reporter(whole_concern["state"])
    record["seen_reason_code"] = last.rule if whole else "own"
    record["permissions"] = ["amend_adult_concern"]
    if not whole:
        record = rules.as_first_said(record)
    else:
        record |= orjson.loads(whole_concern["work"])
        record["permissions"] = rules.next_verbs(
            work.actor,
            whole_concern["state"],
            record["pending"],
            manages=work.actor.id in facts.holders,
        )
        if record["pending"]:
            record["pending"] = await work.accounts.name_in(record["pending"], "proposed_by")
    work.record(
        AuditEvent.ADULT_OPENED, NOUN, concern_id,
        details={"as": "reader" if whole else "reporter"}, register="adults",
    )  # fmt: skip
    if whole:
        return record, whole_concern["version"]
    return record, content_hash(record)[:16]  # the true version would reveal hidden work


async def _check_reporter(work: UnitOfWork, concern_id: UUID) -> None:
    """Raise `AdultConcernNotFound` for everyone but its reporter."""
    concern = await work.adults.find(AdultConcern, concern_id)
    if concern is None or concern.reporter_id != work.actor.id:
        raise AdultConcernNotFound


async def open_adult_history(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """List every step with its reason, oldest first, for those who may read the whole of it."""
    ADULT_CONCERN.require(work.actor)
    record, _ = await open_adult_concern(work, concern_id)
    if "state" not in record:
        raise AdultConcernNotFound
    rows = await adult_concerns.history_of(await work.driver(), work.actor.school_id, concern_id)
    return [
        {**dict(row), "by": orjson.loads(row["by"]), "details": orjson.loads(row["details"])}
        for row in rows
    ]


async def open_adult_patterns(work: UnitOfWork, staff_id: UUID) -> dict[str, Any]:
    """Find earlier concerns about one member of staff, as far as the reader may read them.

    Unknown staff and the reader have none: the answer does not show which.
    """
    policy.require(work.actor, Permission.ADULT_READ)
    where = Conditions(work.actor.school_id)
    ADULT_CONCERN.keep(work.actor, where)
    rows: Sequence[Any] = await adult_concerns.earlier_about(await work.driver(), where, staff_id)
    items = [dict(row) for row in rows]
    judged = [row["threshold"] or row["kind"] for row in items]
    work.record(
        AuditEvent.ADULT_PATTERNS_READ, NOUN, None,
        details={"staff_id": str(staff_id), "shown": len(items)}, register="adults",
    )  # fmt: skip
    return {
        "staff_id": staff_id,
        "count": len(items),
        "low_level": judged.count("low_level"),
        "allegation": judged.count("allegation"),
        "items": items,
    }


async def list_adult_audit(work: UnitOfWork, concern_id: UUID | None, paging: PageOf) -> Page[str]:
    """Read the register's own log: concerns the reader may read, and their own views."""
    policy.require(work.actor, Permission.ADULT_READ)
    page = await adult_concerns.page_of_trail(
        await work.driver(),
        work.actor,
        {
            adult_kind.model.__tablename__: partial(adult_kind.keep, work.actor)
            for adult_kind in adult_kinds()
        },
        concern_id,
        paging,
    )
    work.record(AuditEvent.ADULT_AUDIT_READ, NOUN, concern_id, register="adults")
    return page
