"""Bars on a referral, file or plan for a person, as for the recipient of a share.

What needs two people goes home only as a share.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem
from app.domain.record.contacts.queries import Somebody, restricted_match
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.parents_guards.queries import home_of
from app.domain.sharing.parents_guards.rules import held
from app.domain.sharing.share_recipients.queries import family_meant

BARRED_ADDRESS = FieldProblem(
    "/email", "barred_address",
    "Somebody who may not be told has this name, or these contact details.",
)  # fmt: skip
GUARDED_HOME = FieldProblem(
    "/email", "guarded_home",
    "A family member has this name or these contact details, and home may not be told yet.",
)  # fmt: skip


async def barred_among(
    work: UnitOfWork, child_id: UUID, people: Mapping[str, Somebody],
    items: Collection[UUID] | None = None,
) -> list[FieldProblem]:  # fmt: skip
    """Find people who, by name, address or phone, may be a contact who may not be informed.

    Ended contacts count. `people` are the recipients, by the field that names them. Referrals and
    transfers call this as shares call `guard_marks`: one function decides. The guards on telling
    home also apply, for `items` or the whole file; what needs two people goes home only as a share.
    """
    contacts = await work.children.contacts_of(child_id)
    problems = [
        replace(BARRED_ADDRESS, pointer=pointer)
        for pointer, somebody in people.items()
        if restricted_match(somebody, contacts, work.today)
    ]
    known = {item.pointer for item in problems}
    home = {
        pointer: ids
        for pointer, person in people.items()
        if pointer not in known and (ids := family_meant(contacts, [person]))
    }
    return [*problems, *await _guarded_home(work, child_id, home, items)] if home else problems


async def _guarded_home(
    work: UnitOfWork, child_id: UUID, meant: Mapping[str, Sequence[UUID]],
    items: Collection[UUID] | None,
) -> list[FieldProblem]:  # fmt: skip
    if items is None:
        items = await work.concerns.ids_about(child_id)
    home = await home_of(work, child_id, items)
    return [
        replace(GUARDED_HOME, pointer=pointer)
        for pointer, ids in meant.items()
        if any(held(home.guards(id_), reason=True, second=False) for id_ in ids)
    ]


@dataclass(frozen=True, slots=True)
class Handed:
    """Bars on handing something to a person in front of us; empty if there are none.

    What needs two people goes home only as a share.
    """

    problems: Sequence[FieldProblem] = ()
    refusal: ParentsGuarded | None = None
    marks: Sequence[str] = ()
    """The person's bars, or the guards on telling home, as saved."""


async def handed_to(
    work: UnitOfWork, child_id: UUID, person: str | None, items: Collection[UUID], *,
    at_home: bool, reason: bool = True,
) -> Handed:  # fmt: skip
    """Find the bars for a person as someone wrote them down.

    A person with a contact's name counts as that contact; `at_home` means family of any
    relationship.
    """
    contacts, somebody = await work.children.contacts_of(child_id), Somebody.written(person)
    if marks := restricted_match(somebody, contacts, work.today):
        problem = replace(BARRED_ADDRESS, pointer="/person")
        return Handed([problem], None, [item.mark for item in marks])
    meant: Sequence[UUID | None] = family_meant(contacts, [somebody]) or ([None] if at_home else [])
    if not meant:
        return Handed()
    home = await home_of(work, child_id, items)
    guards = [guard for id_ in meant for guard in home.guards(id_)]
    if not (still := held(guards, reason=reason, second=False)):
        return Handed()
    refusal = home.refusal(still, reason=reason, second=False)
    return Handed((), refusal, sorted({item.mark for item in still}))


def items_of(referral: Referral) -> list[UUID]:
    """Items of a referral that may decide about telling home."""
    source = [referral.concern_id] if referral.concern_id is not None else []
    return [*source, *(UUID(item["id"]) for item in referral.items)]


async def barred_agency(
    work: UnitOfWork, referral: Referral, agency: Agency, email: str | None = None
) -> list[FieldProblem]:
    """As `barred_among`, for an agency's saved details; `email` is a further address of a link."""
    by_day = Somebody(name=agency.name, emails=(agency.email,), phone=agency.phone)
    return await barred_among(
        work, referral.child_id,
        {
            "/agency_id": by_day,
            "/agency_id/out_of_hours_phone": Somebody(phone=agency.out_of_hours_phone),
            "/email": Somebody(emails=(email,)),
        },
        items_of(referral),
    )  # fmt: skip


async def barred_destination(
    work: UnitOfWork, child_id: UUID, destination: Mapping[str, Any], to: str | None = None
) -> list[FieldProblem]:
    """As `barred_among`, for the destination of a file; `to` is who took it."""
    return await barred_among(
        work, child_id,
        {
            "/destination/name": Somebody(name=destination.get("name")),
            "/destination/lead": Somebody(name=destination.get("lead")),
            "/destination/email": Somebody(emails=(destination.get("email"),)),
            "/to": Somebody.written(to),
        },
    )  # fmt: skip
