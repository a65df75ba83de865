"""How a person is reached: a new address counts once the person or the old one confirms it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Role
from app.db.models import AccountToken, Staff
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.common.alerts.commands import is_watcher, tell_once, tell_watchers_once
from app.domain.people.address_changes.errors import NothingToConfirm
from app.domain.people.passwords.errors import LinkInvalid
from app.domain.people.second_factors.rules import hash_of, new_secret
from app.domain.steps import record_row, touch

CHANGED = "reach_changed"
PURPOSE = "reach"
LINK_VALID = timedelta(days=7)


# Until then alerts go to both, colleagues see both, and those who watch over safeguarding know.
@dataclass(frozen=True, slots=True)
class Link:
    """What a message to the present address says: the new ones, and the secret that confirms."""

    address: str
    email: str | None
    phone: str | None
    secret: str


def suggest(
    work: UnitOfWork, staff: Staff, field: Literal["email", "phone"], value: str | None,
    *, watches: bool = False,
) -> bool:  # fmt: skip
    """Keep a new address or number beside the one that counts; whether anything changed.

    What people say of themselves counts at once, and so does a first number, unless it is of
    somebody who `watches` over safeguarding: people phone them.
    """
    waiting = f"new_{field}"
    present: str | None = getattr(staff, field)
    before = (present, getattr(staff, waiting))
    if staff.id == work.actor.id or (present is None and not watches):
        setattr(staff, field, value)
        setattr(staff, waiting, None)
    else:
        same = (value or "").casefold() == (present or "").casefold()
        setattr(staff, waiting, None if same else value or "")
    changed = (getattr(staff, field), getattr(staff, waiting)) != before
    if changed:
        waits = staff.new_email is not None or staff.new_phone is not None
        staff.reach_changed_at = work.now if waits else None
    return changed


def forget(staff: Staff) -> None:
    """Drop what waits to be confirmed."""
    staff.new_email = staff.new_phone = staff.reach_changed_at = None


async def tell_changed(work: UnitOfWork, staff: Staff) -> None:
    """The person and everybody who watches over safeguarding learn of it; a link goes to them.

    At once where it is about one of those who watch.
    """
    if staff.reach_changed_at is not None:
        args = {"account_id": str(staff.id), "purpose": PURPOSE}
        work.enqueue(Job("account.send_link", args))
    if staff.id != work.actor.id:
        tell_once(work, [staff.id], CHANGED)
    urgent = await is_watcher(work, staff.id)
    await tell_watchers_once(work, CHANGED, but=[staff.id], urgent=urgent)


async def new_link(work: UnitOfWork, staff_id: UUID) -> Link | None:
    """A one-time secret for the present address; None where nothing waits any longer."""
    staff = await work.staff.find(Staff, staff_id)
    if staff is None or staff.reach_changed_at is None:
        return None
    secret = new_secret()
    work.accounts.add(
        AccountToken(
            hash=hash_of(secret),
            account_id=staff_id,
            purpose=PURPOSE,
            organisation_id=work.actor.school_id,
            created_at=work.now,
            expires_at=work.now + LINK_VALID,
        )
    )
    return Link(staff.email, staff.new_email, staff.new_phone, secret)


async def answer_reach(
    work: UnitOfWork, email: str | None, phone: str | None, confirm: bool
) -> Staff:
    """Confirm or decline what others said of how one is reached. Raises `NothingToConfirm`."""
    staff = await work.staff.lock(Staff, work.actor.id)
    if staff is None or staff.reach_changed_at is None:
        raise NothingToConfirm
    if (staff.new_email, staff.new_phone) != (email, phone):
        raise NothingToConfirm
    _settle(work, staff, confirm=confirm)
    return staff


async def confirm_by_link(database: Database, secret: str) -> None:
    """Confirm with the link that the present address was mailed. Raises `LinkInvalid`.

    A link that was made before the last change confirms nothing: it named something else.
    """
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.use_account_token(
            hash_of(secret), work.now, purposes=(PURPOSE,)
        )
        done = token is not None and await _confirm(work, token)
    if not done:
        raise LinkInvalid


async def _confirm(work: UnitOfWork, token: AccountToken) -> bool:
    if token.organisation_id is None:
        return False
    owner = Actor(id=token.account_id, school_id=token.organisation_id, role=Role.SYSTEM)
    await work.rescope(owner)
    staff = await work.staff.lock(Staff, token.account_id)
    if staff is None or staff.reach_changed_at is None:
        return False
    if staff.reach_changed_at > token.created_at:
        return False
    _settle(work, staff, confirm=True)
    return True


def _settle(work: UnitOfWork, staff: Staff, *, confirm: bool) -> None:
    fields = [name for name in ("email", "phone") if getattr(staff, f"new_{name}") is not None]
    if confirm:
        staff.email = staff.new_email or staff.email
        staff.phone = staff.phone if staff.new_phone is None else staff.new_phone or None
    forget(staff)
    touch(work, staff)
    record_row(
        work, AuditEvent.REACH_CONFIRMED if confirm else AuditEvent.REACH_DECLINED, staff,
        after={"email": staff.email, "phone": staff.phone}, details={"fields": fields},
    )  # fmt: skip
