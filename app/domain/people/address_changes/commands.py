"""Change a person's contact details: a new address counts once they or the old one confirm it."""

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


# Until then alerts go to both, colleagues see both, and watchers over safeguarding know.
@dataclass(frozen=True, slots=True)
class Link:
    """Content of a message to the present address: the new details, and the secret to confirm."""

    address: str
    email: str | None
    phone: str | None
    secret: str


def suggest(
    work: UnitOfWork, staff: Staff, field: Literal["email", "phone"], value: str | None,
    *, watches: bool = False,
) -> bool:  # fmt: skip
    """Save a new address or number beside the current one; returns whether anything changed.

    A person's own change counts at once. So does a first number, unless the person `watches` over
    safeguarding: people phone them.
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
    """Drop unconfirmed details."""
    staff.new_email = staff.new_phone = staff.reach_changed_at = None


async def tell_changed(work: UnitOfWork, staff: Staff) -> None:
    """Alert the person and everyone who watches over safeguarding, and mail the person a link.

    Alerts at once if the person is a watcher.
    """
    if staff.reach_changed_at is not None:
        args = {"account_id": str(staff.id), "purpose": PURPOSE}
        work.enqueue(Job("account.send_link", args))
    if staff.id != work.actor.id:
        tell_once(work, [staff.id], CHANGED)
    urgent = await is_watcher(work, staff.id)
    await tell_watchers_once(work, CHANGED, but=[staff.id], urgent=urgent)


async def new_link(work: UnitOfWork, staff_id: UUID) -> Link | None:
    """Make a one-time secret for the present address; None if nothing is unconfirmed."""
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
    """Confirm or decline contact details that others entered. Raises `NothingToConfirm`."""
    staff = await work.staff.lock(Staff, work.actor.id)
    if staff is None or staff.reach_changed_at is None:
        raise NothingToConfirm
    if (staff.new_email, staff.new_phone) != (email, phone):
        raise NothingToConfirm
    _settle(work, staff, confirm=confirm)
    return staff


async def confirm_by_link(database: Database, secret: str) -> None:
    """Confirm with the link mailed to the present address. Raises `LinkInvalid`.

    A link made before the last change confirms nothing: it named other details.
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
