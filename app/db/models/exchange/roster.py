"""Roster imports: each file, its planned changes, and its problems."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school
from app.db.models.exchange.imports import FileImport, FileProblem


class RosterImport(FileImport):
    """One roster file and its results."""

    __tablename__ = "roster_import"
    __changes__: ClassVar[tuple[str, ...]] = (
        *FileImport.__changes__, "key", "format", "digest", "standing", "source_version",
    )  # fmt: skip

    source: Mapped[str]
    format: Mapped[str]
    key: Mapped[str | None]
    organisation_source_id: Mapped[str | None]
    handling: Mapped[str] = mapped_column(server_default=text("'lenient'"))
    digest: Mapped[str | None]
    standing: Mapped[dict[str, Any] | None]
    """How to recognise the next file, and where the record stood: see `roster_runs`."""
    source_version: Mapped[str | None]

    __table_args__ = (index("ix_roster_import_newest", "created_at desc", "id desc"),)


class RosterProblem(FileProblem):
    """One fault in a roster file."""

    __tablename__ = "roster_problem"

    file: Mapped[str]
    severity: Mapped[str]
    detail: Mapped[str]

    __table_args__ = (
        *within_school("roster_import", "import_id"),
        index("ix_roster_problem_position", "import_id", "position"),
    )


class RosterChange(SchoolRow):
    """An import's planned or applied change to one record: each field with its old value.

    `pupil_id` is the child it belongs to, who may not exist yet. `kept` names the fields that
    undoing the import left, since somebody had changed them.
    """

    __tablename__ = "roster_change"
    __changes__: ClassVar[tuple[str, ...]] = ("undone_at", "kept")
    __deletable__ = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    kind: Mapped[str]
    change: Mapped[str]
    record_id: Mapped[uuid.UUID | None]
    pupil_id: Mapped[uuid.UUID | None]
    source_id: Mapped[str | None]
    line: Mapped[int | None]
    year_group: Mapped[str | None]
    reason_code: Mapped[str]
    fields: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    kept: Mapped[list[str] | None]

    __table_args__ = (
        *within_school("roster_import", "import_id"),
        index("uq_roster_change_position", "import_id", "position"),
    )


class RosterLink(SchoolRow):
    """The local row behind a source's row, and its last hash."""

    __tablename__ = "roster_link"
    __changes__: ClassVar[tuple[str, ...]] = ("row_hash", "also_at", "import_id", "gone_at")

    source: Mapped[str]
    kind: Mapped[str]
    source_id: Mapped[str]
    local_id: Mapped[uuid.UUID]
    row_hash: Mapped[str]
    also_at: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    """Other schools at which the source has the child, by the source's names for them."""
    import_id: Mapped[uuid.UUID]
    gone_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("roster_import", "import_id"),
        index("uq_roster_link_source", "source", "kind", "source_id"),
        index(None, "local_id"),
    )
