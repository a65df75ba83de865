"""Reads of imports: states and figures for those who prepare them, content only for leads."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission
from app.db.facts import Facts
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.repositories.concern_facts import Pupil
from app.db.repositories.exchange import past_import_children, past_import_conflicts
from app.db.repositories.exchange import past_imports as stored
from app.db.repositories.exchange.imports import Tables
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import CairnError, ConflictOfInterest
from app.domain.exchange.imports.queries import START, Sort, behind, cursor_of
from app.domain.exchange.imports.rules import HELD, PLANNED, steps
from app.domain.exchange.past_imports.errors import ImportOvertaken
from app.domain.exchange.past_imports.schemas import PastRowListIn
from app.domain.kinds import KINDS
from app.domain.owning import CLASSES
from app.formats.history import CODES, filled, missing_of
from app.formats.history.mapping import fields_of

P = Permission
APPROVE, UNDO = "approve_past_import", "undo_past_import"
WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def _described(code: str) -> dict[str, Any]:
    known = CODES[code]
    return {"severity": known.severity, "title": known.title, "advice": known.advice}


def _shaped(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    counts, code = row["counts"] or None, row["because"]
    if counts is not None:
        problems = [{**problem, **_described(problem["code"])} for problem in counts["problems"]]
        counts = {"kept": None, **counts, "problems": problems}
    fault = code and {"code": code, **_advised(code)}
    mapping = row["mapping"] and {**row["mapping"], **_read_as(row)}
    items = [{name: category[name] for name in CATEGORY} for category in row["categories"]]
    row = {**row, "mapping": mapping, "categories": items}
    facts = {name: value for name, value in row.items() if name != "because"}
    return {**facts, "counts": counts, "fault": fault, "permissions": _offered(actor, row)}


def _advised(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    return {"title": known.title, "advice": known.advice} if known else LOST


LOST: Final = {
    "title": "Cairn cannot find the file that it stored; nothing came in.",
    "advice": "Send it again.",
}


def _offered(actor: Actor, row: Mapping[str, Any]) -> list[str]:
    """The next steps of this actor."""
    planned = row["state"] in (PLANNED, HELD)
    stuck = row["plan_only"] or row["because"] is not None or row["approved_by"] == actor.id
    result = steps("past_import", row, () if stuck else (PLANNED, HELD), clock.now())
    decides = [item for item in result if _may_decide(actor, row)]
    changes = planned and bool(policy.may(actor, P.HISTORY_PREPARE))
    return ["update_past_import"] * changes + decides


async def why_not_approve(
    driver: Driver, actor: Actor, import_id: UUID, origin: tuple[str, str]
) -> type[CairnError] | None:
    """What elsewhere prevents an approval: a child of the actor's, or another import."""
    if await stored.plans_for(driver, actor.school_id, import_id, actor.conflicts.children):
        return ConflictOfInterest
    overtaken = await past_import_conflicts.is_overtaken(driver, actor.school_id, import_id, origin)
    return ImportOvertaken if overtaken else None


async def why_not_undo(driver: Driver, actor: Actor, import_id: UUID) -> type[CairnError] | None:
    """What elsewhere prevents undoing an import: a child of the actor's."""
    related = actor.conflicts.children
    brought = await stored.brought_for(driver, actor.school_id, import_id, related)
    return ConflictOfInterest if brought else None


async def _open_steps(
    driver: Driver, actor: Actor, row: Mapping[str, Any], steps_: Sequence[str]
) -> list[str]:
    """Steps that nothing elsewhere prevents."""
    refused: set[str] = set()
    if APPROVE in steps_:
        origin = (row["source"], row["kind"])
        refused |= {APPROVE} if await why_not_approve(driver, actor, row["id"], origin) else set()
    if UNDO in steps_:
        refused |= {UNDO} if await why_not_undo(driver, actor, row["id"]) else set()
    return [step for step in steps_ if step not in refused]


def _may_decide(actor: Actor, row: Mapping[str, Any]) -> bool:
    reads = row["highest_class"] in (None, *classes_read(actor))
    return reads and bool(policy.may(actor, P.HISTORY_APPROVE))


CATEGORY: Final = ("source", "code", "confidentiality", "set_aside")


def _read_as(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a mapping leaves out, and the available choices."""
    columns = filled(row["kind"], row["mapping"]["columns"])
    return {
        "missing": missing_of(row["kind"], columns), "fields": list(fields_of(row["kind"])),
        "values": row["mapping"].get("values") or {},
    }  # fmt: skip


PAST: Final = Sort(
    Tables(
        "past_import", "past_problem",
        (
            "kind", "source", "size", "sha256", "confidentiality", "categories",
            "highest_class", "approved_by", "approved_at", "seconded_by", "seconded_at",
            "add_changed", "mapping", "reason", "undone_by", "undone_at",
            "undo_reason",
        ),
        ("counts", "categories", "mapping"),
        people=("started_by", "approved_by", "seconded_by", "undone_by"),
    ),
    _shaped, lambda row: {**row, **_described(row["code"])}, _open_steps,
)  # fmt: skip


async def _import_to_read(work: UnitOfWork, import_id: UUID, part: str) -> Any:
    """Get the import, and log the view. Raises `ImportNotFound`."""
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await PAST.row(await work.driver(), work.actor, import_id)
    work.record(AuditEvent.PAST_IMPORT_READ, "past_import", import_id, details={"part": part})
    return row


async def open_rows(
    work: UnitOfWork, import_id: UUID, asked: PastRowListIn, paging: PageOf
) -> Page[dict[str, Any]]:
    """List rows of a plan with their content, as far as this reader reads such entries.

    Raises `PermissionMissing`, `ImportNotFound`.
    """
    await _import_to_read(work, import_id, "entries")
    where = Conditions(work.actor.school_id)
    where.add("r.import_id = {}", import_id)
    where.add("r.position > {}", behind(paging))
    where.add("r.confidentiality = any({}::text[])", sorted(classes_read(work.actor)))
    if asked.fate is not None:
        where.add("r.fate = {}", asked.fate)
    if asked.state is not None:
        where.keep("r.is_open" if asked.state == "open" else "not r.is_open")
    if related := sorted(work.actor.conflicts.children):
        where.keep(past_import_children.UNRELATED.format(related=where.place(related)))
    rows = await stored.rows_of(await work.driver(), where, paging.fetch)
    return page_of(rows, paging, key=cursor_of, shape=_row_shown)


def _row_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {item["id"]: item["name"] for item in orjson.loads(row["names"] or "[]")}
    children = orjson.loads(row["children"])
    return {
        **{name: row[name] for name in ("position", "line", "source_id", "fate", "codes")},
        "confidentiality": row["confidentiality"],
        "state": "open" if row["is_open"] else "closed",
        "unmatched": row["unmatched"],
        "content": orjson.loads(row["content"]) if row["content"] else None,
        "children": [
            {"child": {"id": child["id"], "name": names[child["id"]]}, "role": child["role"]}
            for child in children
        ],
    }


def classes_read(actor: Actor) -> frozenset[str]:
    """Classes whose entries the actor's own role reads, whichever child they are about."""
    own, anybody = replace(actor, grants=()), Pupil(NIL, None, None)
    return frozenset(
        class_
        for class_ in CLASSES
        if KINDS["past_entry"].shows(own, Facts(NIL, own_class=class_, child=anybody))
    )


def reader_of(actor: Actor) -> tuple[frozenset[str], frozenset[UUID]]:
    """Classes that the actor's own role reads, and the children related to them."""
    return classes_read(actor), actor.conflicts.children


async def list_source_children(
    work: UnitOfWork, import_id: UUID, paging: PageOf
) -> Page[dict[str, Any]]:
    """List unmatched children of the source, each with possible matches.

    Raises `PermissionMissing`, `ImportNotFound`.
    """
    result = await _import_to_read(work, import_id, "children")
    driver, school_id = await work.driver(), work.actor.school_id
    behind = NIL if paging.after is None else paging.after.id
    rows = await past_import_children.unmatched_of(
        driver, school_id, (import_id, result["source"]), reader_of(work.actor),
        (behind, paging.fetch),
    )  # fmt: skip
    items = ("id", "reference", "child_id", "decided_at", "rows")
    shown_rows = [
        {name: row[name] for name in items}
        | {"proposals": await _proposals(work, row["reference"])}
        for row in rows
    ]
    return page_of(
        shown_rows, paging, key=lambda row: Cursor(START, row["id"]), shape=lambda row: row
    )


async def _proposals(work: UnitOfWork, reference: str) -> list[dict[str, Any]]:
    """Children of this name, or of one name and the birth date; none for a bare number."""
    words = [word.lower() for word in WORD.findall(reference.partition(":")[2])]
    if not words:
        return []
    day = DAY.search(reference)
    born = _day(day[0]) if day else None
    rows = await past_import_children.proposed(
        await work.driver(), work.actor.school_id, words, born
    )
    related = work.actor.conflicts.children
    return [
        {
            "id": row["id"], "year_group": row["year_group"],
            "name": f"{row['known_given_name'] or row['legal_given_name']} "
            f"{row['known_family_name'] or row['legal_family_name']}",
            "same_birth_date": born is not None and row["date_of_birth"] == born,
        }
        for row in rows
        if row["id"] not in related
    ]  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
