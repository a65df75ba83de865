"""Offers of support to colleagues: between the two of them, and a hand-over without a reason."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import Staff, StaffSupportOffer
from app.db.paging import Page, PageOf, page_of
from app.db.repositories.safety import staff_support as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import StaffNotFound
from app.domain.etags import check_version
from app.domain.safety.staff_support.errors import OfferAnswered, OfferNotFound, OfferToYourself
from app.domain.steps import new, record_row

NOUN: Final = "staff_support_offer"
HAND_OVER: Final = "hand_over"
TASK: Final = "staff_hand_over"


async def offer_support(
    work: UnitOfWork, offer_id: UUID | None, person_id: UUID, words: str | None
) -> StaffSupportOffer:
    """Offer support to a colleague.

    Raises `PermissionMissing`, `StaffNotFound`, `OfferToYourself`.
    """
    policy.require(work.actor, Permission.TASK_DO)
    if person_id == work.actor.id:
        raise OfferToYourself
    if await work.staff.find(Staff, person_id) is None:
        raise StaffNotFound
    row = new(
        work, StaffSupportOffer, id=offer_id or new_id(), person_id=person_id,
        offered_by=work.actor.id, words=words, offered_at=work.now, answer=None, answered_at=None,
    )  # fmt: skip
    work.staff.add(row)
    record_row(work, AuditEvent.SUPPORT_OFFERED, row)
    return row


async def list_offers(work: UnitOfWork, paging: PageOf) -> Page[dict[str, Any]]:
    """Offers to me and by me, the newest first. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.TASK_DO)
    work.record(AuditEvent.SUPPORT_LISTED, NOUN, None)
    rows = await stored.page_of_offers(
        await work.driver(), work.actor.school_id, work.actor.id, paging
    )
    return page_of(rows, paging, key="offered_at", shape=to_response)


async def answer_offer(
    work: UnitOfWork, offer_id: UUID, version: int, answer: str
) -> StaffSupportOffer:
    """Answer an offer; people who want to hand over work need not say why.

    Raises `PermissionMissing`, `OfferNotFound`, `VersionStale`, `OfferAnswered`.
    """
    policy.require(work.actor, Permission.TASK_DO)
    row = await work.staff.lock(StaffSupportOffer, offer_id)
    if row is None or row.person_id != work.actor.id:
        raise OfferNotFound
    check_version(row, version)
    if row.answer is not None:
        raise OfferAnswered
    row.answer, row.answered_at, row.version = answer, work.now, row.version + 1
    record_row(work, AuditEvent.SUPPORT_ANSWERED, row)
    if answer == HAND_OVER:
        await _ask_for_hand_over(work, row)
    return row


async def _ask_for_hand_over(work: UnitOfWork, row: StaffSupportOffer) -> None:
    """Ask a lead to move the work; only that lead learns who asked."""
    leads = [item.id for item in await people_here(work) if "dsl" in item.roles and not item.away]
    first = next((lead for lead in leads if lead != row.person_id), None)
    await set_task(
        work,
        SetTask(
            TASK, confidentiality=ANYONE, first=first, barred=[row.person_id],
            facts={"person_id": str(row.person_id)},
        ),
    )  # fmt: skip


async def whole(work: UnitOfWork, row: StaffSupportOffer) -> dict[str, Any]:
    """An offer as one of the two sees it."""
    return to_response(await stored.one_offer(await work.driver(), row.school_id, row.id))


def to_response(row: Mapping[str, Any]) -> dict[str, Any]:
    """Build the answer from a row."""
    return {
        **picked(row, "id", "words", "offered_at", "answer", "answered_at"),
        "person": {"id": row["person_id"], "name": row["person_name"]},
        "offered_by": {"id": row["offered_by"], "name": row["offered_by_name"]},
    }  # fmt: skip
