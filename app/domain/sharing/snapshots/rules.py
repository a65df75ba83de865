"""Builds the exact content that leaves the school, for one child and one kind of reader.

The same material gives the same bytes: sorted keys, UTC times, no moment of making and no
ids. Internal comments are never part of it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core import moments
from app.core.vocabularies.terms import DRAFT
from app.domain.pseudonyms import Hidden, Names, Pseudonymiser
from app.domain.sharing.record_redaction import rules
from app.domain.sharing.record_redaction.rules import RenderRules, pathway_told
from app.domain.sharing.share_recipients.rules import FAMILY, PROFESSIONALS
from app.domain.sharing.shared_files.rules import ids_of, told_files

REDACTED = "[redacted]"
ANOTHER_PUPIL = "another pupil"
MEMBER_OF_STAFF = "a member of staff"
TITLES = ("Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Sir")
SHORTEST_MARK = 5
WITHDRAWN = "entered_in_error"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """Every row from which a snapshot is built; parts are listed by their concern."""

    child: Row
    others: Sequence[Row]
    concerns: Mapping[UUID, Row]
    decisions: Mapping[UUID, Row]
    statuses: Mapping[UUID, Row]
    staff: Mapping[UUID, Row]
    parts: Mapping[str, Mapping[UUID, Sequence[Row]]]
    records: Mapping[UUID, Row]
    kept_files: Mapping[UUID, Row]
    """Files of the concerns: only those that an item chooses."""


PARTS = (
    "children", "statements", "amendments", "marks", "decisions", "actions", "pathways",
    "pathway_steps",
)  # fmt: skip


def material_from(rows: Mapping[str, Sequence[Row]]) -> Material:
    """The material from the rows the database gave."""
    return Material(
        child=rows["child"][0],
        others=rows["others"],
        concerns={row["id"]: row for row in rows["concerns"]},
        decisions={row["id"]: row for row in rows["decisions"]},
        statuses={row["id"]: row for row in rows["statuses"]},
        staff={row["id"]: row for row in rows["staff"]},
        records={row["id"]: row for row in rows["records"]},
        kept_files={row["id"]: row for row in rows["kept_files"]},
        parts={name: _by_concern(rows[name]) for name in PARTS},
    )


def _by_concern(rows: Sequence[Row]) -> dict[UUID, list[Row]]:
    result: dict[UUID, list[Row]] = {}
    for row in rows:
        if row["concern_id"] is not None:
            result.setdefault(row["concern_id"], []).append(row)
    return result


def is_withdrawn(row: Row) -> bool:
    """Whether a concern, or the concern of a part, was withdrawn, and so goes to nobody."""
    return bool(row["state"] == WITHDRAWN)


def to_json_bytes(content: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, UTC, no spaces."""
    return moments.to_json_bytes(content, sort=True)


def sha256_of(content: bytes) -> str:
    """Hash that proves what was approved, in hex."""
    return hashlib.sha256(content).hexdigest()


ABOUT_TELLING = frozenset({"tell_parents", "not_tell_parents"})
"""Decisions that reach family only if someone chose that very decision."""
THEIR_OWN = frozenset({"date_of_birth", "address", "phone", "email"})
"""Fields that identify a person whose name is hidden."""


class SnapshotBuilder:
    """Renders the chosen items of one child for one kind of reader.

    A passage that `items` leave out is left out of every other text, too. `name_others` is a named
    person's decision that the other children are named.
    """

    def __init__(
        self,
        material: Material,
        audience: str,
        items: Sequence[Row] = (),
        *,
        name_others: bool = False,
    ) -> None:
        self._material = material
        self._withhold = Withholding(material, items)
        self._family = audience == FAMILY
        self._name_others = name_others
        self._who = {
            row["id"]: self._other(index, row) for index, row in enumerate(material.others)
        }
        hidden = [] if name_others else [self._hidden(row) for row in material.others]
        self._hide_pupils = Pseudonymiser([names_of(material.child)], hidden)
        if self._family:
            hidden += [_hidden_staff(row["name"]) for row in material.staff.values()]
        self._hide = Pseudonymiser([names_of(material.child)], hidden)
        self.files = told_files(items, material.kept_files, self._text)
        """The chosen files as they leave."""

    def child(self) -> dict[str, Any]:
        """The child, by name."""
        row = self._material.child
        return {
            "name": full_name(row),
            "known_as": known_name(row),
            "date_of_birth": row["date_of_birth"],
        }

    def school(self) -> dict[str, Any]:
        """The school, with its phone number."""
        return {"name": self._material.child["school"],
                "phone": self._material.child["school_phone"]}  # fmt: skip

    def who(self, child_id: UUID) -> str:
        """Another child of the material, by name only if someone decided so."""
        return self._who.get(child_id, ANOTHER_PUPIL)

    def text(self, text: str | None) -> str | None:
        """Render a narrative without withheld passages, hiding people who must not be named."""
        return None if text is None else self._text(text)

    def _text(self, text: str) -> str:
        """Withheld first: a passage is known only while its names stand in it."""
        return self._hide(self._withhold(text))

    def deep(self, value: Any) -> Any:
        """Render every text in a value as by `text`; keys stay.

        A person with a date of birth who is not named loses that and the address, too.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            rendered = {key: self.deep(item) for key, item in value.items()}
            unnamed = "date_of_birth" in rendered and rendered.get("name") != value.get("name")
            return {key: rendered[key] for key in rendered if not (unnamed and key in THEIR_OWN)}
        if isinstance(value, list | tuple):
            return [self.deep(item) for item in value]
        return value

    def item(self, item: Row) -> dict[str, Any]:
        """Render one chosen item."""
        id_ = UUID(item["id"])
        if item["kind"] == "concern":
            return self._concern(id_, item)
        if item["kind"] == "decision":
            return {"kind": "decision", **self._decision(self._material.decisions[id_])}
        if item["kind"] == "record":
            return self.record(id_)
        return self._status(self._material.statuses[id_])

    def _concern(self, id_: UUID, item: Row) -> dict[str, Any]:
        row = self._material.concerns[id_]
        rendered: dict[str, Any] = {
            "kind": "concern",
            "recorded_at": row["recorded_at"],
            "recorded_by": self._reporter(row["reporter_id"]),
            "occurred_at": row["occurred_at"],
            "occurred_precision": row["occurred_precision"],
            "children": [
                {"who": self._who.get(entry["child_id"]) or full_name(self._material.child),
                 "role": entry["role"]}
                for entry in self._part("children", id_)
            ],
        }  # fmt: skip
        if not self._family:
            rendered |= {"reference": row["reference"], "source": row["source"]}
        for part in item["include"]:
            rendered[part] = self._told_part(part, row, cuts_of(item))
        if chosen := ids_of(item):
            rendered["attachments"] = [
                file.rendered for file in self.files if str(file.attachment_id) in chosen
            ]
        return rendered

    def _told_part(self, part: str, row: Row, cuts: Mapping[UUID, list[tuple[int, int]]]) -> Any:
        id_: UUID = row["id"]
        if part == "place":
            return {"place": self.text(row["place"]), "context": row["context"]}
        if part == "categories":
            return {"primary": row["primary_category"], "all": list(row["categories"])}
        if part == "outcome":
            return {"state": row["state"], "outcome": self.text(row["outcome"])}
        if part == "self_harm":
            return self._pathway(id_)
        tell: Mapping[str, tuple[str, Callable[[Row], Any]]] = {
            "account": ("statements", lambda item: self._statement(item, cuts)),
            "amendments": ("amendments", lambda item: self._amendment(item, cuts)),
            "body_map": ("marks", self._mark),
            "decisions": ("decisions", self._decision),
            "actions": ("actions", self._action),
        }
        name, rendered = tell[part]
        rows = self._part(name, id_)
        if part == "decisions" and self._family:
            rows = [item for item in rows if item["kind"] not in ABOUT_TELLING]
        return [rendered(item) for item in rows]

    def _pathway(self, concern_id: UUID) -> dict[str, Any] | None:
        """Render a concern's self-harm disclosure; None if there is none."""
        voice = RenderRules(self._text, self._person, names_of(self._material.child))
        audience = FAMILY if self._family else PROFESSIONALS
        steps = self._part("pathway_steps", concern_id)
        rows = self._part("pathways", concern_id)
        return pathway_told(rows[0], steps, audience, voice) if rows else None

    def _statement(self, row: Row, cuts: Mapping[UUID, list[tuple[int, int]]]) -> dict[str, Any]:
        rendered = {
            "kind": row["kind"],
            "text": self.text(redacted(row["text"], cuts.get(row["id"], []))),
            "prompted_by": self.text(row["prompted_by"]),
            "basis": self.text(row["basis"]),
        }
        if not self._family:
            rendered["told_by"] = self.text(row["told_by"])
        return rendered

    def _amendment(self, row: Row, cuts: Mapping[UUID, list[tuple[int, int]]]) -> dict[str, Any]:
        return {
            "kind": row["kind"],
            "text": self.text(redacted(row["text"], cuts.get(row["id"], []))),
            "recorded_at": row["recorded_at"],
            "recorded_by": self._person(row["author_id"]),
        }

    def _mark(self, row: Row) -> dict[str, Any]:
        saved = ("view", "x", "y", "region", "size_mm", "colour", "shape")
        return {
            **{name: row[name] for name in saved},
            "explanation": self.text(row["explanation"]),
        }

    def _decision(self, row: Row) -> dict[str, Any]:
        return {
            "decided": row["kind"],
            "question": self.text(row["question"]),
            "decision": self.text(row["decision"]),
            "reason": self.text(row["reason"]),
            "decided_by": self._person(row["decided_by"]),
            "decided_at": row["decided_at"],
        }

    def _action(self, row: Row) -> dict[str, Any]:
        return {
            "what": self.text(row["what"]),
            "state": row["state"],
            "outcome": self.text(row["outcome"]),
            "owner": self._person(row["owner_id"]),
            "due_at": row["due_at"],
        }

    def _status(self, row: Row) -> dict[str, Any]:
        return {
            "kind": "status",
            "status": row["kind"],
            "detail": self.text(row["detail"]),
            "valid_from": row["valid_from"],
            "valid_to": row["valid_to"],
            "lead_agency": self.text(row["lead_agency"]),
        }

    def record(self, id_: UUID) -> dict[str, Any]:
        """Render one safety record; staff who help in a plan stay named."""
        row = self._material.records[id_]
        audience = FAMILY if self._family else PROFESSIONALS
        content = rules.rendered(row["record"], orjson.loads(row["content"]), audience, self._staff)
        return {
            "kind": "record",
            "record": row["record"],
            "occurred_at": row["occurred_at"],
            "occurred_precision": row["occurred_precision"],
            "recorded_at": row["recorded_at"],
            "recorded_by": self._person(row["by_id"]),
            "late": row["late"],
            "amends": row["amends"],
            "amended_since": row["amended_since"],
            "reason": self.text(row["reason"]),
            "post_event": row["post_event"],
            "content": self._plan(content) if row["record"] == rules.PLAN else self.deep(content),
            "vocabulary_status": None if self._family else DRAFT,
        }

    def _staff(self, id_: str) -> dict[str, Any] | None:
        known = rules.ID.fullmatch(id_) and UUID(id_) in self._material.staff
        return self._person(UUID(id_)) if known else None

    def _plan(self, value: Any) -> Any:
        """Render a plan's words without other pupils; numbers and names of adults stay."""
        if isinstance(value, str):
            return self._hide_pupils(self._withhold(value))
        if isinstance(value, Mapping):
            return {key: self._plan(item) for key, item in value.items()}
        return [self._plan(item) for item in value] if isinstance(value, list | tuple) else value

    def _part(self, name: str, concern_id: UUID) -> Sequence[Row]:
        return self._material.parts[name].get(concern_id, ())

    def _person(self, staff_id: UUID) -> dict[str, Any]:
        row = self._material.staff[staff_id]
        name = MEMBER_OF_STAFF if self._family else row["name"]
        return {"name": name, "job_title": self.text(row["job_title"])}

    def _reporter(self, staff_id: UUID) -> dict[str, Any]:
        """The reporter: for family not even the job title, which can be one person's."""
        if self._family:
            return {"name": MEMBER_OF_STAFF, "job_title": None}
        return self._person(staff_id)

    def _other(self, index: int, row: Row) -> str:
        if self._name_others:
            return full_name(row)
        return ANOTHER_PUPIL if index == 0 else f"{ANOTHER_PUPIL} {index + 1}"

    def _hidden(self, row: Row) -> Hidden:
        numbers = tuple(
            identifier for identifier in row["identifiers"] if len(identifier) >= SHORTEST_MARK
        )
        id_ = str(row["id"])
        marks = (id_, id_.replace("-", ""), *numbers)
        return Hidden(names_of(row, *row["former"]), self._who[row["id"]], marks)


class Withholding:
    """Takes the passages that items leave out from any other text that repeats them.

    A single letter stays: otherwise it would vanish from every sentence.
    """

    def __init__(self, material: Material, items: Sequence[Row]) -> None:
        texts = {
            row["id"]: row["text"]
            for name in ("statements", "amendments")
            for rows in material.parts[name].values()
            for row in rows
        }
        result = {
            texts[id_][start:end].strip()
            for item in items
            for id_, cuts in cuts_of(item).items()
            if id_ in texts
            for start, end in cuts
        }
        forms = [_form(entry) for entry in sorted(result, key=len, reverse=True) if len(entry) > 1]
        self._passages = re.compile("|".join(forms), re.IGNORECASE) if forms else None

    def __call__(self, text: str) -> str:
        """The text with the passages replaced."""
        return text if self._passages is None else self._passages.sub(REDACTED, text)


def _form(passage: str) -> str:
    """Match a passage with any spaces and capitals; a short one only as whole words."""
    form = r"\s+".join(re.escape(word) for word in passage.split())
    return form if len(passage) >= SHORTEST_MARK else rf"(?<!\w){form}(?!\w)"


def redacted(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """Replace each passage of the text (start, end in characters); overlaps merge."""
    pieces: list[str] = []
    kept_to = 0
    for start, end in sorted(cuts):
        if start > kept_to or not pieces:
            pieces.extend((text[kept_to:start], REDACTED))
        kept_to = max(kept_to, end)
    pieces.append(text[kept_to:])
    return "".join(pieces)


def cuts_of(item: Row) -> dict[UUID, list[tuple[int, int]]]:
    """The passages of an item that are left out, by statement or amendment."""
    result: dict[UUID, list[tuple[int, int]]] = {}
    for redaction in item.get("redactions", ()):
        result.setdefault(UUID(redaction["statement_id"]), []).append(
            (redaction["start"], redaction["end"])
        )
    return result


def names_of(*rows: Row) -> Names:
    """The name columns of a child, as they are and as they were."""

    def present(*columns: str) -> tuple[str, ...]:
        found = (row.get(column) for row in rows for column in columns)
        return tuple(dict.fromkeys(name for name in found if name))

    return Names(
        given=present("known_given_name", "legal_given_name"),
        family=present("known_family_name", "legal_family_name"),
        middle=present("middle_names"),
    )


def _hidden_staff(name: str) -> Hidden:
    last = name.rsplit(maxsplit=1)[-1] if name.strip() else name
    titled = tuple(f"{title} {last}" for title in TITLES)
    return Hidden(Names(given=(name, *titled)), MEMBER_OF_STAFF)


def full_name(row: Row) -> str:
    """The legal name."""
    return f"{row['legal_given_name']} {row['legal_family_name']}"


def known_name(row: Row) -> str:
    """The child's name in use."""
    given = row["known_given_name"] or row["legal_given_name"]
    return f"{given} {row['known_family_name'] or row['legal_family_name']}"
