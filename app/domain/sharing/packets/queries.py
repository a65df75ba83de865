"""Render a child's whole file as `cairn-file/1`: one child, nobody else's name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from app.core.moments import to_json_bytes
from app.db.repositories.shared_items import Chosen
from app.db.repositories.sharing import child_files as stored
from app.db.repositories.sharing import shares
from app.db.session import Driver
from app.domain.record.contacts.rules import is_other_person
from app.domain.sharing.child_files.queries import Sorted
from app.domain.sharing.child_files.rules import meeting_told, named_in
from app.domain.sharing.packets.rules import RECORD_FORMAT
from app.domain.sharing.share_recipients.rules import PROFESSIONALS
from app.domain.sharing.shares.rules import CONCERN_PARTS
from app.domain.sharing.snapshots.rules import SnapshotBuilder, material_from
from app.formats.packets.names import safe_name, unique_name

KEPT_SAFE = "safety_record"
Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in our store that travels beside the record, under `path`."""

    path: str
    key: str
    content_type: str
    size: int
    sha256: str


@dataclass(slots=True)
class PacketContent:
    """The record as JSON values, and the files that go with it."""

    content: dict[str, Any]
    files: list[Kept] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Every row from which the record is rendered."""

    front: Row
    rows: Mapping[str, Sequence[Row]]
    staff: Mapping[UUID, Row]


async def tell_file(
    driver: Driver, school_id: UUID, child_id: UUID, sorted_: Sorted, heading: Row
) -> PacketContent:
    """Build the record of everything that travels; `heading` comes first.

    Raises LookupError for a kind without a renderer: it would be lost silently.
    """
    kinds = {part.item.kind for part in sorted_.going}
    if forgotten := kinds - TOLD.keys() - TOLD_ELSEWHERE:
        raise LookupError(f"no packet tells {sorted(forgotten)}")
    travelling = sorted_.travelling("record")
    chosen = Chosen(
        sorted_.all_of("concern"), sorted_.travelling("decision"), sorted_.travelling("status"),
        travelling,
    )  # fmt: skip
    rows = await shares.material_of(driver, school_id, child_id, chosen, [])
    material = material_from(rows)
    loaded = await _load(driver, school_id, child_id, sorted_)
    teller = SnapshotBuilder(material, PROFESSIONALS)
    file = _File(
        teller, loaded, sorted_, {id_: material.records[id_]["summary"] for id_ in travelling}
    )
    return file.whole({**heading, "note": teller.text(heading["note"])})


async def _load(driver: Driver, school_id: UUID, child_id: UUID, sorted_: Sorted) -> Loaded:
    concerns = sorted_.travelling("concern")
    asked: dict[str, tuple[str, tuple[Any, ...]]] = {
        "identifiers": (stored.IDENTIFIERS, (child_id,)),
        "contacts": (stored.CONTACTS, (child_id,)),
        "enrolments": (stored.ENROLMENTS, (child_id,)),
        "linked": (stored.LINKED, (child_id,)),
        "facts": (stored.CONCERN_FACTS, (concerns,)),
        "marks": (stored.MARK_DETAILS, (child_id, concerns)),
        "comments": (stored.COMMENTS, (concerns,)),
        "steps": (stored.STEPS, (concerns,)),
        "attachments": (stored.ATTACHMENTS, (sorted_.travelling("attachment"),)),
        "statuses": (stored.STATUSES, (sorted_.travelling("status"),)),
        "meetings": (stored.MEETINGS, (sorted_.travelling("meeting"),)),
        "minutes": (stored.MINUTES, (sorted_.travelling("meeting"),)),
        "shares": (stored.SHARES, (sorted_.travelling("share"),)),
        "share_events": (stored.SHARE_EVENTS, (sorted_.travelling("share"),)),
        "referrals": (stored.REFERRALS, (sorted_.travelling("referral"),)),
        "referral_events": (stored.REFERRAL_EVENTS, (sorted_.travelling("referral"),)),
        "files": (stored.RECEIVED_FILES, (child_id,)),
        "received": (stored.RECEIVED_RECORDS, (sorted_.travelling("received_record"),)),
        "past": (stored.PAST_ENTRIES, (sorted_.travelling("past_entry"),)),
        "past_files": (stored.PAST_FILES, (sorted_.travelling("past_entry"),)),
        "received_attachments": (
            stored.RECEIVED_ATTACHMENTS, (sorted_.travelling("received_record"),)
        ),
    }  # fmt: skip
    rows = {
        name: await stored.rows_of(driver, statement, school_id, *values)
        for name, (statement, values) in asked.items()
    }
    people = {
        row[column] for name, column in PEOPLE for row in rows[name] if row[column] is not None
    }
    people |= named_in(rows["meetings"], rows["minutes"])
    staff = await stored.rows_of(driver, stored.STAFF, school_id, sorted(people))
    front = await stored.front_of(driver, school_id, child_id)
    return Loaded(front, rows, {row["id"]: row for row in staff})


PEOPLE = (
    ("facts", "reporter_id"), ("comments", "author_id"), ("steps", "by_id"),
    ("attachments", "added_by"), ("statuses", "added_by"), ("meetings", "set_by"),
    ("minutes", "by_id"), ("share_events", "by_id"), ("referral_events", "by_id"),
)  # fmt: skip


class _File:
    """One rendering of one file."""

    def __init__(
        self,
        teller: SnapshotBuilder,
        loaded: Loaded,
        sorted_: Sorted,
        kept_safe: Mapping[UUID, str],
    ) -> None:
        self._teller = teller
        self._kept_safe = kept_safe
        self._loaded = loaded
        self._sorted = sorted_
        self._files: list[Kept] = []
        self._paths: list[str] = []

    def whole(self, heading: Row) -> PacketContent:
        """The record, oldest first."""
        records = [record for told in TOLD.values() for record in told(self)]
        records.sort(key=lambda item: (item["occurred_at"], item["number"]))
        content = {
            "format": RECORD_FORMAT,
            **heading,
            "front_sheet": self._front(),
            "records": records,
            "open_actions": [
                {"record": record["number"], **action}
                for record in records
                for action in record["content"].get("actions", ())
                if action["state"] == "open"
            ],
            "correspondence": self._correspondence(),
            "received": [self._received(row) for row in self._rows("files")],
        }
        return PacketContent(orjson.loads(to_json_bytes(content)), self._files)

    def _rows(self, name: str) -> Sequence[Row]:
        return self._loaded.rows[name]

    def _of(self, name: str, column: str, id_: UUID) -> list[Row]:
        return [row for row in self._rows(name) if row[column] == id_]

    def _person(self, id_: UUID | None) -> dict[str, Any] | None:
        row = self._loaded.staff.get(id_) if id_ is not None else None
        if row is None:
            return None
        return {"name": row["name"], "job_title": self._teller.text(row["job_title"])}

    def _front(self) -> dict[str, Any]:
        row = self._loaded.front
        saved = (
            "legal_given_name", "legal_family_name", "middle_names", "known_given_name",
            "known_family_name", "date_of_birth", "sex", "gender_identity", "pronouns",
            "year_group", "registration_group", "first_language", "ethnicity", "sen_provision",
            "address",
        )  # fmt: skip
        return {
            **{name: row[name] for name in saved},
            "identifiers": [dict(item) for item in self._rows("identifiers")],
            "enrolments": [self._teller.deep(dict(item)) for item in self._rows("enrolments")],
            "contacts": [self._contact(item) for item in self._rows("contacts")],
            "linked": [
                {"relationship": item["kind"], "who": self._teller.who(item["other_id"]),
                 "valid_from": item["valid_from"], "valid_to": item["valid_to"]}
                for item in self._rows("linked")
            ],
        }  # fmt: skip

    def _contact(self, row: Any) -> Any:
        """A contact; its rights stay behind if others made it another person since."""
        item = stored.plain(row, "court_orders", "confirmed")
        confirmed = item.pop("confirmed")
        if is_other_person(confirmed, item["name"], item["kind"]):
            item["parental_responsibility"] = "unknown"
            if item["may_be_told"]:
                item |= {"may_be_told": None, "may_be_told_reason": None}
        return self._teller.deep(item)

    def _record(
        self, kind: str, number: str, confidentiality: str, occurred_at: datetime, **more: Any
    ) -> dict[str, Any]:
        record = {
            "number": number,
            "kind": kind,
            "confidentiality": confidentiality,
            "occurred_at": occurred_at,
            "occurred_precision": "exact",
            "recorded_at": None,
            "reference": None,
            "summary": None,
            "attachments": [],
        }
        return record | more

    def _concern(self, id_: UUID) -> dict[str, Any]:
        item = self._teller.item(
            {"kind": "concern", "id": str(id_), "include": list(CONCERN_PARTS), "redactions": []}
        )
        if item["self_harm"] is None:
            del item["self_harm"]
        (facts,) = self._of("facts", "id", id_)
        for mark, row in zip(item["body_map"], self._of("marks", "concern_id", id_), strict=True):
            mark["details"] = self._teller.deep(orjson.loads(row["details"]))
        item |= {
            "alleged_source_of_harm": facts["alleged_source_of_harm"],
            "immediacy": facts["immediacy"],
            "reported_categories": list(facts["reported_categories"]),
            "told_already": self._teller.deep(orjson.loads(facts["told_already"])),
            "parents_told": self._teller.deep(orjson.loads(facts["parents_told"] or "null")),
            "level": facts["level"],
            "level_label": self._teller.text(facts["level_label"]),
            "triaged_at": facts["triaged_at"],
            "ended_at": facts["ended_at"],
            "comments": [
                {"text": self._teller.text(entry["text"]), "recorded_at": entry["recorded_at"],
                 "recorded_by": self._person(entry["author_id"])}
                for entry in self._of("comments", "concern_id", id_)
            ],
            "history": [
                {"step": entry["verb"], "at": entry["at"], "by": self._person(entry["by_id"]),
                 "role": entry["by_role"], "from": entry["from_state"], "to": entry["to_state"],
                 "reason": self._teller.text(entry["reason"])}
                for entry in self._of("steps", "concern_id", id_)
            ],
        }  # fmt: skip
        return self._record(
            "concern", item["reference"], self._sorted.class_of("concern", id_),
            item["occurred_at"], occurred_precision=item["occurred_precision"],
            recorded_at=item["recorded_at"], reference=item["reference"],
            summary=_joined(entry["text"] for entry in item["account"]), content=item,
            attachments=[
                self._attached(item["reference"], entry)
                for entry in self._of("attachments", "concern_id", id_)
            ],
        )  # fmt: skip

    def _decision(self, number: int, id_: UUID) -> dict[str, Any]:
        item = self._teller.item({"kind": "decision", "id": str(id_)})
        return self._record(
            "decision", f"D-{number}", self._sorted.class_of("decision", id_), item["decided_at"],
            recorded_at=item["decided_at"], summary=item["question"], content=item,
        )  # fmt: skip

    def _status(self, number: int, row: Row) -> dict[str, Any]:
        deep = self._teller.deep(stored.plain(row, "worker"))
        added_by = self._person(deep.pop("added_by"))
        deep = {name: value for name, value in deep.items() if name not in ("id", "created_at")}
        return self._record(
            "status", f"ST-{number}", row["confidentiality"],
            datetime.combine(row["valid_from"], time(), UTC), occurred_precision="about",
            recorded_at=row["created_at"], summary=_joined([row["kind"], deep["detail"]], ", "),
            content={**deep, "status": deep["kind"], "recorded_by": added_by},
        )  # fmt: skip

    def _safety(self, number: int, id_: UUID) -> dict[str, Any]:
        record = self._teller.record(id_)
        return self._record(
            KEPT_SAFE, f"SR-{number}", self._sorted.class_of("record", id_), record["occurred_at"],
            occurred_precision=record["occurred_precision"], recorded_at=record["recorded_at"],
            summary=self._teller.text(self._kept_safe[id_]), content=record,
        )  # fmt: skip

    def _meeting(self, number: int, row: Row) -> dict[str, Any]:
        meeting = meeting_told(row, self._of("minutes", "of_id", row["id"]), self._person)
        return self._record(
            "meeting", f"M-{number}", row["confidentiality"], row["starts_at"],
            recorded_at=row["set_at"], summary=row["kind"], content=self._teller.deep(meeting),
        )  # fmt: skip

    def _past(self, number: int, row: Row) -> dict[str, Any]:
        """An entry of the previous system, as it was stored there; its raw row stays here."""
        deep = self._teller.deep(stored.plain(stored.plain(row, "details"), "withdrawn"))
        deep["entry"] = deep.pop("kind")
        precision = "exact" if row["occurred_unit"] == "minute" else "about"
        return self._record(
            "past_entry",
            f"P-{number}",
            row["confidentiality"],
            row["occurred_at"],
            occurred_precision="about" if row["occurred_about"] else precision,
            recorded_at=row["recorded_at"] or row["imported_at"],
            summary=deep["text"],
            content={name: value for name, value in deep.items() if name != "id"},
            attachments=[
                self._attached(f"P-{number}", item)
                for item in self._of("past_files", "id", row["id"])
            ],
        )

    def _share(self, _: int, row: Row) -> dict[str, Any]:
        deep = self._teller.deep(stored.plain(row, "recipient"))
        return self._record(
            "share", row["reference"], self._sorted.class_of("share", row["id"]), row["made_at"],
            recorded_at=row["drafted_at"], reference=row["reference"], summary=row["purpose"],
            content={
                "recipient": {
                    name: deep["recipient"].get(name)
                    for name in ("name", "job_title", "organisation")
                },
                "recipient_kind": row["recipient_kind"],
                "purpose": row["purpose"],
                "purpose_detail": deep["purpose_detail"],
                "lawful_basis": row["lawful_basis"],
                "state": row["state"],
                "shared": self._snapshot(row),
                "sha256": row["sha256"],
                "events": self._events("share_events", row["id"]),
            },
        )  # fmt: skip

    def _referral(self, _: int, row: Row) -> dict[str, Any]:
        return self._record(
            "referral", row["reference"], self._sorted.class_of("referral", row["id"]),
            row["sent_at"] or row["drafted_at"], recorded_at=row["drafted_at"],
            reference=row["reference"], summary=row["kind"],
            content={
                "referral": row["kind"],
                "agency": row["agency"],
                "agency_kind": row["agency_kind"],
                "agency_phone": row["agency_phone"],
                "agency_reference": self._teller.text(row["agency_reference"]),
                "urgency": row["urgency"],
                "state": row["state"],
                "outcome": row["outcome"],
                "referred": self._snapshot(row),
                "sha256": row["sha256"],
                "events": self._events("referral_events", row["id"]),
            },
        )  # fmt: skip

    def _snapshot(self, row: Row) -> Any:
        """What was sent then, rendered again for this one child: a person may have named others."""
        return self._teller.deep(orjson.loads(row["content"])) if row["content"] else None

    def _events(self, name: str, id_: UUID) -> list[dict[str, Any]]:
        return [
            {"kind": item["kind"], "at": item["at"], "by": self._person(item["by_id"]),
             "route": item["route"], "text": self._teller.text(item["text"])}
            for item in self._of(name, "of_id", id_)
        ]  # fmt: skip

    def _correspondence(self) -> list[dict[str, Any]]:
        """An index of what was sent, with recipients."""
        sent = [
            {"number": row["reference"], "kind": "share", "at": row["made_at"],
             "with": self._teller.text(orjson.loads(row["recipient"]).get("name"))}
            for row in self._rows("shares")
        ]  # fmt: skip
        sent += [
            {"number": row["reference"], "kind": "referral", "at": row["sent_at"],
             "with": row["agency"]}
            for row in self._rows("referrals")
        ]  # fmt: skip
        return sent

    def _received(self, row: Row) -> dict[str, Any]:
        """A file from an earlier school, exactly as it came."""
        return {
            "format": row["format"],
            "origin": orjson.loads(row["origin"]),
            "manifest_sha256": row["manifest_sha256"],
            "received_at": row["received_at"],
            "records": [
                {
                    **{name: entry[name] for name in RECEIVED},
                    "content": orjson.loads(entry["content"]),
                    "attachments": [
                        self._attached(f"earlier-{entry['number']}", item)
                        for item in self._of("received_attachments", "record_id", entry["id"])
                    ],
                }
                for entry in self._of("received", "file_id", row["id"])
            ],
        }

    def _attached(self, number: str, row: Row) -> dict[str, Any]:
        """A file beside the record, under a name that identifies nobody."""
        name = safe_name(self._teller.text(row["file_name"]) or "file")
        path = unique_name(f"attachments/{safe_name(number)}/{name}", self._paths)
        self._paths.append(path)
        self._files.append(Kept(path, row["key"], row["content_type"], row["size"], row["sha256"]))
        return {
            "path": path,
            "file_name": name,
            "content_type": row["content_type"],
            "size": row["size"],
            "sha256": row["sha256"],
            "description": self._teller.text(row["description"]),
        }


RECEIVED = (
    "number", "kind", "confidentiality", "occurred_at", "occurred_precision", "recorded_at",
    "origin", "reference", "summary",
)  # fmt: skip


def _joined(texts: Any, between: str = "\n") -> str | None:
    return between.join(text for text in texts if text) or None


def _numbered(items: Iterable[T], tell: Callable[[int, T], Row]) -> list[Row]:
    return [tell(number, item) for number, item in enumerate(items, start=1)]


TOLD: Final[Mapping[str, Callable[[_File], list[Row]]]] = {
    "concern": lambda file: [file._concern(id_) for id_ in file._sorted.travelling("concern")],
    "decision": lambda file: _numbered(file._sorted.travelling("decision"), file._decision),
    "status": lambda file: _numbered(file._rows("statuses"), file._status),
    "record": lambda file: _numbered(file._kept_safe, file._safety),
    "meeting": lambda file: _numbered(file._rows("meetings"), file._meeting),
    "past_entry": lambda file: _numbered(file._rows("past"), file._past),
    "share": lambda file: _numbered(file._rows("shares"), file._share),
    "referral": lambda file: _numbered(file._rows("referrals"), file._referral),
}
"""Renderer of each kind in a file."""
TOLD_ELSEWHERE: Final = frozenset({"action", "attachment", "received_record"})
"""Kinds rendered with their concern, or under `received` from an earlier school."""
