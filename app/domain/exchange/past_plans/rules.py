"""Pure shapes: from a row that was read to a row of the plan, and from there to entries."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.moments import written
from app.core.vocabularies import codes
from app.domain.exchange.imports.rules import HELD
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.rules import Decided, entry_id
from app.formats.history import Problem, Row
from app.formats.rosters.guessing import Guess, Proposal

ENDED_THERE: Final = "It had ended in the system used before."
BARS_NOBODY: Final = ("", "yes", "true", "unknown")
"""Words in `rules.BARS` that bar nobody; a person reads any other."""
KINDS: Final = codes("contact_kinds")


@dataclass(frozen=True, slots=True)
class Origin:
    """Source of the rows of an import, and their author here."""

    school_id: UUID
    source: str
    kind: str


def problem_rows(problems: Sequence[Problem], behind: int) -> list[dict[str, Any]]:
    """Problems as they are kept, numbered from behind a position on."""
    return [
        {
            "id": str(new_id()), "position": behind + number, "line": problem.line,
            "column": problem.column, "code": problem.code,
        }
        for number, problem in enumerate(problems, start=1)
    ]  # fmt: skip


def row_of(row: Row, decided: Decided, position: int, least: str) -> dict[str, Any]:
    """A row of the plan. Nothing is saved of one about staff, nor of a refused one."""
    classed = decided.classed
    keeps = row.entry is not None and classed is not None and decided.fate in (rules.NEW, HELD)
    return {
        "position": position, "line": row.line, "source_id": row.source_id if keeps else "",
        "sha256": row.sha256, "fate": decided.fate,
        "codes": list(dict.fromkeys(code for _, code in decided.problems)),
        "confidentiality": classed.confidentiality if classed else least,
        "is_open": row.entry is not None and row.entry.open,
        "children": decided.children if keeps else [],
        "unmatched": decided.unmatched if keeps else [],
        "content": _content(row, decided, classed.categories) if keeps and classed else None,
        "cells": dict(row.cells) if keeps else {},
    }  # fmt: skip


def _status(row: Row, lasting: rules.Lasting | None) -> dict[str, Any] | None:
    """The status that a row is, with its details."""
    if lasting is None:
        return None
    return {
        "kind": lasting.kind,
        "valid_from": lasting.interval.start,
        "valid_to": lasting.interval.end,
        "detail": lasting.detail,
        "lead_agency": rules.row_text(row, "lead_agency") or None,
        "worker": rules.row_text(row, "worker") or None,
        "evidence": rules.row_text(row, "evidence") or None,
        "review_due": lasting.review_due,
    }


def _content(row: Row, decided: Decided, categories: Sequence[str]) -> dict[str, Any]:
    entry = row.entry
    assert entry is not None  # noqa: S101 - it is kept
    return {
        "occurred_at": entry.occurred.at and written(entry.occurred.at),
        "occurred_unit": entry.occurred.unit,
        "occurred_about": entry.occurred.about,
        "recorded_at": entry.recorded_at and written(entry.recorded_at),
        "author_name": entry.author,
        "author_role": entry.author_role,
        "source_categories": list(entry.categories),
        "categories": list(categories),
        "text": entry.text,
        "details": entry.details,
        "significant": entry.significant,
        "links": list(entry.links),
        "withdrawn": entry.withdrawn or None,
        "redacted": entry.redacted,
        "file": row.file and asdict(row.file),
        "status": _status(row, decided.status),
        "staff_id": decided.account and str(decided.account),
    }


def entries_of(of: Origin, row: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The entries of a row of the plan: one in the file of each child."""
    content: dict[str, Any] = orjson.loads(row["content"])
    children: list[dict[str, str]] = orjson.loads(row["children"])
    del content["file"]
    if row["amends"]:
        content["links"] = [*content["links"], f"amends={of.kind}:{row['source_id']}"]
    content["occurred_at"] = content["occurred_at"] or content["recorded_at"] or written(now)
    together = _id(of, row, "together") if len(children) > 1 else None
    return [
        {
            **content, "id": str(_id(of, row, child["id"])), "child_id": child["id"],
            "child_role": child["role"], "together_id": together and str(together),
            "source": of.source, "kind": of.kind, "source_id": row["source_id"],
            "confidentiality": row["confidentiality"], "open": row["is_open"],
            "line": row["line"], "row_id": str(row["id"]), "row_sha256": row["sha256"],
            "cells": orjson.loads(row["cells"]),
        }
        for child in children
    ]  # fmt: skip


def status_of(
    entry: Mapping[str, Any],
) -> tuple[UUID, UUID, str, date, date | None, str, dict[str, Any]]:
    """The status of an entry, as it is added; its ID is that of the entry."""
    status: dict[str, Any] = entry["status"]
    days = {
        name: status[name] and date.fromisoformat(status[name])
        for name in ("valid_from", "valid_to", "review_due")
    }
    facts = {name: status[name] for name in ("detail", "lead_agency", "evidence")}
    facts["worker"] = status["worker"] and {"name": status["worker"], "role": None, "phone": None}
    facts |= {"source": entry["source"], "review_due": days["review_due"]}
    if days["valid_to"] is not None:
        facts["end_reason"] = ENDED_THERE
    start: date = days["valid_from"]
    return (
        UUID(entry["id"]), UUID(str(entry["child_id"])), status["kind"], start, days["valid_to"],
        entry["confidentiality"], facts,
    )  # fmt: skip


def contact_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The person in an entry, as a contact who may not be told; empty if a person has to decide.

    It is empty if the entry ended or was withdrawn there, or has a decision of a court or the
    school.
    """
    details: dict[str, str] = entry["details"]
    is_over = bool(entry["withdrawn"]) or "valid_to" in details
    if is_over or _bars(details) or details["kind"] not in KINDS:
        return {}
    names = [item for item in ("kind", "email", "phone", "address") if item in details]
    return {"name": entry["text"]} | {name: details[name] for name in names}


def _bars(details: Mapping[str, str]) -> bool:
    """Whether a court or the school may have decided against telling someone."""
    words = (details.get(name, "").strip().casefold() for name in rules.BARS)
    return "court_orders" in details or any(word not in BARS_NOBODY for word in words)


def barred_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By child, names and contact details of people barred in the previous system."""
    result: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        content: dict[str, str] = orjson.loads(row["details"])
        if _bars(content):
            known = {
                "name": row["name"],
                "email": content.get("email"),
                "phone": content.get("phone"),
            }
            result.setdefault(row["child_id"], []).append(known)
    return result


def counts_with(counts: Mapping[str, Any], code: str, more: int) -> dict[str, Any]:
    """The figures of an import with more problems of a code."""
    numbers = {problem["code"]: problem["number"] for problem in counts["problems"]}
    numbers[code] = numbers.get(code, 0) + more
    return {**counts, "problems": [{"code": item, "number": numbers[item]} for item in numbers]}


def proposed(proposal: Proposal) -> dict[str, Any]:
    """A guess at columns, to be confirmed; uncertain ones are questions."""
    return {
        "confirmed": False, "header": proposal.header, "values": {},
        "columns": {guess.field: [guess.column] for guess in proposal.guesses if guess.sure},
        "date_order": proposal.date_order,
        "date_order_needed": proposal.dates_doubtful and proposal.date_order is None,
        "guesses": [_guess(guess) for guess in proposal.guesses],
        "unmapped": list(proposal.unmapped),
    }  # fmt: skip


def _guess(guess: Guess) -> dict[str, Any]:
    fields = asdict(guess)
    score = fields.pop("score")
    return {**fields, "likeness": score, "sure": guess.sure}


def author_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The account that a name belongs to, from a row of the plan."""
    content: dict[str, Any] = orjson.loads(row["content"])
    return {
        "source_id": row["source_id"], "sha256": row["sha256"], "name": content["text"],
        "staff_code": content["details"].get("staff_code"), "staff_id": content["staff_id"],
    }  # fmt: skip


def file_key(school_id: UUID, row: Mapping[str, Any], sha256: str) -> str:
    """Key of a row's file in the store: the same whenever that row comes with that file."""
    result = entry_id(school_id, "", rules.DOCUMENT, row["source_id"], f"{row['sha256']} {sha256}")
    return f"attachments/{school_id}/{result}"


def _id(of: Origin, row: Mapping[str, Any], child: str) -> UUID:
    of_row = f"{row['source_id']}\n{row['sha256']}" if row["amends"] else row["source_id"]
    return entry_id(of.school_id, of.source, of.kind, of_row, child)
