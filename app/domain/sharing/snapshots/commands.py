"""Gather the material of a share or referral, and build the bytes that would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from app.db.models import Contact, Share, Snapshot
from app.db.repositories import shared_items
from app.db.repositories.shared_items import Chosen, keys_of
from app.db.repositories.sharing import shares
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem
from app.domain.sharing.record_redaction import rules
from app.domain.sharing.record_redaction.rules import Kept, may_go_to
from app.domain.sharing.share_recipients.rules import audience_of_contact, recipient_kind_of_contact
from app.domain.sharing.shared_files.commands import keep_files
from app.domain.sharing.shared_files.rules import File, problems_of
from app.domain.sharing.snapshots.rules import (
    WITHDRAWN,
    Material,
    SnapshotBuilder,
    is_withdrawn,
    material_from,
    sha256_of,
    to_json_bytes,
)
from app.domain.steps import new

FORMAT = "cairn-share/1"


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes with their hash, and the reasons they must not leave."""

    bytes: bytes
    sha256: str
    problems: Sequence[FieldProblem]
    files: Sequence[File] = ()
    """Files that would be frozen with them."""


async def gather(
    work: UnitOfWork,
    child_id: UUID,
    items: Sequence[Mapping[str, Any]],
    *,
    also: Sequence[UUID] = (),
    people: Sequence[UUID] = (),
) -> Material:
    """Everything the items are made of, and the staff in `people`.

    Children of the concerns in `also` are hidden, too.
    """
    driver = await work.driver()
    rows = await shares.material_of(
        driver, work.actor.school_id, child_id, Chosen.of(keys_of(items), also), people
    )
    return material_from(rows)


def content_of(
    material: Material,
    items: Sequence[Mapping[str, Any]],
    content: Mapping[str, Any],
    chosen_files: Sequence[File],
    source: UUID | None = None,
) -> Content:
    """Build the canonical bytes of some content, with the errors of its items and files.

    `source` is the concern it comes from, whether or not that is an item.
    """
    content_bytes = to_json_bytes(content)
    problems = _withdrawn(material, items, source) + problems_of(items, material.kept_files)
    return Content(content_bytes, sha256_of(content_bytes), problems, chosen_files)


async def share_content(work: UnitOfWork, share: Share, contact: Contact | None) -> Content:
    """Build what the recipient of a share would get now, as what this contact is now."""
    kind, audience = share.recipient_kind, share.recipient["audience"]
    if contact is not None:
        kind, audience = recipient_kind_of_contact(contact.kind), audience_of_contact(contact.kind)
    material = await gather(work, share.child_id, share.items)
    teller = SnapshotBuilder(material, audience, share.items)
    recipient = {name: share.recipient[name] for name in ("name", "job_title", "organisation")}
    content = {
        "format": FORMAT,
        "kind": "share",
        "reference": share.reference,
        "school": teller.school(),
        "child": teller.child(),
        "recipient": {**recipient, "kind": kind},
        "purpose": share.purpose,
        "purpose_detail": teller.text(share.purpose_detail),
        "lawful_basis": share.lawful_basis,
        "items": [teller.item(item) for item in share.items],
    }
    made = content_of(material, share.items, content, teller.files)
    return replace(made, problems=[*made.problems, *_unreasoned(material, share.items, kind)])


async def freeze(work: UnitOfWork, kind: str, child_id: UUID, content: Content) -> UUID:
    """Save the content permanently; returns the snapshot's ID. Writes pending changes."""
    snapshot = new(
        work, Snapshot, kind=kind, child_id=child_id, content=content.bytes, sha256=content.sha256
    )
    work.sharing.add(snapshot)
    await work.session.flush()
    keep_files(work, snapshot.id, content.files)
    await work.session.flush()
    return snapshot.id


async def strictest(
    work: UnitOfWork, items: Sequence[Mapping[str, Any]], also: Sequence[UUID] = ()
) -> str:
    """The strictest class among the items, and among the concerns in `also`."""
    asked = Chosen.of(keys_of(items), also)
    result = await shared_items.items_of(await work.driver(), work.actor.school_id, None, asked)
    classes = (gate.confidentiality for row in result.values() for gate in row.gates)
    return rules.highest_class([class_name for class_name in classes if class_name is not None])


def _unreasoned(
    material: Material, chosen: Sequence[Mapping[str, Any]], recipient_kind: str
) -> list[FieldProblem]:
    """Records that go to this recipient only with their own reason, and have none."""
    items = []
    for index, item in enumerate(chosen):
        if item["kind"] == "record":
            row = material.records[UUID(item["id"])]
            decided = may_go_to(Kept(row["record"], orjson.loads(row["content"])), recipient_kind)
            items.append(decided.problem(f"/items/{index}/reason", item.get("reason")))
    return [entry for entry in items if entry is not None]


def _withdrawn(
    material: Material, items: Sequence[Mapping[str, Any]], source: UUID | None
) -> list[FieldProblem]:
    """Errors for concerns entered in error, and for what belongs to one."""
    rows = {
        "concern": material.concerns, "decision": material.decisions, "record": material.records,
    }  # fmt: skip
    found = {
        f"/items/{index}": rows[item["kind"]][UUID(item["id"])]
        for index, item in enumerate(items)
        if item["kind"] in rows
    }
    if source is not None:
        found["/concern_id"] = material.concerns[source]
    return [
        FieldProblem(pointer, WITHDRAWN, "This concern was entered in error.")
        for pointer, row in found.items()
        if is_withdrawn(row)
    ]
