"""Reads of linked worries: only for who may read every single row, and never without the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.vocabularies.terms import DRAFT
from app.core.words import Did, Permission
from app.db.models import LinkedWorry
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import calendar_notes
from app.db.repositories import linked_worries as stored
from app.db.repositories.linked_worries import WorryFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import sight_of
from app.domain.clocks.keeping import calendar_of
from app.domain.errors import VersionStale
from app.domain.linked_worries import rules
from app.domain.linked_worries.book import Rule, book
from app.domain.linked_worries.errors import LinkedWorryEnded, LinkedWorryNotFound
from app.domain.linked_worries.rules import Written
from app.formats.calendars import SchoolCalendar

LABEL = "Linked worries, please look together"


async def list_worries(reading: Reading, asked: WorryFilter, paging: PageOf) -> Page[str]:
    """Linked worries of which the actor may read every row, newest first."""
    policy.require(reading.actor, Permission.LINKED_READ)
    sight = sight_of(reading.actor)
    rows = await stored.page_of_worries(reading.driver, sight, asked, paging)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["sort_at"], row["id"]),
        shape=lambda row: row["card"],
    )


async def worry_for(work: UnitOfWork, worry_id: UUID, *, lock: bool = False) -> LinkedWorry:
    """The linked worries, for somebody who may read every row of them: else there are none.

    One row that may not be read hides the whole, so that nothing is told by what is left over.
    Raises `PermissionMissing`, `LinkedWorryNotFound`.
    """
    policy.require(work.actor, Permission.LINKED_READ)
    worry = await (work.concerns.lock if lock else work.concerns.find)(LinkedWorry, worry_id)
    if worry is None:
        raise LinkedWorryNotFound
    seen = await stored.visible_ids(await work.driver(), sight_of(work.actor), [worry.id])
    if worry.id not in seen:
        raise LinkedWorryNotFound
    return worry


async def worry_to_change(work: UnitOfWork, worry_id: UUID, version: int) -> LinkedWorry:
    """The open linked worries, locked, at the version the client last saw.

    Raises as `worry_for`, `VersionStale`, `LinkedWorryEnded`.
    """
    worry = await worry_for(work, worry_id, lock=True)
    if worry.version != version:
        raise VersionStale
    if worry.ended_at is not None:
        raise LinkedWorryEnded
    return worry


async def open_worry(work: UnitOfWork, worry_id: UUID) -> tuple[LinkedWorry, dict[str, Any]]:
    """Linked worries with all that explains them; every child's record says that it was seen.

    What is said there names nobody else and no other row. Raises as `worry_for`.
    """
    worry = await worry_for(work, worry_id)
    found = await whole(work, worry)
    work.record(Did.LINKED_OPENED, rules.NOUN, worry.id, details={"rule": worry.rule_id})
    for row in found["rows"]:
        for child in row["children"]:
            work.record(
                Did.CHILD_OPENED, "child", child["id"], child_id=child["id"],
                details={"part": "summary", "rule": "class"},
            )  # fmt: skip
    return worry, found


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of linked worries as the database has them."""

    rows: Sequence[Any]

    @property
    def first(self) -> datetime:
        """When the first of them was."""
        moment: datetime = min(row["occurred_at"] for row in self.rows)
        return moment

    @property
    def last(self) -> datetime:
        """When the last of them was."""
        moment: datetime = max(row["occurred_at"] for row in self.rows)
        return moment


async def whole(work: UnitOfWork, worry: LinkedWorry) -> dict[str, Any]:
    """Linked worries that may be seen, as they leave: the rule, the rows, what links them, what

    else may explain it, and what nobody knows.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    rule = book().rule_of(worry.rule_id, worry.rule_version)
    held = _Rows(await stored.rows_of(driver, school_id, worry.id, worry.event_ids))
    calendar = await calendar_of(work)
    return {
        "id": worry.id,
        "label": LABEL,
        "vocabulary_status": DRAFT,
        "rule": _rule(rule, worry.rule_version),
        "rule_id": worry.rule_id,
        "rule_version": worry.rule_version,
        "state": worry.state,
        "fired_at": worry.fired_at,
        "row_count": len(worry.event_ids),
        "rows": [] if rule.names_nobody else [_row(row) for row in held.rows],
        "links": await _links(work, worry),
        "numbers": await _numbers(work, rule, held, calendar),
        "other_explanations": await _others(work, rule, held, calendar),
        "suggestions": list(rule.suggests),
        "looked": _looked(worry),
        "ended_at": worry.ended_at,
        "reason": worry.reason,
        "permissions": rules.next_verbs(is_open=worry.ended_at is None),
    }


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


def _looked(worry: LinkedWorry) -> dict[str, Any] | None:
    if worry.state != rules.TOGETHER:
        return None
    return {"at": worry.looked_at, "with_whom": worry.looked_with, "follows": worry.follows}


async def _links(work: UnitOfWork, worry: LinkedWorry) -> list[dict[str, Any]]:
    driver, school_id = await work.driver(), work.actor.school_id
    of: dict[str, list[UUID]] = {}
    for one in worry.links:
        if one["by"] in ("tie", "death", "place", "named_content"):
            of.setdefault(one["by"], []).append(UUID(one["ref"]))
    ties = {row["id"]: row for row in await stored.ties_shown(driver, school_id, of.get("tie", []))}
    marks = [*of.get("place", []), *of.get("named_content", [])]
    named = {row["id"]: row for row in await stored.marks_shown(driver, school_id, marks)}
    leads = await stored.case_leads(driver, school_id, of.get("death", []))
    return [_link(one, ties, named, leads) for one in worry.links]


def _link(one: Any, ties: Any, named: Any, leads: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "by": one["by"], "year_group": None, "tie": None, "label": None, "lead": None,
    }  # fmt: skip
    if one["by"] == "year_group":
        return shown | {"year_group": one["ref"]}
    if one["by"] == "tie":
        row = ties.get(UUID(one["ref"]))
        return shown | {"tie": row and _tie(row, one["kind"])}
    if one["by"] == "death":
        return shown | {"lead": leads.get(UUID(one["ref"]))}
    row = named.get(UUID(one["ref"])) if one["by"] in ("place", "named_content") else None
    return shown | {"label": row and row["label"]}


def _tie(row: Any, kind: str) -> dict[str, Any]:
    def person(name: str) -> dict[str, Any] | None:
        return row[name] and {"id": row[name], "name": row[f"{name}_name"]}

    return {
        "id": row["id"], "noun": row["noun"], "kind": kind, "label": row["label"],
        "source": row["source"], "heard_from": row["heard_from"],
        "stated_by": person("stated_by"), "stated_at": row["stated_at"],
        "confirmed_by": person("confirmed_by"), "confirmed_at": row["confirmed_at"],
        "ended_at": row["ended_at"],
    }  # fmt: skip


async def _numbers(
    work: UnitOfWork, rule: Rule, held: _Rows, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    """How many such rows the whole school had in these weeks, and in those of earlier years.

    Only rows that the reader may read are counted; null for years before the record began.
    """
    if not rule.earlier_years or not held.rows:
        return []
    driver, kinds = await work.driver(), sorted(book().kinds)
    began = await stored.record_began(driver, work.actor.school_id)
    shown = []
    for back in range(rule.earlier_years + 1):
        since = _years_before(held.last - rule.span, back)
        until = _years_before(held.last, back)
        known = back == 0 or (began is not None and began <= since)
        count = await stored.count_between(driver, sight_of(work.actor), kinds, since, until)
        shown.append(
            {
                "starts_on": calendar.local(since).date(), "ends_on": calendar.local(until).date(),
                "count": count if known else None,
            }
        )  # fmt: skip
    return shown


def _years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year - years, day=28)


async def _others(
    work: UnitOfWork, rule: Rule, held: _Rows, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    """What else may explain it, for a person to weigh: none of it moves anything."""
    found: list[dict[str, Any]] = [{"code": "small_numbers", "note": None, "rows": None}]
    if not held.rows:
        return found
    first = calendar.local(held.first - book().around).date()
    last = calendar.local(held.last).date()
    notes = await calendar_notes.between(await work.driver(), work.actor.school_id, first, last)
    found += [{"code": "calendar_note", "note": dict(row), "rows": None} for row in notes]
    if rule.names_nobody:
        return found
    written = [
        Written(row["reporter_id"], row["recorded_at"], _start(row["here_since"], calendar))
        for row in held.rows
    ]
    new, same = rules.recorders(book(), written)
    if new:
        found.append({"code": "new_recorder", "note": None, "rows": new})
    if same:
        found.append({"code": "same_author", "note": None, "rows": len(written)})
    return found


def _start(day: Any, calendar: SchoolCalendar) -> datetime | None:
    return None if day is None else calendar.at(day, rules.MIDNIGHT)
