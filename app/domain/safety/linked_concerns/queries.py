"""Reads of linked concerns: only for readers of every single row, and never without the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import pointer
from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import LinkedConcern
from app.db.paging import Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.db.repositories.safety import linked_concerns as stored
from app.db.repositories.safety.linked_concerns import LinkedConcernFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import access_filter
from app.domain.common.deadlines.commands import calendar_of
from app.domain.etags import check_version
from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.errors import LinkedConcernEnded, LinkedConcernNotFound
from app.domain.safety.linked_concerns.rules import Rule, Written, book
from app.domain.steps import record_row
from app.formats.calendars import SchoolCalendar

LABEL = "Linked concerns, please look together"


async def list_linked_concerns(
    reading: Reading, asked: LinkedConcernFilter, paging: PageOf
) -> Page[str]:
    """Linked concerns of which the actor may read every row, newest first."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_READ)
    access = access_filter(reading.actor)
    rows = await stored.page_of_linked_concerns(reading.driver, access, asked, paging)
    return cut_cards(rows, paging)


async def linked_concern_for(
    work: UnitOfWork, linked_concern_id: UUID, *, lock: bool = False
) -> LinkedConcern:
    """Find linked concerns, for someone who may read every row of them.

    One hidden row hides the whole, so that the remaining rows reveal nothing. Raises
    `PermissionMissing`, `LinkedConcernNotFound`.
    """
    policy.require(work.actor, Permission.LINKED_CONCERNS_READ)
    linked = await (work.concerns.lock if lock else work.concerns.find)(
        LinkedConcern, linked_concern_id
    )
    if linked is None:
        raise LinkedConcernNotFound
    seen = await stored.visible_ids(await work.driver(), access_filter(work.actor), [linked.id])
    if linked.id not in seen:
        raise LinkedConcernNotFound
    return linked


async def linked_concern_to_change(
    work: UnitOfWork, linked_concern_id: UUID, version: int
) -> LinkedConcern:
    """The open linked concerns, locked, at the version the client last saw.

    Raises as `linked_concern_for`, `VersionStale`, `LinkedConcernEnded`.
    """
    linked = await linked_concern_for(work, linked_concern_id, lock=True)
    check_version(linked, version)
    if linked.ended_at is not None:
        raise LinkedConcernEnded
    return linked


async def open_linked_concern(
    work: UnitOfWork, linked_concern_id: UUID
) -> tuple[LinkedConcern, dict[str, Any]]:
    """Open linked concerns with their explanation; log the view for every child.

    Each entry names nobody else and no other row. Raises as `linked_concern_for`.
    """
    linked = await linked_concern_for(work, linked_concern_id)
    result = await whole(work, linked)
    record_row(work, AuditEvent.LINKED_CONCERN_OPENED, linked, details={"rule": linked.rule_id})
    for row in result["rows"]:
        for child in row["children"]:
            work.record(
                AuditEvent.CHILD_OPENED, "child", child["id"], child_id=child["id"],
                details={"part": "summary", "rule": "class"},
            )  # fmt: skip
    return linked, result


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of linked concerns as the database has them."""

    rows: Sequence[Any]

    @property
    def first(self) -> datetime:
        """Time of the first row."""
        moment: datetime = min(row["occurred_at"] for row in self.rows)
        return moment

    @property
    def last(self) -> datetime:
        """Time of the last row."""
        moment: datetime = max(row["occurred_at"] for row in self.rows)
        return moment


async def whole(work: UnitOfWork, linked: LinkedConcern) -> dict[str, Any]:
    """Build the answer for visible linked concerns.

    It holds the rule, the rows, their links, other possible explanations, and what is unknown.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    rule = book().rule_of(linked.rule_id, linked.rule_version)
    held = _Rows(await stored.rows_of(driver, school_id, linked.id, linked.event_ids))
    calendar = await calendar_of(work)
    return {
        **picked(
            linked, "id", "rule_id", "rule_version", "state", "fired_at", "ended_at", "reason",
        ),
        "label": LABEL, "vocabulary_status": DRAFT, "rule": _rule(rule, linked.rule_version),
        "row_count": len(linked.event_ids),
        "rows": [] if rule.names_nobody else [_row(row) for row in held.rows],
        "links": await _links(work, linked), "numbers": await _numbers(work, rule, held, calendar),
        "other_explanations": await _others(work, rule, held, calendar),
        "suggestions": list(rule.suggests), "looked": _looked(linked),
        "permissions": rules.next_verbs(is_open=linked.ended_at is None),
    }  # fmt: skip


def _rule(rule: Rule, version: str) -> dict[str, Any]:
    return {
        "id": rule.id, "version": version, "title": rule.title, "text": rule.text,
        "unknown": rule.unknown, "source": rule.source,
    }  # fmt: skip


def _row(row: Any) -> dict[str, Any]:
    return {
        "concern": {"id": row["id"], "reference": row["reference"]},
        "children": [
            {"id": UUID(child["id"]), "name": child["name"]}
            for child in orjson.loads(row["children"])
        ],
        "kind": row["kind"],
        "occurred_at": row["occurred_at"],
        "occurred_precision": row["occurred_precision"],
        "recorded_at": row["recorded_at"],
        "recorded_by": {"id": row["reporter_id"], "name": row["reporter_name"]},
    }


def _looked(linked: LinkedConcern) -> dict[str, Any] | None:
    if linked.state != rules.TOGETHER:
        return None
    return {"at": linked.looked_at, "with_whom": linked.looked_with, "follows": linked.follows}


async def _links(work: UnitOfWork, linked: LinkedConcern) -> list[dict[str, Any]]:
    driver, school_id = await work.driver(), work.actor.school_id
    of: dict[str, list[UUID]] = {}
    for link in linked.links:
        if link["by"] in ("child_group", "death", "place", "named_content"):
            of.setdefault(link["by"], []).append(UUID(link["ref"]))
    child_groups = {
        row["id"]: row
        for row in await stored.child_groups_shown(driver, school_id, of.get("child_group", []))
    }
    marks = [*of.get("place", []), *of.get("named_content", [])]
    named = {row["id"]: row for row in await stored.marks_shown(driver, school_id, marks)}
    leads = await stored.case_leads(driver, school_id, of.get("death", []))
    return [_link(link, child_groups, named, leads) for link in linked.links]


def _link(link: Any, child_groups: Any, named: Any, leads: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "by": link["by"], "year_group": None, "child_group": None, "label": None, "lead": None,
    }  # fmt: skip
    if link["by"] == "year_group":
        return answer | {"year_group": link["ref"]}
    if link["by"] == "child_group":
        row = child_groups.get(UUID(link["ref"]))
        return answer | {"child_group": row and _child_group(row, link["kind"])}
    if link["by"] == "death":
        return answer | {"lead": leads.get(UUID(link["ref"]))}
    row = named.get(UUID(link["ref"])) if link["by"] in ("place", "named_content") else None
    return answer | {"label": row and row["label"]}


def _child_group(row: Any, kind: str) -> dict[str, Any]:
    def person(name: str) -> dict[str, Any] | None:
        return row[name] and {"id": row[name], "name": row[f"{name}_name"]}

    return {
        "about": pointer(row["noun"], row["id"]), "kind": kind, "label": row["label"],
        "source": row["source"], "heard_from": row["heard_from"],
        "stated_by": person("stated_by"), "stated_at": row["stated_at"],
        "confirmed_by": person("confirmed_by"), "confirmed_at": row["confirmed_at"],
        "ended_at": row["ended_at"],
    }  # fmt: skip


async def _numbers(
    work: UnitOfWork, rule: Rule, held: _Rows, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    """Count such rows in the whole school in these weeks, and in those of earlier years.

    Counts only rows that the reader may read; null for years before the record began.
    """
    if not rule.earlier_years or not held.rows:
        return []
    driver, kinds = await work.driver(), sorted(book().kinds)
    began = await stored.record_began(driver, work.actor.school_id)
    items = []
    for back in range(rule.earlier_years + 1):
        since = _years_before(held.last - rule.span, back)
        until = _years_before(held.last, back)
        known = back == 0 or (began is not None and began <= since)
        count = await stored.count_between(driver, access_filter(work.actor), kinds, since, until)
        items.append(
            {
                "starts_on": calendar.local(since).date(), "ends_on": calendar.local(until).date(),
                "count": count if known else None,
            }
        )  # fmt: skip
    return items


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)


async def _others(
    work: UnitOfWork, rule: Rule, held: _Rows, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    """Other possible explanations for a person to weigh; none changes anything."""
    rows: list[dict[str, Any]] = [{"code": "small_numbers", "note": None, "rows": None}]
    if not held.rows:
        return rows
    first = calendar.local(held.first - book().around).date()
    last = calendar.local(held.last).date()
    notes = await calendars.between(await work.driver(), work.actor.school_id, first, last)
    rows += [{"code": "calendar_note", "note": dict(row), "rows": None} for row in notes]
    if rule.names_nobody:
        return rows
    written = [
        Written(row["reporter_id"], row["recorded_at"], _start(row["here_since"], calendar))
        for row in held.rows
    ]
    new, same = rules.recorders(book(), written)
    if new:
        rows.append({"code": "new_recorder", "note": None, "rows": new})
    if same:
        rows.append({"code": "same_author", "note": None, "rows": len(written)})
    return rows


def _start(day: Any, calendar: SchoolCalendar) -> datetime | None:
    return None if day is None else calendar.at(day, rules.MIDNIGHT)
