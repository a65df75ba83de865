"""Bodies and rows of records of keeping a child safe to commands and answers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, get_origin
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from app.api import replies
from app.api.schemas.found_items import FoundItemContentOut, FoundItemFields, FoundItemIn
from app.api.schemas.friend_support import FriendSupportContentOut
from app.api.schemas.home_safety_talks import HomeSafetyTalkContentOut, HomeSafetyTalkFields
from app.api.schemas.informing_parents import ParentsContentOut
from app.api.schemas.missing_episodes import (
    AmendMissingEpisodeIn,
    MissingEpisodeContentOut,
    MissingEpisodeFields,
    MissingEpisodeIn,
)
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
from app.domain.safety.found_items.commands import keep_what_happened
from app.domain.safety.missing_episodes.commands import (
    MissingEpisode,
    amend_missing_episode,
    keep_missing_episode,
)
from app.domain.safety.records import queries
from app.domain.safety.records.commands import KeepRecord
from app.domain.safety.safety_checks import commands as check_rules
from app.domain.safety.safety_checks.commands import KeepCheck, amend_check, keep_check
from app.domain.safety.support_notes import commands as notes
from app.domain.sharing.informing_parents import rules

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


def check_command(body: SafetyCheckIn | AmendSafetyCheckIn) -> KeepCheck:
    """A check as the command takes it."""
    command = KeepCheck(content_of(body, CheckFields), id=body.id, good_until=body.good_until)
    if isinstance(body, AmendSafetyCheckIn):
        return command
    return replace(command, concern_id=body.concern_id, at=body.at, precision=body.at_precision)


def note_command(body: SupportNoteIn | AmendSupportNoteIn) -> KeepRecord:
    """A note as the command takes it."""
    command = KeepRecord(notes.KIND, content_of(body, NoteFields), notes.SUMMARY, id=body.id)
    if isinstance(body, AmendSupportNoteIn):
        return command
    return replace(
        command, concern_id=body.concern_id, occurred_at=body.at,
        occurred_precision=body.at_precision,
    )  # fmt: skip


def episode_command(body: MissingEpisodeIn | AmendMissingEpisodeIn) -> MissingEpisode:
    """An episode as the command takes it."""
    command = MissingEpisode(content_of(body, MissingEpisodeFields), body.id)
    if isinstance(body, AmendMissingEpisodeIn):
        return command
    return replace(command, concern_id=body.concern_id, at=body.at)


def _check(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    until = check_rules.good_until(row["content"])
    return {
        "good_until": until,
        "old": now > until,
        "prompts": check_rules.prompts_of(row["content"]),
    }


def to_response(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A record as its kind is shown, with null for what was not written down."""
    kind, more = row["kind"], {}
    if kind == "safety_check":
        more = _check(row, now)
    elif kind == "parents_decision":
        more = {"still_to_write": rules.still_to_write(row["content"])}
    return {**row, "content": filled(row["content"], CONTENTS[kind]), **more}


def page(result: Page[dict[str, Any]], now: datetime) -> Page[dict[str, Any]]:
    """A page of records."""
    return Page([to_response(row, now) for row in result.items], result.next)


async def respond(work: UnitOfWork, record: SafetyRecord, *, status: int = 200) -> Response:
    """One record."""
    path = f"/v1/children/{record.child_id}/records/{record.id}" if status == 201 else None
    content = to_response(await queries.whole(work, record), work.now)
    return replies.record(content, status=status, location=path)


async def add(work: UnitOfWork, child_id: UUID, body: Any) -> SafetyRecord:
    """Write a body down as its kind asks for."""
    if isinstance(body, SafetyCheckIn):
        return await keep_check(work, child_id, check_command(body))
    if isinstance(body, SupportNoteIn):
        return await notes.keep_note(work, child_id, note_command(body))
    if isinstance(body, MissingEpisodeIn):
        return await keep_missing_episode(work, child_id, episode_command(body))
    fields = FoundItemFields if isinstance(body, FoundItemIn) else HomeSafetyTalkFields
    return await keep_what_happened(
        work, child_id, body.kind, content_of(body, fields),
        id_=body.id, concern_id=body.concern_id, at=body.at,
    )  # fmt: skip


async def amend(work: UnitOfWork, child_id: UUID, record_id: UUID, body: Any) -> SafetyRecord:
    """Put a record right as its kind asks for."""
    if isinstance(body, AmendSafetyCheckIn):
        return await amend_check(work, child_id, record_id, check_command(body), body.reason)
    if isinstance(body, AmendMissingEpisodeIn):
        command = episode_command(body)
        return await amend_missing_episode(work, child_id, record_id, command, body.reason)
    return await notes.amend_note(work, child_id, record_id, note_command(body), body.reason)


CONTENTS: Final[dict[str, type[BaseModel]]] = {
    "safety_check": CheckContentOut,
    "support_note": NoteContentOut,
    "parents_decision": ParentsContentOut,
    "friend_support": FriendSupportContentOut,
    "found_item": FoundItemContentOut,
    "home_safety_talk": HomeSafetyTalkContentOut,
    "missing_episode": MissingEpisodeContentOut,
}
"""What was written down, by kind."""
