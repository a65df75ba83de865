"""Build the bytes of a referral, with its extract of the chronology."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.db.models import Agency, Referral
from app.db.repositories.sharing import referrals
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import may_go_out, may_pass_on, with_source
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.referral_forms.queries import form_for
from app.domain.sharing.referral_forms.rules import KindSchema
from app.domain.sharing.share_recipients.rules import PROFESSIONALS
from app.domain.sharing.shared_files.commands import unconfirmed
from app.domain.sharing.shared_files.schemas import AttachmentConfirmationIn
from app.domain.sharing.snapshots.commands import Content, content_of, gather
from app.domain.sharing.snapshots.rules import Material, SnapshotBuilder, cuts_of, redacted

Row = Mapping[str, Any]
Item = dict[str, Any]
CHOSEN = "chosen"

FORMAT = "cairn-referral/1"
OF_AGENCY = ("name", "kind", "phone", "out_of_hours_phone", "email", "address")


# The sources of entries are kept among the items (`extract`), so that people who may not see, pass
# on or know of one are refused just as for an item.
async def chosen_extract(
    work: UnitOfWork, child_id: UUID, choice: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, list[Item]]:
    """The extract as saved, and the items behind it.

    Of the significant entries, those the actor may pass on; raises `ValidationFailed` if one chosen
    by its ID may not be.
    """
    kind = (choice or {}).get("choice", "none")
    if choice is None or kind == "none":
        return None, []
    ids = [UUID(entry) for entry in choice["entries"]] if kind == CHOSEN else None
    rows = await referrals.entries_of(await work.driver(), work.actor.school_id, child_id, ids)
    items = [_behind(row) for row in rows]
    each = [item for of_row in items for item in of_row]
    passable = await may_pass_on(work, child_id, each, hold=True)
    going = map(all, zip(passable, await may_go_out(work, each), strict=True))
    whole = [all([next(going) for _ in of_row]) for of_row in items]
    chosen = [row for row, may in zip(rows, whole, strict=True) if may]
    if ids is not None:
        _check_all({row["id"] for row in chosen}, ids)
    behind = {(item["kind"], item["id"]): item for row in chosen for item in _behind(row)}
    return {"choice": kind, "entries": [str(row["id"]) for row in chosen]}, list(behind.values())


def _check_all(known: set[UUID], asked: Sequence[UUID]) -> None:
    problems = [
        FieldProblem(
            f"/chronology/entries/{index}", "unknown_entry", "Cairn cannot find this entry."
        )
        for index, id_ in enumerate(asked)
        if id_ not in known
    ]
    if problems:
        raise ValidationFailed(problems=problems)


def _behind(row: Row) -> list[Item]:
    """The sources of an entry, such as the items of a referral, each showing nothing itself."""
    if row["kind"] == "referral":
        made_of = with_source(orjson.loads(row["items"]), row["concern_id"])
        keys = [(item["kind"], item["id"]) for item in made_of]
    elif row["concern_id"]:
        keys = [("concern", str(row["concern_id"]))]
    else:
        keys = [(row["kind"], str(row["thing_id"]))]
    return [
        {"kind": kind, "id": id_, "include": [], "redactions": [], "extract": True}
        for kind, id_ in keys
    ]


def plain(items: Sequence[Item]) -> list[Item]:
    """The items that someone chose, without those behind an extract."""
    return [item for item in items if not item.get("extract")]


def behind(items: Sequence[Item]) -> list[Item]:
    """The items that stand behind an extract."""
    return [item for item in items if item.get("extract")]


async def told_extract(
    work: UnitOfWork, referral: Referral, material: Material, teller: SnapshotBuilder
) -> list[dict[str, Any]] | None:
    """Render the extract for the agency; None if none was chosen."""
    if referral.chronology is None:
        return None
    ids = [UUID(entry) for entry in referral.chronology["entries"]]
    rows = await referrals.entries_of(
        await work.driver(), work.actor.school_id, referral.child_id, ids
    )
    builder = _Telling(material, teller, referral.items)
    return [builder.entry(row) for row in rows]


class _Telling:
    """Tells entries with every passage hidden that is redacted in an item."""

    def __init__(self, material: Material, teller: SnapshotBuilder, items: Sequence[Item]) -> None:
        self._material, self._teller = material, teller
        self._cuts: dict[UUID, list[tuple[int, int]]] = {}
        for item in items:
            for id_, cuts in cuts_of(item).items():
                self._cuts.setdefault(id_, []).extend(cuts)

    def entry(self, row: Row) -> dict[str, Any]:
        """One entry: its time, its kind, and a short summary."""
        saved = ("kind", "occurred_at", "occurred_precision", "recorded_at", "late", "category")
        facts = {name: row[name] for name in saved}
        return facts | {"summary": self._summary(row), "child_said": self._child_said(row)}

    def _summary(self, row: Row) -> str | None:
        if row["kind"] == "concern":
            return self._joined(row, child_said=False)
        if row["kind"] == "referral":
            return " / ".join(
                item
                for item in (row["referral_kind"], row["agency"], row["referral_outcome"])
                if item
            )
        if row["kind"] == "status":
            status = self._material.statuses.get(row["thing_id"])
            return self._text(_words(status, "kind", "detail")) if status else None
        return self._text(self._of_part(row))

    def _of_part(self, row: Row) -> str | None:
        if row["kind"] == "decision":
            result = self._material.decisions.get(row["thing_id"])
            return _words(result, "question", "decision") if result else None
        actions = self._material.parts["actions"].get(row["concern_id"], ())
        mine = (action for action in actions if action["id"] == row["thing_id"])
        return next((_words(item, "what", "outcome") for item in mine), None)

    def _child_said(self, row: Row) -> str | None:
        return self._joined(row, child_said=True) if row["kind"] == "concern" else None

    def _joined(self, row: Row, *, child_said: bool) -> str | None:
        statements = self._material.parts["statements"].get(row["concern_id"], ())
        items = [
            self._text(redacted(statement["text"], self._cuts.get(statement["id"], [])))
            for statement in statements
            if (statement["kind"] == "child_said") == child_said
        ]
        return "\n".join(text for text in items if text) or None

    def _text(self, text: str | None) -> str | None:
        return self._teller.text(text)


def _words(row: Row, *names: str) -> str:
    return " ".join(str(row[name]) for name in names if row[name])


async def referral_content(work: UnitOfWork, referral: Referral) -> Content:
    """Build what the agency would get now: staff by name, other children by what they are.

    A named person can decide, with a reason, that the other children are named.
    """
    also = [referral.concern_id] if referral.concern_id else []
    writer = referral.drafted_by
    material = await gather(work, referral.child_id, referral.items, also=also, people=[writer])
    consent = referral.consent or {}
    named = bool(consent.get("name_others"))
    teller = SnapshotBuilder(material, PROFESSIONALS, referral.items, name_others=named)
    agency = await work.sharing.find(Agency, referral.agency_id)
    assert agency is not None  # noqa: S101 - a foreign key says so
    content: dict[str, Any] = {
        "format": FORMAT,
        "kind": "referral",
        "referral_kind": referral.kind,
        "reference": referral.reference,
        "urgency": referral.urgency,
        "school": teller.school(),
        "child": teller.child(),
        "agency": {name: getattr(agency, name) for name in OF_AGENCY},
        "written_by": material.staff[writer]["name"],
        "lawful_basis": referral.lawful_basis,
        "fields": {
            name: {"state": answer["state"], "value": teller.deep(answer.get("value"))}
            for name, answer in referral.fields.items()
        },
        "consent": teller.deep(consent.get("block")),
        "items": [teller.item(item) for item in plain(referral.items)],
        "form": form_told(await form_for(work, referral)),
    }
    if (extract := await told_extract(work, referral, material, teller)) is not None:
        content["chronology"] = extract
    return content_of(material, referral.items, content, teller.files, referral.concern_id)


async def unconfirmed_files(
    work: UnitOfWork,
    referral: Referral,
    content: Content,
    confirmed: Sequence[AttachmentConfirmationIn],
) -> list[FieldProblem]:
    """What the person releasing the chosen files has not confirmed about them yet."""
    return await unconfirmed(
        work, referral.child_id, referral.items, content.files, confirmed,
        others_named=bool((referral.consent or {}).get("name_others")),
    )  # fmt: skip


def form_told(form: KindSchema) -> dict[str, Any]:
    """The form with its labels, so that the frozen content can be read by itself."""
    return {
        "kind": form.kind,
        "label": form.label,
        "version": form.version,
        "variant": form.variant,
        "authority": form.authority,
        "sections": [
            {
                "name": section.name,
                "label": section.label,
                "fields": [
                    {"name": field.name, "label": field.label, "type": field.type,
                     "required": field.required}
                    for field in section.fields
                ],
            }
            for section in form.sections
        ],
    }  # fmt: skip
