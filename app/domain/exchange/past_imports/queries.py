"""Reads of imports: states and figures for those who prepare them, content for leads alone."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import PastImport
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import past_imports as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.errors import PastImportNotFound
from app.domain.exchange.past_imports.schemas import PastRowListIn
from app.formats.history import CODES

P = Permission
START: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST_POSITION: Final = 2**31 - 1
WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
SHOWN: Final = (
    "id", "kind", "source_system", "file_name", "size", "sha256", "plan_only", "confidentiality",
    "categories", "state", "because", "done", "total", "counts", "highest_class", "started_by",
    "created_at", "approved_by", "approved_at", "reason", "undone_by", "undone_at", "undo_reason",
    "finished_at",
)  # fmt: skip


async def list_imports(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """The school's imports, newest first."""
    actor = reading.actor
    rows = await stored.imports_of(reading.driver, actor.school_id, asked)
    return page_of(
        rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: _from_row(actor, row),
    )  # fmt: skip


async def get_import(reading: Reading, import_id: UUID) -> tuple[dict[str, Any], int]:
    """One import and its version. Raises `PastImportNotFound`."""
    row = await stored.import_of(reading.driver, reading.actor.school_id, import_id)
    if row is None:
        raise PastImportNotFound
    return _from_row(reading.actor, row), row["version"]


async def list_problems(
    reading: Reading, import_id: UUID, code: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """What was wrong with a file, in the order it was found. Raises `PastImportNotFound`."""
    school_id = reading.actor.school_id
    if await stored.import_of(reading.driver, school_id, import_id) is None:
        raise PastImportNotFound
    rows = await stored.problems_of(
        reading.driver, school_id, import_id, _behind(asked), asked.fetch, code
    )
    return page_of(rows, asked, key=_place, shape=lambda row: {**row, **_said(row["code"])})


def _behind(asked: PageOf) -> int:
    return 0 if asked.after is None else min(asked.after.id.int, LAST_POSITION)


def _place(row: Mapping[str, Any]) -> Cursor:
    return Cursor(START, UUID(int=row["position"]))


def _said(code: str) -> dict[str, Any]:
    known = CODES[code]
    return {"severity": known.severity, "title": known.title, "advice": known.advice}


async def shown(work: UnitOfWork, row: PastImport) -> dict[str, Any]:
    """An import as it is answered by the command that changed it."""
    return _shaped(work.actor, {name: getattr(row, name) for name in SHOWN})


def _from_row(actor: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
    read = {name: orjson.loads(row[name]) for name in ("counts", "categories")}
    return _shaped(actor, {**{name: row[name] for name in SHOWN}, **read})


def _shaped(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    counts, because = row["counts"] or None, row["because"]
    if counts is not None:
        problems = [{**one, **_said(one["code"])} for one in counts["problems"]]
        counts = {"kept": None, **counts, "problems": problems}
    if because is not None:
        known = CODES.get(because)
        said = {"title": known.title, "advice": known.advice} if known else LOST
        because = {"code": because, **said}
    return {**row, "counts": counts, "because": because, "permissions": _offered(actor, row)}


LOST: Final = {
    "title": "Cairn does not find the file that it stored; nothing came in.",
    "advice": "Send it again.",
}


def _offered(actor: Actor, row: Mapping[str, Any]) -> list[str]:
    """The next steps of this actor."""
    planned = row["state"] in (rules.PLANNED, rules.HELD)
    steps = {
        "change": planned and bool(policy.may(actor, P.HISTORY_PREPARE)),
        "approve": planned and not row["plan_only"] and _may_decide(actor, row),
        "undo": row["state"] == rules.APPLIED and _may_decide(actor, row),
    }
    return [name for name, offered in steps.items() if offered]


def _may_decide(actor: Actor, row: Mapping[str, Any]) -> bool:
    reads = row["highest_class"] in (None, *policy.own_rights(actor).classes)
    return reads and bool(policy.may(actor, P.HISTORY_APPROVE))


async def _import_to_read(work: UnitOfWork, import_id: UUID, part: str) -> Any:
    """The import, with a trace of who looked into it. Raises `PastImportNotFound`."""
    policy.require(work.actor, P.HISTORY_APPROVE)
    found = await stored.import_of(await work.driver(), work.actor.school_id, import_id)
    if found is None:
        raise PastImportNotFound
    work.record(AuditEvent.PAST_IMPORT_READ, "past_import", import_id, details={"part": part})
    return found


async def open_rows(
    work: UnitOfWork, import_id: UUID, asked: PastRowListIn, paging: PageOf
) -> Page[dict[str, Any]]:
    """Rows of a plan with what they say, as far as this reader reads such entries.

    Raises `PermissionMissing`, `PastImportNotFound`.
    """
    await _import_to_read(work, import_id, "entries")
    where = Conditions(work.actor.school_id)
    where.add("r.import_id = {}", import_id)
    where.add("r.position > {}", _behind(paging))
    where.add("r.confidentiality = any({}::text[])", sorted(policy.own_rights(work.actor).classes))
    if asked.fate is not None:
        where.add("r.fate = {}", asked.fate)
    if asked.still_open:
        where.keep("r.is_open")
    if related := [str(one) for one in work.actor.conflicts.children]:
        where.add(
            "not exists (select from jsonb_array_elements(r.children) c "
            "where c->>'id' = any({}::text[]))",
            related,
        )
    rows = await stored.rows_of(await work.driver(), where, paging.fetch)
    return page_of(rows, paging, key=_place, shape=_row_shown)


def _row_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {one["id"]: one["name"] for one in orjson.loads(row["names"] or "[]")}
    children = orjson.loads(row["children"])
    return {
        **{name: row[name] for name in ("position", "line", "source_id", "fate", "codes")},
        "confidentiality": row["confidentiality"],
        "open": row["is_open"],
        "unmatched": row["unmatched"],
        "content": orjson.loads(row["content"]) if row["content"] else None,
        "children": [
            {"child": {"id": one["id"], "name": names[one["id"]]}, "role": one["role"]}
            for one in children
        ],
    }


async def open_source_children(
    work: UnitOfWork, import_id: UUID, paging: PageOf
) -> Page[dict[str, Any]]:
    """Children of the source that nobody knows, each with those who may be meant.

    Raises `PermissionMissing`, `PastImportNotFound`.
    """
    found = await _import_to_read(work, import_id, "children")
    driver, school_id = await work.driver(), work.actor.school_id
    behind = NIL if paging.after is None else paging.after.id
    rows = await stored.unmatched_of(
        driver, school_id, import_id, found["source_system"], behind, paging.fetch
    )
    shown_rows = [{**row, "proposals": await _proposals(work, row["reference"])} for row in rows]
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
    rows = await stored.proposed(await work.driver(), work.actor.school_id, words, born)
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
