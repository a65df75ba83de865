"""Bodies and rows of safety checks and support notes to wishes and answers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, get_origin

from pydantic import BaseModel
from starlette.responses import Response

from app.api import replies
from app.api.schemas.safety_checks import (
    AmendSafetyCheckIn,
    CheckContentOut,
    CheckFields,
    SafetyCheckIn,
)
from app.api.schemas.support_notes import (
    AmendSupportNoteIn,
    NoteContentOut,
    NoteFields,
    SupportNoteIn,
)
from app.db.models import SafetyRecord
from app.db.paging import Page
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.records import reading
from app.domain.safety.records.notes import KeepNote
from app.domain.safety.safety_checks import checks as check_rules
from app.domain.safety.safety_checks.checks import KeepCheck

APART = {"good_until"}
"""What of a check is kept beside its words."""


def content_of(body: BaseModel, fields: type[BaseModel]) -> dict[str, Any]:
    """What was sent of these fields, as it is kept: an answer left out says nothing."""
    sent = body.model_dump(mode="json", include={*fields.model_fields} - APART)
    return {name: value for name, value in sent.items() if value not in (None, [])}


def filled(content: Mapping[str, Any], out: type[BaseModel]) -> dict[str, Any]:
    """What was kept, with null or an empty list for what was not."""
    empty: dict[str, Any] = {
        name: [] if get_origin(field.annotation) is list else None
        for name, field in out.model_fields.items()
    }
    return {name: content.get(name, none) for name, none in empty.items()}


def check_wish(body: SafetyCheckIn | AmendSafetyCheckIn) -> KeepCheck:
    """A check as the command takes it."""
    wish = KeepCheck(content_of(body, CheckFields), id=body.id, good_until=body.good_until)
    if isinstance(body, AmendSafetyCheckIn):
        return wish
    return replace(wish, concern_id=body.concern_id, at=body.at, precision=body.at_precision)


def note_wish(body: SupportNoteIn | AmendSupportNoteIn) -> KeepNote:
    """A note as the command takes it."""
    wish = KeepNote(content_of(body, NoteFields), id=body.id)
    if isinstance(body, AmendSupportNoteIn):
        return wish
    return replace(wish, concern_id=body.concern_id, at=body.at, precision=body.at_precision)


def _check(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    content = row["content"]
    until = check_rules.good_until(content)
    return {
        **row,
        "content": filled(content, CheckContentOut),
        "good_until": until,
        "old": now > until,
        "prompts": check_rules.prompts_of(content),
    }


def _note(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "content": filled(row["content"], NoteContentOut)}


def checks(page: Page[dict[str, Any]], now: datetime) -> Page[dict[str, Any]]:
    """A page of checks."""
    return Page([_check(row, now) for row in page.items], page.next)


def notes(page: Page[dict[str, Any]]) -> Page[dict[str, Any]]:
    """A page of notes."""
    return Page([_note(row) for row in page.items], page.next)


async def check(work: UnitOfWork, record: SafetyRecord, *, status: int = 200) -> Response:
    """One check."""
    shown = _check(await reading.whole(work, record), work.now)
    return _reply(shown, "safety-checks", status)


async def note(work: UnitOfWork, record: SafetyRecord, *, status: int = 200) -> Response:
    """One note."""
    return _reply(_note(await reading.whole(work, record)), "support-notes", status)


def _reply(shown: dict[str, Any], noun: str, status: int) -> Response:
    path = f"/v1/children/{shown['child_id']}/{noun}/{shown['id']}"
    return replies.record(shown, status=status, location=path if status == 201 else None)
