"""Who reaches agencies, shares and referrals, and the items they are made of."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import Agency, ChildStatus, Decision, Referral, Share
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import concern_for
from app.domain.errors import (
    AgencyNotFound,
    ConcernNotFound,
    FieldProblem,
    Forbidden,
    ReferralNotFound,
    ShareNotFound,
    ValidationFailed,
    VersionStale,
)

Item = Mapping[str, Any]


class ItemsHidden(Forbidden):
    code = "items_hidden"
    title = "It holds items that you may not see."
    advice = "Ask a safeguarding lead who may see all of them."


async def agency_for(
    work: UnitOfWork, agency_id: UUID, permission: Permission, *, lock: bool = False
) -> Agency:
    """The agency. Raises `PermissionMissing`, `AgencyNotFound`."""
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Agency, agency_id)
    if found is None:
        raise AgencyNotFound
    return found


async def share_for(
    work: UnitOfWork, share_id: UUID, permission: Permission, *, lock: bool = False
) -> Share:
    """The share. Raises `PermissionMissing`, `ShareNotFound`."""
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Share, share_id)
    if found is None:
        raise ShareNotFound
    return found


async def referral_for(
    work: UnitOfWork, referral_id: UUID, permission: Permission, *, lock: bool = False
) -> Referral:
    """The referral. Raises `PermissionMissing`, `ReferralNotFound`,

    `ItemsHidden` (it comes from a concern that may not be seen).
    """
    policy.require(work.actor, permission)
    found = await (work.sharing.lock if lock else work.sharing.find)(Referral, referral_id)
    if found is None:
        raise ReferralNotFound
    if found.concern_id is not None and not await may_see_concern(work, found.concern_id):
        raise ItemsHidden
    return found


def check_version(row: Share | Referral | Agency, seen: int) -> None:
    """Raise `VersionStale` unless the writer saw the present version."""
    if row.version != seen:
        raise VersionStale


async def decision_for(work: UnitOfWork, child_id: UUID, decision_id: UUID) -> Decision:
    """A decision about the child that this person may see, else `ValidationFailed`."""
    item = {"kind": "decision", "id": str(decision_id)}
    found = await work.sharing.find(Decision, decision_id)
    if found is None or not (await _is_about(work, child_id, item) and await _may_see(work, item)):
        problem = FieldProblem("/decision_id", "unknown_decision", "There is no such decision.")
        raise ValidationFailed(problems=[problem])
    return found


async def visible_items(work: UnitOfWork, items: Sequence[Item]) -> list[Item]:
    """The items this person may see."""
    return [item for item in items if await _may_see(work, item)]


async def require_all_visible(work: UnitOfWork, items: Sequence[Item]) -> None:
    """Raise `ItemsHidden` unless this person may see every item."""
    if len(await visible_items(work, items)) < len(items):
        raise ItemsHidden


async def check_items(work: UnitOfWork, child_id: UUID, items: Sequence[Item]) -> None:
    """Every item exists, is about the child and may be seen; else `ValidationFailed`.

    One that may not be seen is answered like one that does not exist.
    """
    problems: list[FieldProblem] = []
    for place, item in enumerate(items):
        pointer = f"/items/{place}"
        if not await _is_about(work, child_id, item) or not await _may_see(work, item):
            problems.append(
                FieldProblem(f"{pointer}/id", "unknown_item", "This child has no such item.")
            )
        elif item.get("redactions"):
            lengths = await work.sharing.text_lengths(UUID(item["id"]))
            problems.extend(_outside(pointer, item["redactions"], lengths))
    if problems:
        raise ValidationFailed(problems=problems)


def _outside(
    pointer: str, redactions: Sequence[Mapping[str, Any]], lengths: Mapping[UUID, int]
) -> list[FieldProblem]:
    """Redactions that do not lie within a text of their concern."""
    return [
        FieldProblem(
            f"{pointer}/redactions/{place}",
            "redaction_outside",
            "It does not lie within a statement of this concern.",
        )
        for place, redaction in enumerate(redactions)
        if not 0
        <= redaction["start"]
        < redaction["end"]
        <= lengths.get(UUID(redaction["statement_id"]), -1)
    ]


async def _is_about(work: UnitOfWork, child_id: UUID, item: Item) -> bool:
    id_ = UUID(item["id"])
    if item["kind"] == "concern":
        return await work.sharing.concerns_child(id_, child_id)
    if item["kind"] == "status":
        status = await work.sharing.find(ChildStatus, id_)
        return status is not None and status.child_id == child_id
    decision = await work.sharing.find(Decision, id_)
    if decision is None:
        return False
    if decision.concern_id is not None:
        return await work.sharing.concerns_child(decision.concern_id, child_id)
    return decision.child_id == child_id


async def _may_see(work: UnitOfWork, item: Item) -> bool:
    id_ = UUID(item["id"])
    if item["kind"] == "concern":
        return await may_see_concern(work, id_)
    if item["kind"] == "status":
        status = await work.sharing.find(ChildStatus, id_)
        return status is not None and bool(policy.may_see_class(work.actor, status.confidentiality))
    decision = await work.sharing.find(Decision, id_)
    if decision is None:
        return False
    return decision.concern_id is None or await may_see_concern(work, decision.concern_id)


async def may_see_concern(work: UnitOfWork, concern_id: UUID) -> bool:
    """Whether this person may read the whole of a concern."""
    try:
        await concern_for(work, concern_id, Permission.CONCERN_READ)
    except ConcernNotFound:
        return False
    return True
