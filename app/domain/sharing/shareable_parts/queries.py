"""Parts of a child's record that may be shared, by the same rules that refuse a share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from app.core.pointers import pointer
from app.core.vocabularies.terms import DRAFT
from app.core.words import Permission
from app.db.models import Contact
from app.db.repositories import shared_items
from app.db.repositories.shared_items import Chosen, ItemRow
from app.db.repositories.sharing import shareable_parts as stored
from app.db.repositories.sharing import shared_files
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for, record_child_opened
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.share_access.queries import UNKNOWN, why_it_stays
from app.domain.record.children.queries import has_ended, shown_name
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.contacts.queries import may_be_told_among
from app.domain.sharing.parents_guards.queries import Home
from app.domain.sharing.record_redaction.rules import FAMILY, Kept, may_go_to
from app.domain.sharing.share_recipients.queries import Judged, judged
from app.domain.sharing.share_recipients.rules import audience_of, recipient_kind_of_contact
from app.domain.sharing.shared_files.rules import stays
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.domain.sharing.snapshots.rules import ABOUT_TELLING, WITHDRAWN

MOST: Final = 200
"""Items that are answered at once, the newest first."""
NOTHING: Final = "nothing_written"
Row = Mapping[str, Any]
_ItemSeen = tuple[Row, str | None]
"""An item, and why it stays here."""


async def get_shareable_parts(
    work: UnitOfWork, child_id: UUID, contact_id: UUID | None, recipient_kind: str
) -> dict[str, Any]:
    """List what the actor may share with a contact, or with a kind of recipient.

    The view is logged once. Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`,
    `ConflictOfInterest`, `FileLocked`, `ContactNotFound`.
    """
    policy.require(work.actor, Permission.SHARE_WRITE)
    child = await child_for(work, child_id, Permission.CHILD_OPEN)
    await check_unlocked(work, child.id, adds=True)
    contacts = await work.children.contacts_of(child.id)
    asked = _asked(work, contacts, contact_id, recipient_kind)
    kind = recipient_kind if contact_id is None else recipient_kind_of_contact(asked[0].kind)
    rows, more = await _rows(work, child.id)
    going = [row["id"] for row, why in rows if why is None]
    home, people = await judged(work, child.id, contacts, asked, going)
    family = dict.fromkeys(id_ for person in people for id_ in person.family)
    guards = {id_: _guards(home, id_, family) for id_ in going}
    record_child_opened(work, child, "shareable_parts")
    return {
        "child": {"id": child.id, "name": " ".join(shown_name(child))},
        "recipient_kind": kind,
        "recipients": [_recipient(work, person, contacts, home) for person in people],
        "social_care": home and home.call,
        "items": await _items(work, rows, kind, guards),
        "more": more,
        "vocabulary_status": DRAFT,
    }


def _asked(
    work: UnitOfWork, contacts: Iterable[Contact], contact_id: UUID | None, recipient_kind: str
) -> list[Contact]:
    """The contact, or every one of the kind; never an ended one."""
    live = [contact for contact in contacts if not has_ended(contact.valid_to, work.today)]
    if contact_id is None:
        return [item for item in live if recipient_kind_of_contact(item.kind) == recipient_kind]
    items = [item for item in live if item.id == contact_id]
    if not items:
        raise ContactNotFound
    return items


def _recipient(
    work: UnitOfWork, item: Judged, contacts: Sequence[Contact], home: Home | None
) -> dict[str, Any]:
    contact, verdict = item.contact, may_be_told_among(item.contact, contacts, work.today)
    return {
        "contact_id": contact.id, "kind": item.kind, "contact_kind": contact.kind,
        "name": contact.name,
        "may_be_told": verdict.to_response(),
        "allowed": not item.is_blocked,
        "reason_code": "telling_blocked" if item.is_blocked else None,
        "takes_two": item.takes_two,
        "guards": home.to_response(item.guards) if home else [],
    }  # fmt: skip


def _guards(home: Home | None, item_id: UUID, family: Iterable[UUID]) -> list[dict[str, Any]]:
    """Guards on telling any of the family about an item."""
    if home is None:
        return []
    item = home.of_item(item_id)
    return item.to_response(item.guards_of(family))


async def _rows(work: UnitOfWork, child_id: UUID) -> tuple[list[_ItemSeen], bool]:
    """Items that the actor sees, each with the reason it stays; and whether there are more.

    Hidden items are neither counted nor shown as missing.
    """
    seen, size = await _seen(work, child_id, MOST + 1), MOST + 1
    while len(seen.rows) <= MOST and seen.read == size:
        size *= 2
        seen = await _seen(work, child_id, size)
    return seen.rows[:MOST], len(seen.rows) > MOST


async def _items(
    work: UnitOfWork, rows: Sequence[_ItemSeen], recipient_kind: str,
    guards: Mapping[UUID, Sequence[Row]],
) -> list[dict[str, Any]]:  # fmt: skip
    """The items, each with the parts that may be sent, and the guards on telling home."""
    driver, school_id = await work.driver(), work.actor.school_id
    concerns = [row["id"] for row, why in rows if row["kind"] == "concern" and why is None]
    files: dict[UUID, list[Row]] = {}
    for file in await shared_files.kept_with(driver, school_id, concerns) if concerns else ():
        files.setdefault(file["concern_id"], []).append(file)
    return [
        {
            **_item(row, why, recipient_kind, files.get(row["id"], ())),
            "guards": guards.get(row["id"], []),
        }
        for row, why in rows
    ]


class _Seen(NamedTuple):
    """Items that the actor sees, each with why it stays here, of so many that were read."""

    rows: list[_ItemSeen]
    read: int


async def _seen(work: UnitOfWork, child_id: UUID, size: int) -> _Seen:
    driver, school_id = await work.driver(), work.actor.school_id
    items = await stored.items_about(driver, school_id, child_id, size)
    keys = [(row["kind"], row["id"]) for row in items]
    gates = await shared_items.items_of(driver, school_id, child_id, Chosen.of(keys))
    judged_rows = [(row, _why(work, gates.get(key))) for key, row in zip(keys, items, strict=True)]
    return _Seen([(row, why) for row, why in judged_rows if why != UNKNOWN[0]], len(items))


def _why(work: UnitOfWork, gate: ItemRow | None) -> str | None:
    """Why an item stays here, as a code; None if it may be sent."""
    if (why := why_it_stays(work.actor, gate)) is not None:
        return why[0]
    return WITHDRAWN if gate is not None and gate.in_error else None


def _item(row: Row, why: str | None, recipient_kind: str, files: Iterable[Row]) -> dict[str, Any]:
    reason = _asks_why(row, recipient_kind) if why is None else None
    goes = row["kind"] == "concern" and why is None
    return {
        **pointer(row["kind"], row["id"]), "reference": row["reference"], "code": row["code"],
        "at": row["at"], "allowed": why is None, "reason_code": why or reason,
        "needs_reason": reason is not None,
        "parts": _parts(row, audience_of(recipient_kind)) if goes else [],
        "attachments": [_file(file) for file in files],
    }  # fmt: skip


def _asks_why(row: Row, recipient_kind: str) -> str | None:
    """Why a record goes to such a recipient only with its own reason."""
    if row["kind"] != "record":
        return None
    decided = may_go_to(Kept(row["code"], orjson.loads(row["content"])), recipient_kind)
    return None if decided else decided.why


def _parts(row: Row, audience: str) -> list[dict[str, Any]]:
    """The parts of a concern, in the order in which a share lists them."""
    kinds = set(row["decisions"]) - (ABOUT_TELLING if audience == FAMILY else frozenset())
    there = {part: bool(kinds) if part == "decisions" else row[part] for part in CONCERN_PARTS}
    return [
        {"code": part, "allowed": is_there, "reason_code": None if is_there else NOTHING}
        for part, is_there in there.items()
    ]


def _file(row: Row) -> dict[str, Any]:
    why = stays(row)
    return {
        "id": row["id"], "file_name": row["file_name"], "content_type": row["content_type"],
        "size": row["size"], "allowed": why is None, "reason_code": why and why[0],
    }  # fmt: skip
