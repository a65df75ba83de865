"""Reads of the state of a school export."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson

from app.core import clock
from app.core.words import Actor, Permission
from app.db.cards import picked, with_people, without_names
from app.db.models import SchoolExport
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import school_exports as stored
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.owners.queries import people_at
from app.domain.exchange.school_exports import rules
from app.domain.exchange.school_exports.errors import SchoolExportNotFound

P = Permission
APPROVE: Final = "approve_school_export"
SHOWN: Final = (
    "id", "reason", "thumbprint", "ordered_by", "by_key", "ordered_at", "approvals", "state",
    "done", "total", "size", "sha256", "expires_at", "ended_at", "ended_by",
    "end_reason",
)  # fmt: skip
PEOPLE: Final = ("ordered_by", "ended_by")
NAMES: Final = tuple(f"{item}_name" for item in PEOPLE)


async def list_exports(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """List the school's exports, newest first; a program sees its own orders."""
    actor = reading.actor
    only = actor.id if actor.is_service else None
    rows = await stored.exports_of(reading.driver, actor.school_id, asked, only)
    return page_of(rows, asked, key="ordered_at", shape=lambda row: _shaped(actor, row))


async def get_export(reading: Reading, export_id: UUID) -> tuple[dict[str, Any], int]:
    """Get one export and its version. Raises `SchoolExportNotFound`."""
    actor = reading.actor
    row = await stored.export_of(reading.driver, actor.school_id, export_id)
    if row is None or (actor.is_service and row["ordered_by"] != actor.id):
        raise SchoolExportNotFound
    return await _opened(reading.driver, actor, row), row["version"]


async def to_response(work: UnitOfWork, row: SchoolExport) -> dict[str, Any]:
    """An export as it is answered by the command that changed it."""
    await work.session.flush()
    export = await stored.export_of(await work.driver(), row.school_id, row.id)
    return await _opened(await work.driver(), work.actor, export)


async def _opened(driver: Driver, actor: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
    """Build the answer for one export; checks whether its approvers could still approve."""
    shaped = _shaped(actor, row)
    if APPROVE in shaped["permissions"] and not own_approval(actor)["reads_sealed"]:
        givers = [UUID(approval["by"]) for approval in shaped["approvals"]]
        people = (
            await people_at(driver, actor.school_id, clock.day_of(clock.now()), givers)
            if givers
            else []
        )
        standing = rules.still_standing(shaped["approvals"], people)
        if rules.lacks_reader([*standing, own_approval(actor)]):
            shaped["permissions"].remove(APPROVE)
    return shaped


def own_approval(actor: Actor) -> dict[str, Any]:
    """Content of the actor's approval."""
    sealed = rules.SEALED in policy.own_rights(actor).classes
    return {"by": str(actor.id), "reads_sealed": sealed}


def _shaped(actor: Actor, row: Mapping[str, Any]) -> dict[str, Any]:
    state = rules.state_at(row["state"], row["expires_at"], clock.now())
    approvals = orjson.loads(row["approvals"])
    fault = row["because"] and {"code": row["because"], "detail": rules.SENTENCES[row["because"]]}
    named = with_people(picked(row, *SHOWN, *NAMES), *PEOPLE)
    return {
        **(without_names(named, *PEOPLE) if actor.is_service else named),
        "approvals": approvals, "state": state, "fault": fault,
        "file": f"/v1/exports/{row['id']}/file" if state == rules.READY else None,
        "permissions": _offered(actor, row, state, approvals),
    }  # fmt: skip


def _offered(
    actor: Actor, row: Mapping[str, Any], state: str, approvals: list[dict[str, Any]]
) -> list[str]:
    """The next steps of this actor."""
    decides = state == rules.ASKED and bool(policy.may(actor, P.TRANSFER_APPROVE))
    steps = {
        APPROVE: decides and rules.is_second(actor.id, row["orderer"], approvals),
        "refuse_school_export": decides,
        "cancel_school_export": state in rules.LIVE and bool(policy.may(actor, P.SCHOOL_EXPORT)),
        "download_school_export": state == rules.READY and bool(policy.may(actor, P.SCHOOL_EXPORT)),
    }
    return [name for name, offered in steps.items() if offered]
