"""Imports from another system: each file, its plan and problems, and its people and children."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, index, within_school
from app.db.models.exchange.imports import FileImport, FileProblem


class PastImport(FileImport):
    """One file of past entries and its results. Its entries name it for as long as they exist.

    `plan_only`: sent for a preview; it is planned like any other and cannot be approved.
    """

    __tablename__ = "past_import"
    __changes__: ClassVar[tuple[str, ...]] = (
        *FileImport.__changes__, "confidentiality", "categories", "highest_class", "approved_by",
        "approved_at", "seconded_by", "seconded_at", "add_changed", "mapping", "reason",
        "undone_by", "undone_at", "undo_reason",
    )  # fmt: skip

    kind: Mapped[str]
    source: Mapped[str]
    """The installation, such as `cpoms:hilltop`: numbers repeat between installations."""
    key: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    confidentiality: Mapped[str]
    """The lowest class that its entries have."""
    categories: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    highest_class: Mapped[str | None]
    approved_by: Mapped[uuid.UUID | None]
    approved_at: Mapped[datetime | None]
    seconded_by: Mapped[uuid.UUID | None]
    seconded_at: Mapped[datetime | None]
    """When the second lead agreed, needed for the most confidential class."""
    add_changed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether rows changed since an earlier import come in beside the earlier entries."""
    mapping: Mapped[dict[str, Any] | None]
    """Columns with other names: the proposed or confirmed meanings."""
    reason: Mapped[str | None]
    undone_by: Mapped[uuid.UUID | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "approved_by", "seconded_by", "undone_by"),
        CheckConstraint("seconded_by <> approved_by", name="two_people"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("highest_class ~ '^K[2-5]$'", name="highest_class"),
        index("ix_past_import_newest", "created_at desc", "id desc"),
    )

    @property
    def details(self) -> dict[str, str]:
        """Details for the audit log when the file arrives."""
        return {"kind": self.kind, "source": self.source, "sha256": self.sha256}


class PastProblem(FileProblem):
    """One fault in a file of past entries."""

    __tablename__ = "past_problem"
    __deletable__: ClassVar[bool] = True

    __table_args__ = (
        *within_school("past_import", "import_id"),
        index("ix_past_problem_position", "import_id", "position"),
    )


class PastRow(SchoolRow):
    """One row of a plan, until its import ends. Never has anything about staff.

    `content` is None if the row can bring nothing in.
    """

    __tablename__ = "past_row"
    __changes__: ClassVar[tuple[str, ...]] = (
        "fate", "codes", "confidentiality", "applied", "amends",
    )  # fmt: skip
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    position: Mapped[int]
    line: Mapped[int]
    source_id: Mapped[str]
    sha256: Mapped[str]
    fate: Mapped[str]
    codes: Mapped[list[str]]
    confidentiality: Mapped[str]
    is_open: Mapped[bool]
    children: Mapped[list[dict[str, Any]]]
    """For each child its role, and its id or None."""
    unmatched: Mapped[list[str]]
    """References whose child nobody knows yet."""
    content: Mapped[dict[str, Any] | None]
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    applied: Mapped[bool] = mapped_column(server_default=text("false"))
    amends: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it is beside an earlier version of itself."""

    __table_args__ = (
        *within_school("past_import", "import_id"),
        index("uq_past_row_position", "import_id", "position"),
        index("ix_past_row_source", "import_id", "source_id"),
    )


class PastMapping(SchoolRow):
    """The meaning of the columns of a system's files, as a person confirmed it for this header."""

    __tablename__ = "past_mapping"
    __changes__: ClassVar[tuple[str, ...]] = ("mapping", "confirmed_by", "confirmed_at")

    source: Mapped[str]
    kind: Mapped[str]
    header: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    confirmed_by: Mapped[uuid.UUID]
    confirmed_at: Mapped[datetime]

    __table_args__ = (index("uq_past_mapping_header", "source", "kind", "header"),)


class PastAuthor(SchoolRow):
    """The account behind a name in another system, by its staff list or a lead's word.

    It gives nobody a role or a right: entries keep the name written there.
    """

    __tablename__ = "past_author"
    __deletable__: ClassVar[bool] = True

    import_id: Mapped[uuid.UUID]
    source: Mapped[str]
    source_id: Mapped[str]
    sha256: Mapped[str]
    name: Mapped[str]
    staff_code: Mapped[str | None]
    staff_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        *within_school("past_import", "import_id"),
        *within_school("staff", "staff_id"),
        index("uq_past_author_source", "source", "source_id"),
        index("ix_past_author_import", "import_id"),
    )


class PastChild(SchoolRow):
    """The child behind another system's reference, once a person has said so."""

    __tablename__ = "past_child"
    __changes__: ClassVar[tuple[str, ...]] = ("child_id", "decided_by", "decided_at")

    source: Mapped[str]
    reference: Mapped[str]
    child_id: Mapped[uuid.UUID | None]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "decided_by"),
        CheckConstraint("(child_id is null) = (decided_by is null)", name="decided"),
        index("uq_past_child_reference", "source", "reference"),
    )  # fmt: skip
