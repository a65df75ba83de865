"""A concern's files in a share or referral: which may leave, and what recipients see.

Nobody can remove a name or a passage from a file, so none is sent automatically: each is chosen,
and the approver confirms having looked at each. The recipient gets the same bytes as staff: for a
picture, the copy without the place and device of the photo.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from app.domain.errors import FieldProblem
from app.domain.record.attachments import rules
from app.domain.record.attachments.rules import Bytes
from app.formats.sniffing import extension_of, safe_file_name

Row = Mapping[str, Any]
ENCRYPTED: Final = "encrypted"
TOLD_WARNINGS: Final = ("active_content", "external_content", "formulas", "macros")
"""Flags that matter to a person who opens a file elsewhere, too."""
UNKNOWN: Final = ("unknown_attachment", "Cairn cannot find this file in the concern.")
NOT_SENT: Final = ("unknown_attachment", "No file with this number would be sent.")
TWICE: Final = ("chosen_twice", "It is chosen already.")


@dataclass(frozen=True, slots=True)
class File:
    """A chosen file as it would leave: its number, its name, and the location of its bytes.

    `warnings` are for the recipient, `asks` for the approver.
    """

    number: int
    attachment_id: UUID
    name: str
    content_type: str
    bytes: Bytes
    warnings: Sequence[str]
    asks: Sequence[str]

    @property
    def rendered(self) -> dict[str, Any]:
        """Describe it in the frozen content: no ID, and no name that it had here."""
        return {
            "number": self.number,
            "name": self.name,
            "content_type": self.content_type,
            "size": self.bytes.size,
            "sha256": self.bytes.sha256,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Confirmation of one file after a look at it; `number` and `sha256` as previewed."""

    number: int
    sha256: str
    shows_nobody_else: bool = False
    shows_nothing_withheld: bool = False
    warnings_seen: bool = False


@dataclass(frozen=True, slots=True)
class _Stored:
    """Fields of a row that decide about its bytes."""

    state: str
    key: str
    size: int
    sha256: str
    stripped_key: str | None
    stripped_size: int | None
    stripped_sha256: str | None


def stays(row: Row) -> tuple[str, str] | None:
    """Why a file cannot leave, as a code and a sentence; None if it can."""
    if row["state"] == rules.HELD:
        return "held_back", "It is held back: opening it may do harm."
    if not rules.may_leave(_stored(row)):
        return "not_looked_at", "It has not been scanned for malware yet: wait for that."
    if ENCRYPTED in row["flags"]:
        return "locked_file", "It is locked with a password, so nobody can check what is in it."
    if row["content_type"].startswith("image/") and row["stripped_key"] is None:
        return (
            "picture_as_taken",
            "It may show where it was taken and who took it: add it again as JPEG or PNG.",
        )
    return None


def choices(items: Sequence[Row]) -> Iterator[tuple[str, Row, Row]]:
    """Each chosen file in order: its pointer in the request, its item, and the choice."""
    for index, item in enumerate(items):
        for position, choice in enumerate(item.get("attachments") or ()):
            yield f"/items/{index}/attachments/{position}", item, choice


def ids_of(item: Row) -> frozenset[str]:
    """The files that are chosen with an item."""
    return frozenset(choice["id"] for choice in item.get("attachments") or ())


def problems_of(items: Sequence[Row], rows: Mapping[UUID, Row]) -> list[FieldProblem]:
    """Errors that prevent the chosen files from leaving; `rows` are their rows by ID."""
    field_problems: list[FieldProblem] = []
    seen: set[str] = set()
    for pointer, item, choice in choices(items):
        row = rows.get(UUID(choice["id"]))
        why = UNKNOWN if row is None or str(row["concern_id"]) != item["id"] else stays(row)
        why = why or (TWICE if choice["id"] in seen else None)
        seen.add(choice["id"])
        if why is not None:
            field_problems.append(FieldProblem(f"{pointer}/id", *why))
    return field_problems


def problems_with_files(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """The problems that are about files."""
    return [problem for problem in problems if "/attachments/" in problem.pointer]


def told_files(
    items: Sequence[Row], rows: Mapping[UUID, Row], say: Callable[[str], str]
) -> list[File]:
    """The chosen files that can leave, numbered in order of choice.

    `say` removes from a name what the recipient must not learn.
    """
    files: list[File] = []
    for _, _, choice in choices(items):
        row = rows.get(UUID(choice["id"]))
        if row is None or stays(row) is not None:
            continue
        number, content_type = len(files) + 1, row["content_type"]
        warnings = [flag for flag in TOLD_WARNINGS if flag in row["flags"]]
        if row["scan_result"] == rules.NOT_SCANNED:
            warnings.append(rules.NOT_SCANNED)
        files.append(
            File(
                number, row["id"], _name(choice.get("name"), number, content_type, say),
                content_type, rules.bytes_of(_stored(row)), warnings,
                sorted({*row["flags"], *warnings}),
            )
        )  # fmt: skip
    return files


def _name(given: str | None, number: int, content_type: str, say: Callable[[str], str]) -> str:
    """The name for the recipient: never the file's name here, which may name others.

    Words are separated as people separate them, so that no name hides between underscores.
    """
    ending = f".{extension_of(content_type)}".rstrip(".")
    words = (given or f"file-{number}").replace("_", " ").strip()
    if ending and words.casefold().endswith(ending):
        words = words[: -len(ending)]
    stem = say(words).strip(". ") or f"file-{number}"
    return safe_file_name(f"{stem}{ending}")


def unconfirmed(
    files: Sequence[File],
    confirmed: Sequence[Confirmed],
    *,
    withheld: bool,
    others_named: bool = False,
) -> list[FieldProblem]:
    """What the approver has not yet confirmed about each file.

    `withheld`: passages are left out, which a file could still contain. `others_named`: someone
    decided that other children are named.
    """
    field_problems: list[FieldProblem] = []
    places = {item.number: index for index, item in enumerate(confirmed)}
    for file in files:
        index = places.pop(file.number, None)
        if index is None:
            detail = f"Look at file {file.number} and confirm it."
            field_problems.append(FieldProblem("/attachments", "missing", detail))
            continue
        pointer, line = f"/attachments/{index}", confirmed[index]
        if line.sha256 != file.bytes.sha256:
            detail = "It is not the file that would be sent: look at the preview again."
            field_problems.append(FieldProblem(f"{pointer}/sha256", "another_file", detail))
        field_problems += _unsaid(pointer, file, line, withheld=withheld, others_named=others_named)
    return field_problems + [
        FieldProblem(f"/attachments/{index}/number", *NOT_SENT) for index in places.values()
    ]


def _unsaid(
    pointer: str, file: File, confirmed: Confirmed, *, withheld: bool, others_named: bool
) -> list[FieldProblem]:
    asked = {
        "shows_nobody_else": (
            not others_named, "Say that no other child is in it, by name, picture or voice."
        ),
        "shows_nothing_withheld": (
            withheld, "Say that nothing is in it that was left out of the text."
        ),
        "warnings_seen": (
            bool(file.asks), f"Say that you know of this: {', '.join(file.asks)}."
        ),
    }  # fmt: skip
    return [
        FieldProblem(f"{pointer}/{name}", "not_confirmed", detail)
        for name, (needed, detail) in asked.items()
        if needed and not getattr(confirmed, name)
    ]


def leaves_out(items: Sequence[Row]) -> bool:
    """Whether any passage is left out."""
    return any(item.get("redactions") for item in items)


def _stored(row: Row) -> _Stored:
    return _Stored(**{item.name: row[item.name] for item in fields(_Stored)})
